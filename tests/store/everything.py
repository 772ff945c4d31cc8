"""A ledger in which every table says something, and what is in a ledger of either engine."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import asyncpg

from relay.core.access import Role
from relay.core.alert_life import Alert, Step
from relay.core.alerts import AlertKind, Condition, Severity
from relay.core.attribution import Unmapped
from relay.core.correction import Correction
from relay.core.credential import Kind
from relay.core.job import JobKind
from relay.core.outcome import Certainty, Scope
from relay.core.record import digest
from relay.core.retention import Kept
from relay.core.suppression import Suppression
from relay.store import Place, Store
from relay.store.alerts import Outgoing, Saved
from relay.store.rows import EnrollmentFilter, Spooled
from tests.factories import (
    DAY,
    FOREIGN_LANE,
    HOUR,
    MINUTE,
    NOW_MS,
    OTHER_LANE,
    contact,
    failure,
    incoming,
    new_enrollment,
    parked_event,
    policy,
    quarantined,
    read_event,
    withdrawal,
)
from tests.letting_in import link, session, token
from tests.store.desk import NO_ANSWER, Desk

APART = {"migration", "moved", "turn", "move", "move_range", "node"}
"""Tables that each engine has for itself."""

Contents = dict[str, list[dict[str, Any]]]


async def everything(desk: Desk) -> None:
    """All that can happen to a ledger, some of it still under way: a call, jobs, a request half read."""
    await _letters(desk)
    await _people(desk)
    await _calls(desk)
    await _under_way(desk)
    await _jobs(desk)
    await _upkeep(desk)


async def _letters(desk: Desk) -> None:
    store = desk.store
    await desk.refuse("ana@example.com", "ben@example.com", "cem@example.com")
    await desk.lose("dan@example.com", "eve@example.com", key="L-1")
    await desk.report(parked_event())
    before, after = contact("ana@example.com"), contact("ana@example.org")
    mended = Correction(before=before, after=after, who="ops", why="asked on the phone", at=desk.now)
    assert await store.repairs.correct("dead-1", mended, desk.by("dead.correct"))
    assert await store.discard_dead(["dead-3"], "no", desk.now, desk.by("dead.discard"))
    assert await store.retry_dead(["dead-4"], desk.now, by=desk.by("dead.retry"))
    await desk.deliver(await desk.freeze())
    await desk.report(parked_event(event_type="gone"))
    (gone,) = [letter.id for letter in await store.dead_letters(10) if letter.event_type == "gone"]
    assert await store.retry_dead([gone], desk.now)
    await desk.save(await desk.claim_one(), read_event())


async def _people(desk: Desk) -> None:
    store = desk.store
    blocked = Suppression("domain", "example.net", "ours", "ops", desk.now, desk.now + DAY)
    await store.suppress([blocked], desk.now, desk.by("suppress.add"))
    await store.add_quarantined(quarantined(token="t0ken"), keep=2)
    await store.access.create_token(token(role=Role.ADMIN), b"\x01" * 32, desk.by("token.create"))
    for number in (1, 2):
        await store.access.create_link(link(number), b"\x02" * 32)
    assert await store.access.use_link(link(1).id, session(), b"\x03" * 32)
    await store.access.failed(Kind.TOKEN, "192.0.2.9", desk.now)
    await _alert(desk)


async def _alert(desk: Desk) -> None:
    words = {"text": "Nothing goes to main.", "command": "relay resume main", "page": "/console"}
    found = Condition(key="held:main", kind=AlertKind.HELD, severity=Severity.CRITICAL, **words)
    look = await desk.store.alerts.claim_look(desk.now, desk.now + MINUTE, HOUR)
    assert look is not None
    opened = Alert(condition=found, since=desk.now, seen_at=desk.now, opened_at=desk.now, told_at=desk.now)
    saved = Saved(Step(opened, "opened"), (Outgoing("team", b"{}"),))
    assert await desk.store.alerts.save_look(look, [saved])


async def _calls(desk: Desk) -> None:
    await desk.enrol_at(OTHER_LANE, "lee@example.com")
    throttled = failure(Certainty.REFUSED, Scope.ORGANIZATION, throttled=True, retry_after=30.0)
    await desk.end(await desk.freeze(), throttled)
    desk.move(HOUR)
    await desk.deliver(await desk.freeze())
    await desk.enrol_at(FOREIGN_LANE, "mia@example.com")
    await desk.end(await desk.freeze(), NO_ANSWER, policy(on_unknown_outcome="hold"))
    await desk.enrol_at(OTHER_LANE, "nia@example.com")
    refused = failure(Certainty.REFUSED, Scope.DESTINATION, code="KEY", reason="the key is refused")
    await desk.end(await desk.freeze(), refused)


async def _jobs(desk: Desk) -> None:
    first = await desk.order(JobKind.RETRY)
    await desk.start(first)
    await desk.further(first, limit=1)
    await desk.order(JobKind.DISCARD, reason="no")


async def _under_way(desk: Desk) -> None:
    store = desk.store
    for _ in range(2):
        await desk.report(read_event("fay@example.com", key="D-1", delivery_key=digest("shop", "D-1")))
    await desk.report(read_event("gus@example.com", key="W-1"))
    await desk.report(withdrawal("W-1", occurred_at=desk.now))
    await desk.report(read_event(fate="ignored", subject=None, named=None))
    await store.add_request(incoming(source="till"))
    await desk.save(await desk.claim_one(), parked_event(1), deferred=(0,), due_at=desk.now + HOUR)
    for email in ("hal@example.com", "ida@example.com"):
        await desk.enrol_at(FOREIGN_LANE, email)
    await desk.look({"second": 1})  # a call that is under way
    await desk.report(read_event(enrollments=(new_enrollment("jo@example.com", due_at=desk.now + DAY),)))
    held = new_enrollment("kim@example.com", key="H-1", unmapped=Unmapped("held", "not in locations"))
    await desk.report(read_event(key="H-1", enrollments=(held,)))
    await store.add_request(incoming(body=b"\x00\xff", query="?a=b"))


async def _upkeep(desk: Desk) -> None:
    store = desk.store
    await store.add_spooled(Spooled("work-1.spool", 0, 90, (incoming(),)), desk.now)
    two_days_later = desk.now + 2 * DAY
    for _ in range(4):
        await store.retention.step(Kept(bodies=DAY, records=DAY), two_days_later)


async def contents(place: Place) -> Contents:
    """Every row of every table that the engines share, in no order that depends on the engine."""
    found = await _of_database(place) if isinstance(place, str) else _of_file(place)
    return {
        table: sorted((dict(sorted(row.items())) for row in rows), key=repr) for table, rows in found.items()
    }


def _of_file(path: Path) -> Contents:
    with closing(apsw.Connection(str(path))) as db:
        tables = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        names = sorted(str(name) for (name,) in tables if name not in APART)
        return {name: _rows(db.execute(f"SELECT * FROM {name}")) for name in names}


def _rows(cursor: apsw.Cursor) -> list[dict[str, Any]]:
    return [
        {column: value for (column, _), value in zip(cursor.get_description(), row, strict=True)}
        for row in cursor
    ]


async def _of_database(url: str) -> Contents:
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = sorted(name for (name,) in tables if name not in APART)
        return {name: list(map(dict, await connection.fetch(f"SELECT * FROM {name}"))) for name in names}
    finally:
        await connection.close()


async def told(store: Store) -> dict[str, object]:
    """All that the store tells of its ledger, but for the audit log."""
    enrollments = (await store.enrollments_page(1000, EnrollmentFilter())).rows
    letters = await store.dead_letters(1000)
    jobs = await store.jobs.page(100)
    ledger = await store.ledger()
    return {
        "ledger": replace(ledger, pauses=tuple(sorted(ledger.pauses))),
        "letters": letters,
        "stories": [await store.story(letter.id) for letter in letters],
        "enrollments": enrollments,
        "their stories": [await store.enrollment_story(one.id) for one in enrollments],
        "requests": (await store.requests_page(1000)).rows,
        "jobs": jobs,
        "items": [await store.jobs.items(job.id, 1000) for job in jobs],
        "suppressions": await store.suppressions(None, "", 100, NOW_MS),
        "quarantine": await store.quarantined(100),
        "traffic": await store.traffic(),
        "hours": await store.hours(0),
        "alerts": await store.alerts.live(),
        "untold": await store.alerts.untold(),
        "tokens": await store.access.tokens(100),
        "sessions": await store.access.sessions(NOW_MS, 100),
        "breakers": await store.open_breakers(),
        "rates": await store.rates(NOW_MS),
    }
