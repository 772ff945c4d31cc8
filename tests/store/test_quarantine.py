"""The quarantine: bounded, and a way back for requests that were refused by mistake."""

from __future__ import annotations

from relay.store import Store
from tests.factories import incoming, quarantined
from tests.store.conftest import Engine
from tests.store.desk import Desk


async def test_an_unverified_request_is_kept_as_it_came_and_enters_nothing(store: Store, desk: Desk) -> None:
    kept = quarantined(
        token="t0ken", query="?a=1", headers=b'{"authorization":"Basic eA=="}', body=b"\xff\x00"
    )
    await store.add_quarantined(kept, keep=10)
    assert await store.quarantined(10) == [(1, kept)]
    ledger = await store.ledger()
    assert (ledger.quarantined, ledger.accepted) == (1, 0)
    assert await desk.claim() == []


async def test_only_the_newest_are_kept(store: Store) -> None:
    for number in range(7):
        await store.add_quarantined(quarantined(reason=str(number)), keep=3)
    assert [kept.reason for _, kept in await store.quarantined(10)] == ["6", "5", "4"]
    assert (await store.ledger()).quarantined == 3


async def test_the_bound_counts_what_is_kept_also_after_some_were_released(store: Store) -> None:
    for number in range(3):
        await store.add_quarantined(quarantined(reason=str(number)), keep=3)
    await store.release_quarantined(3, incoming())
    await store.add_quarantined(quarantined(reason="new"), keep=3)
    assert [kept.reason for _, kept in await store.quarantined(10)] == ["new", "1", "0"]


async def test_no_more_are_listed_than_asked_for(store: Store) -> None:
    for _ in range(3):
        await store.add_quarantined(quarantined(), keep=10)
    assert [number for number, _ in await store.quarantined(2)] == [3, 2]


async def test_a_released_request_enters_the_pipeline_once(store: Store, desk: Desk) -> None:
    await store.add_quarantined(quarantined(body=b"kept"), keep=10)
    number = await store.release_quarantined(1, incoming(body=b"kept"))
    assert number == 1
    assert await store.release_quarantined(1, incoming(body=b"kept")) is None
    assert (await desk.claim_one()).body == b"kept"
    ledger = await store.ledger()
    assert (ledger.accepted, ledger.quarantined, ledger.faults()) == (1, 0, [])


async def test_the_quarantine_survives_a_restart(engine: Engine) -> None:
    async with engine.open() as store:
        await store.add_quarantined(quarantined(), keep=10)
    async with engine.open() as store:
        assert await store.quarantined(10) == [(1, quarantined())]
