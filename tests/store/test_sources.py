"""Requests of several sources: they take turns, and one with a long queue delays no other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import apsw
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.store import Store
from relay.store.base import ClaimedRequest
from tests.factories import MINUTE, NOW_MS, SECOND, incoming, read_event
from tests.store.conftest import Engine, Engines
from tests.store.desk import LEASE, Desk

names = st.sampled_from(["shop", "till", "studio", "kiosk"])
queues = st.lists(st.tuples(names, st.integers(-3, 1)), max_size=40)
"""Requests as they come in, each of a source and due in so many seconds."""


async def wait_in_line(store: Store, queues: Mapping[str, int]) -> None:
    """So many requests of each source."""
    every = [source for source, count in queues.items() for _ in range(count)]
    await asyncio.gather(*(store.add_request(incoming(source=source)) for source in every))


def of_each(claimed: list[ClaimedRequest]) -> dict[str, int]:
    return dict(Counter(request.source for request in claimed))


async def test_a_long_queue_leaves_each_other_source_its_share(store: Store, desk: Desk) -> None:
    await wait_in_line(store, {"shop": 500, "till": 500, "studio": 1})
    assert of_each(await desk.claim(limit=99)) == {"shop": 49, "till": 49, "studio": 1}
    assert of_each(await desk.claim(limit=99)) == {"shop": 50, "till": 49}


async def test_a_source_that_is_alone_gets_everything(store: Store, desk: Desk) -> None:
    await wait_in_line(store, {"shop": 120})
    assert of_each(await desk.claim(limit=100)) == {"shop": 100}
    assert of_each(await desk.claim(limit=100)) == {"shop": 20}


async def test_of_more_sources_than_are_claimed_at_once_none_is_left_out(store: Store, desk: Desk) -> None:
    town = {f"source-{number}": 2 for number in range(30)}
    await wait_in_line(store, town)
    for _ in range(2):
        assert of_each(await desk.claim(limit=10)) == dict.fromkeys(town, 1)


async def test_a_backlog_of_ten_thousand_delays_another_source_by_no_claim(store: Store, desk: Desk) -> None:
    await wait_in_line(store, {"shop": 10_000})
    await wait_in_line(store, {"till": 1})
    assert of_each(await desk.claim())["till"] == 1


async def test_each_source_gets_its_oldest_first(store: Store, desk: Desk) -> None:
    for age, source in ((1, "shop"), (3, "shop"), (2, "till"), (4, "till")):
        await store.add_request(incoming(source=source, received_at=NOW_MS - age * SECOND))
    assert [claimed.id for claimed in await desk.claim(limit=2)] == [2, 4]


async def test_a_busy_source_is_passed_over(store: Store, desk: Desk) -> None:
    await wait_in_line(store, {"shop": 3, "till": 2})
    until = desk.now + LEASE
    assert of_each(await store.claim_requests(desk.now, until, 9, {"shop"})) == {"till": 2}
    assert of_each(await desk.claim()) == {"shop": 3}


async def test_nobody_is_woken_for_a_source_that_is_busy(store: Store) -> None:
    await store.add_request(incoming(source="shop", received_at=NOW_MS))
    await store.add_request(incoming(source="till", received_at=NOW_MS + MINUTE))
    assert await store.next_request_due() == NOW_MS
    assert await store.next_request_due(["shop"]) == NOW_MS + MINUTE
    assert await store.next_request_due(["shop", "till"]) is None


async def test_what_is_claimed_or_not_yet_due_takes_no_share(store: Store, desk: Desk) -> None:
    await wait_in_line(store, {"studio": 5})
    await desk.claim()
    await store.add_request(incoming(source="till", received_at=NOW_MS + 1))
    await wait_in_line(store, {"shop": 20})
    assert of_each(await desk.claim(limit=10)) == {"shop": 10}


async def test_a_request_that_is_read_again_waits_in_the_queue_of_its_source(
    store: Store, desk: Desk
) -> None:
    await store.add_request(incoming(source="till"))
    broken = read_event(fate="parked", reason="odd")
    await desk.save(await desk.claim_one(), broken)
    assert await store.retry_dead(await desk.letters(), desk.now) == ["parked-1"]
    until = desk.now + LEASE
    assert await store.claim_requests(desk.now, until, 9, ["till"]) == []
    assert (await desk.claim_one()).source == "till"


@given(queues=queues, busy=st.sets(names, max_size=3), limit=st.integers(1, 12))
@settings(max_examples=40)
def test_claims_are_fair_and_complete(
    engines: Engines, queues: list[tuple[str, int]], busy: set[str], limit: int
) -> None:
    asyncio.run(_claims_are_fair_and_complete(engines, queues, busy, limit))


async def _claims_are_fair_and_complete(
    engines: Engines, queues: list[tuple[str, int]], busy: set[str], limit: int
) -> None:
    """No source gets more than another that has something left, and in the end nothing is."""
    waiting: dict[int, str] = {}
    async with engines.new() as engine, engine.open() as store:
        for source, seconds in queues:
            number = await store.add_request(incoming(source=source, received_at=NOW_MS + seconds * SECOND))
            if seconds <= 0 and source not in busy:
                waiting[number] = source
        while waiting:
            due = set(waiting.values())
            claimed = await store.claim_requests(NOW_MS, NOW_MS + LEASE, limit, busy)
            assert len(claimed) == min(len(waiting), max(limit, len(due)))
            assert all(waiting.pop(one.id) == one.source for one in claimed)
            shares = of_each(claimed)
            assert all(shares[hungry] >= max(shares.values()) - 1 for hungry in set(waiting.values()))
        assert await store.claim_requests(NOW_MS, NOW_MS + LEASE, limit, busy) == []
        later = [seconds for source, seconds in queues if seconds > 0 and source not in busy]
        assert await store.next_request_due(busy) == (NOW_MS + SECOND if later else None)


BEFORE_SOURCES_TOOK_TURNS = """
DROP INDEX request_waiting;
DROP INDEX request_tried;
ALTER TABLE request_state DROP COLUMN source;
CREATE INDEX request_waiting ON request_state (due_at) WHERE state = 'waiting';
DELETE FROM migration WHERE number = 6;
"""


async def test_what_waits_in_an_older_ledger_is_claimed_for_its_source(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "relay.db")
    async with engine.open() as store:
        await wait_in_line(store, {"shop": 2, "till": 3})
    with closing(apsw.Connection(str(engine.path))) as db:
        db.execute(BEFORE_SOURCES_TOOK_TURNS)
    async with engine.open() as store:
        assert of_each(await store.claim_requests(NOW_MS, NOW_MS + LEASE, 9, ["shop"])) == {"till": 3}
