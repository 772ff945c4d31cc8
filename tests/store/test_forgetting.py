"""Forgetting a person: nothing names them any more, and everything that must go on goes on."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import Any

import apsw
import asyncpg

from relay.core.correction import Correction
from relay.core.forgetting import FORGOTTEN, START, Place
from relay.core.job import JobKind
from relay.core.letters import LetterFilter
from relay.store import Store
from relay.store.sql.database import rows
from tests.factories import (
    LANE,
    OTHER_LANE,
    contact,
    failure,
    incoming,
    parked_event,
    policy,
    quarantined,
    read_event,
)
from tests.store.conftest import Engine
from tests.store.desk import NO_ANSWER, Desk

ANA, BEN = "ana@example.com", "ben@example.com"


async def forget(desk: Desk, address: str = ANA) -> tuple[Counter[str], Counter[str]]:
    """What went, and what is left."""
    gone: Counter[str] = Counter()
    left: Counter[str] = Counter()
    place: Place | None = START
    while place is not None:
        traces = await desk.store.forgetting.forget(address, desk.now, place, desk.by("person.forget"))
        gone.update(traces.counts)
        left.update(traces.left)
        place = traces.next
    return gone, left


async def look(desk: Desk, address: str = ANA) -> Counter[str]:
    found: Counter[str] = Counter()
    place: Place | None = START
    while place is not None:
        traces = await desk.store.forgetting.look(address, place)
        found.update(traces.counts)
        place = traces.next
    return found


async def receive(desk: Desk, email: str, *events: object) -> int:
    """A request that names somebody, with what was read in it."""
    number = await desk.store.add_request(incoming(body=f'{{"email":"{email}"}}'.encode()))
    await desk.save(await desk.claim_one(), *events)  # type: ignore[arg-type]
    return number


async def everything(desk: Desk) -> None:
    """One person in every place where somebody may stand."""
    await receive(desk, ANA, read_event(ANA, BEN, detail=b'{"contacts":["ana@example.com"]}'))
    await desk.deliver(await desk.freeze())
    await receive(desk, ANA, read_event(ANA, key="P-2", lane=OTHER_LANE))
    await desk.end(await desk.freeze(), NO_ANSWER, policy(on_unknown_outcome="hold"))
    await receive(desk, ANA, read_event("old@example.com", key="P-3"))
    await desk.end(await desk.freeze(), failure(reason=f"400: {ANA} is blocked"))
    made = Correction(before=contact("old@example.com"), after=contact(ANA), who="ops", why="x", at=desk.now)
    (letter, *_) = [one.id for one in await desk.store.dead_letters(9) if one.email == "old@example.com"]
    await desk.store.repairs.correct(letter, made)
    await receive(desk, ANA, parked_event(reason=f"{ANA} is no number"))
    await receive(desk, ANA, read_event(key=ANA, fate="ignored", subject=None, named=None))
    await receive(desk, ANA, read_event(ANA, key="P-6"))
    await desk.store.add_quarantined(quarantined(body=b"mail=ana%40example.com"), keep=10)
    await desk.store.add_quarantined(quarantined(body=b"mail=joana%40example.com"), keep=10)
    job = await desk.order(JobKind.DISCARD, wanted=LetterFilter(person=ANA), reason="none")
    await desk.store.jobs.cancel(job, desk.now)


async def dump(engine: Engine) -> str:
    """The whole ledger as text."""
    if isinstance(engine.place, str):
        connection = await asyncpg.connect(engine.place)
        found = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables: list[Any] = [await connection.fetch(f'SELECT * FROM "{name}"') for (name,) in found]
        await connection.close()
    else:
        with closing(apsw.Connection(str(engine.place))) as db:
            names = [name for (name,) in rows(db, "SELECT name FROM sqlite_master WHERE type = 'table'")]
            tables = [rows(db, f'SELECT * FROM "{name}"') for name in names]
    return "\n".join(str(tuple(row)) for table in tables for row in table).lower()


async def test_nothing_names_them_any_more(desk: Desk, engine: Engine) -> None:
    await everything(desk)
    assert "ana@example.com" in (await dump(engine)).replace("%40", "@").replace("joana", "")
    await forget(desk)
    left = (await dump(engine)).replace("%40", "@").replace("joana", "")
    assert "ana@example.com" not in left
    assert "old@example.com" not in left, "a correction is no place to keep who somebody was"
    assert "ben@example.com" in left


async def test_the_books_balance_and_letters_are_closed(desk: Desk, store: Store) -> None:
    await everything(desk)
    await forget(desk)
    assert await desk.counts() == {"delivered": 2, "discarded": 2, "suppressed": 1}
    assert await desk.fates() == {"read": 4, "discarded": 1, "ignored": 1}
    assert await desk.letters() == []


async def test_what_would_go_is_what_goes(desk: Desk) -> None:
    await everything(desk)
    before = await look(desk)
    gone, left = await forget(desk)
    assert before == gone
    assert gone == {
        "enrollments": 4,
        "waiting": 1,
        "dead letters": 3,
        "calls": 3,
        "corrections": 1,
        "requests": 6,
        "quarantined": 1,
        "jobs": 1,
    }
    assert not left


async def test_done_again_it_finds_nothing_more(desk: Desk, store: Store) -> None:
    await everything(desk)
    await forget(desk)
    assert await forget(desk) == (Counter(), Counter())
    assert await look(desk) == Counter()


async def test_who_wanted_it_is_written_down_without_the_person(desk: Desk, store: Store) -> None:
    await everything(desk)
    await forget(desk)
    entries = [entry.change for entry in await store.audit_newest(100)]
    told = [entry for entry in entries if entry.action == "person.forget"]
    assert told
    assert all(b"ana" not in entry.detail for entry in entries)
    assert b'"enrollments":4' in told[-1].detail


async def test_a_repeat_is_still_known_as_one(desk: Desk) -> None:
    await desk.enrol(ANA)
    await forget(desk)
    await desk.enrol(ANA)
    assert await desk.counts() == {"suppressed": 1, "merged": 1}


async def test_what_is_being_sent_or_read_is_left_for_later(desk: Desk, store: Store) -> None:
    await desk.enrol(ANA)
    batch = await desk.freeze()
    await store.add_request(incoming(body=b'{"email":"ana@example.com"}'))
    gone, left = await forget(desk)
    assert (gone, left) == (Counter(), {"being sent": 1, "being read": 1})
    await desk.deliver(batch)
    await desk.save(await desk.claim_one())
    gone, left = await forget(desk)
    assert (gone["enrollments"], gone["requests"], left) == (1, 2, Counter())


async def test_others_of_the_same_call_are_sent_again_without_it(desk: Desk, store: Store) -> None:
    await desk.lose(ANA, BEN)
    await forget(desk)
    assert await desk.letters() == ["dead-2"]
    assert await store.retry_dead(["dead-2"], desk.now) == ["dead-2"]
    again = await desk.freeze()
    assert [one.email for one in again.members] == [BEN]
    assert b"ana" not in again.body
    assert FORGOTTEN.encode() not in again.body


async def test_a_person_with_many_enrollments_is_forgotten_in_steps(desk: Desk, store: Store) -> None:
    for number in range(5):
        await desk.report(*(read_event(ANA, key=f"{number}-{n}", lane=LANE, position=n) for n in range(50)))
    first = await store.forgetting.look(ANA)
    assert (first.counts["enrollments"], first.next) == (200, Place(START.phase, 200))
    gone, _ = await forget(desk)
    assert (gone["enrollments"], gone["requests"]) == (250, 5)
