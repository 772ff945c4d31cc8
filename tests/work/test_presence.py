"""A process on the list of nodes: what it tells of itself, and how it leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from relay.clock import AgreedClock
from relay.core.node import Node, Waiting
from relay.store import Store, open_store
from relay.telemetry import Metrics
from relay.work.presence import BEAT_SECONDS, Presence
from tests.factories import NOW_MS, FakeClock, node

ME = node("me", requests=0, contacts=0)


@pytest.fixture(name="store")
async def _store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "relay.db") as store:
        yield store


class Process:
    """One that counts what a test says it did. `offset`: what the ledger's clock is ahead."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.own = FakeClock()
        self.metrics = Metrics()
        self.offset = 0.0
        self.spooled = Waiting()
        clock = AgreedClock(self.own, self._ahead)
        self.presence = Presence(store, clock, self.metrics, ME, lambda: self.spooled)

    async def _ahead(self) -> float:
        return self.offset

    def take(self, count: int, answer: str = "200") -> None:
        self.metrics.requests.labels("shop", answer).inc(count)

    def deliver(self, count: int, fate: str = "delivered") -> None:
        self.metrics.contacts.labels("main", fate).inc(count)

    async def beat(self) -> Node:
        """What everybody sees after another beat."""
        self.own.move(await self.presence.tick())
        (node,) = await self.store.nodes.all()
        return node


async def test_what_was_done_in_the_last_minute_is_told(store: Store) -> None:
    process = Process(store)
    assert await process.beat() == ME
    process.take(5)
    process.take(4, "204")
    process.take(100, "401")
    process.deliver(3)
    process.deliver(50, "dead")
    seen = [await process.beat() for _ in range(7)]
    assert [(one.requests, one.contacts) for one in seen] == [(9, 3)] * 6 + [(0, 0)]
    assert seen[-1].seen_at == NOW_MS + 7 * BEAT_SECONDS * 1000


async def test_what_waits_in_its_spool_is_told_until_it_is_in(store: Store) -> None:
    process = Process(store)
    process.spooled = Waiting(1804, NOW_MS - 60_000)
    seen = await process.beat()
    assert (seen.spooled, seen.spooled_since) == (1804, NOW_MS - 60_000)
    process.spooled = Waiting()
    seen = await process.beat()
    assert (seen.spooled, seen.spooled_since) == (0, None)


async def test_it_is_told_in_the_time_that_all_nodes_go_by(store: Store) -> None:
    process = Process(store)
    process.offset = -3600.0
    assert (await process.beat()).seen_at == NOW_MS - 3_600_000


async def test_whoever_leaves_is_listed_no_more(store: Store) -> None:
    process = Process(store)
    process.presence.start()
    await process.presence.leave()
    assert await store.nodes.all() == []


async def test_a_ledger_that_is_away_is_told_and_stops_nobody(tmp_path: Path) -> None:
    async with open_store(tmp_path / "relay.db") as store:
        process = Process(store)
    with capture_logs() as logs:
        assert await process.presence.tick() == BEAT_SECONDS
        await process.presence.leave()
    assert [(line["event"], line["fault"]) for line in logs] == [
        ("other nodes cannot see this one", "the store is closed"),
        ("other nodes will miss this one", "the store is closed"),
    ]
