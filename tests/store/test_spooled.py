"""Requests that were spooled while the ledger was away come in once, in order, dated by their arrival."""

from __future__ import annotations

import asyncio

import pytest

from relay.store import Store
from relay.store.base import Spooled, StoreFault
from relay.store.sql.spooled import KEPT
from tests.factories import MINUTE, NOW_MS, incoming, read_event
from tests.store.conftest import Engine
from tests.store.desk import Desk


def some(start: int, count: int, file: str = "a.spool", *, size: int = 100) -> Spooled:
    """So many requests of that size each, from a place on."""
    given = tuple(incoming(body=b"%d" % (start + n), received_at=NOW_MS - MINUTE + n) for n in range(count))
    return Spooled(file, start, start + count * size, given)


async def bodies(store: Store) -> list[bytes]:
    return [claimed.body for claimed in await Desk(store).claim(limit=1000)]


async def test_spooled_requests_come_in_as_they_were_and_are_read(store: Store, desk: Desk) -> None:
    given = incoming(query="?a=1", headers=b'{"x":"\xc3\xa9"}', body=bytes(range(256)), method="PUT")
    assert await store.add_spooled(Spooled("a.spool", 0, 300, (given,)), NOW_MS) == 300
    claimed = await desk.claim_one()
    kept = (claimed.source, claimed.received_at, claimed.method, claimed.query, claimed.headers, claimed.body)
    assert kept == tuple(given)
    assert await desk.save(claimed, read_event("ana@example.com")) == 1
    assert await desk.counts() == {"waiting": 1}


async def test_a_group_of_any_size_comes_in_whole_and_in_order(store: Store) -> None:
    assert await store.add_spooled(some(0, 107), NOW_MS) == 10_700
    assert await bodies(store) == [b"%d" % number for number in range(107)]
    assert (await store.ledger()).faults() == []


async def test_what_came_in_already_does_not_come_in_again(store: Store) -> None:
    assert await store.add_spooled(some(0, 3), NOW_MS) == 300
    assert await store.add_spooled(some(0, 3), NOW_MS) == 300
    assert await store.add_spooled(some(0, 5), NOW_MS) == 300
    assert await store.add_spooled(some(300, 2), NOW_MS) == 500
    assert len(await bodies(store)) == 5


async def test_what_would_leave_a_gap_does_not_come_in(store: Store) -> None:
    assert await store.add_spooled(some(100, 3), NOW_MS) == 0
    assert await bodies(store) == []


async def test_of_two_who_add_the_same_one_does(store: Store) -> None:
    assert await asyncio.gather(*(store.add_spooled(some(0, 3), NOW_MS) for _ in range(4))) == [300] * 4
    assert len(await bodies(store)) == 3


async def test_files_know_nothing_of_each_other_and_requests_come_in_beside_them(store: Store) -> None:
    await asyncio.gather(
        store.add_spooled(some(0, 40, "a.spool"), NOW_MS),
        *(store.add_request(incoming()) for _ in range(20)),
        store.add_spooled(some(0, 40, "b.spool"), NOW_MS),
    )
    ledger = await store.ledger()
    assert (ledger.accepted, ledger.faults()) == (100, [])


async def test_the_place_is_known_after_a_restart(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_spooled(some(0, 3), NOW_MS)
    async with engine.open() as store:
        assert await store.add_spooled(some(0, 3), NOW_MS) == 300
        assert len(await bodies(store)) == 3


async def test_if_one_cannot_be_written_none_of_its_group_is(store: Store) -> None:
    impossible = incoming(method=None)
    with pytest.raises(StoreFault):
        await store.add_spooled(Spooled("a.spool", 0, 200, (incoming(), impossible)), NOW_MS)
    assert await bodies(store) == []
    assert await store.add_spooled(some(0, 1), NOW_MS) == 100


async def test_files_of_long_ago_are_forgotten_and_no_others(store: Store, engine: Engine) -> None:
    await store.add_spooled(some(0, 1, "old.spool"), NOW_MS)
    await store.add_spooled(some(0, 1, "new.spool"), NOW_MS + KEPT + 1)
    assert await store.add_spooled(some(0, 1, "new.spool"), NOW_MS + KEPT + 1) == 100
    assert await store.add_spooled(some(100, 1, "old.spool"), NOW_MS + KEPT + 1) == 0
