"""A relay whose store goes away: what senders, supervisors and monitors see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import apsw
import orjson
import pytest

from relay.cli.wiring import Relay, running
from relay.config.faults import ConfigFaults
from relay.store.base import StoreFault
from relay.web import health
from tests.e2e.polling import until_seen
from tests.installing import TOKEN, installed, settings, with_changes
from tests.ports import free_port
from tests.postgres import server
from tests.web.front import SALE


class Caller:
    """Who calls a relay from outside."""

    def __init__(self, relay: Relay, http: aiohttp.ClientSession, metrics_port: int) -> None:
        self.relay = relay
        self._http = http
        self._monitor = f"http://127.0.0.1:{metrics_port}"

    async def send(self) -> int:
        async with self._http.post(f"{self.relay.url}/hooks/shop/{TOKEN}", data=orjson.dumps(SALE)) as answer:
            return answer.status

    async def ready(self) -> tuple[int, str | None]:
        """What a load balancer is told."""
        async with self._http.get(f"{self.relay.url}/readyz") as answer:
            return answer.status, (await answer.json(content_type=None)).get("detail")

    async def spooled(self) -> dict[str, float]:
        async with self._http.get(f"{self._monitor}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        shown = (line.split() for line in lines if line.startswith("relay_spool_"))
        return {name.removeprefix("relay_spool_"): float(value) for name, value in shown}


@asynccontextmanager
async def at_work(folder: Path, changes: Mapping[str, Any]) -> AsyncIterator[Caller]:
    port = free_port()
    installation = installed(with_changes(settings(folder), {"server.metrics_port": port, **changes}))
    async with running(installation) as relay, aiohttp.ClientSession() as http:
        yield Caller(relay, http, port)


async def test_while_its_store_hangs_a_relay_that_spools_takes_requests_is_ready_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "NOT_LONGER", 0.05)
    monkeypatch.setattr(health, "FRESH", 0.0)
    async with at_work(tmp_path, {"store.when_away": "spool", "store.timeout": "50ms"}) as caller:
        assert await caller.ready() == (200, None)
        shown = await caller.spooled()
        assert shown == dict.fromkeys(("requests", "bytes", "oldest_seconds", "store_away_seconds"), 0.0)
        blocker = apsw.Connection(str(tmp_path / "relay.db"))
        blocker.execute("BEGIN IMMEDIATE")
        assert [await caller.send() for _ in range(3)] == [200] * 3
        assert await caller.ready() == (200, "the store does not answer: requests are spooled")
        shown = await caller.spooled()
        assert shown["requests"] == 3
        assert shown["bytes"] > 0
        assert shown["oldest_seconds"] > 0
        assert shown["store_away_seconds"] > 0
        blocker.execute("ROLLBACK")
        blocker.close()

        async def drained() -> bool:
            return set((await caller.spooled()).values()) == {0.0}

        await until_seen(drained, "the spool was not drained")
        assert await caller.ready() == (200, None)
        ledger = await caller.relay.store.ledger()
        assert ledger.accepted >= 3
        assert ledger.faults() == []


async def test_where_requests_are_refused_while_a_database_is_away_senders_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "FRESH", 0.0)
    with server("fsync=off") as database:
        changes = {"store.url": database.url(), "store.when_away": "refuse"}
        async with at_work(tmp_path, changes) as caller:
            assert await caller.send() == 200
            await asyncio.to_thread(database.stop)
            assert [await caller.send() for _ in range(3)] == [503] * 3
            assert await caller.ready() == (503, "the store cannot be used")
            assert await caller.spooled() == {}
            await asyncio.to_thread(database.start)

            async def taken() -> bool:
                return await caller.send() == 200

            await until_seen(taken, "nothing was taken any more")
    assert not (tmp_path / "relay.db.spool").exists()


async def test_a_relay_on_a_file_spools_only_if_it_is_told_to(tmp_path: Path) -> None:
    async with at_work(tmp_path, {}) as caller:
        assert await caller.send() == 200
        assert await caller.spooled() == {}
    assert not (tmp_path / "relay.db.spool").exists()


async def test_a_relay_whose_spool_cannot_be_used_does_not_start_and_says_which_key(tmp_path: Path) -> None:
    place = tmp_path / "taken"
    place.write_text("a file")
    with pytest.raises(StoreFault, match=r"taken cannot be used \(spool\.path\)"):
        async with at_work(tmp_path, {"store.when_away": "spool", "spool.path": str(place)}):
            pass


def test_a_spool_that_could_not_hold_a_large_request_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    small = {"store.when_away": "spool", "spool.max_size": "1 MiB"}
    with pytest.raises(ConfigFaults) as caught:
        installed(with_changes(settings(tmp_path), small))
    (fault,) = caught.value.faults
    assert (fault.key, fault.problem) == (
        "spool.max_size",
        "should be at least twice server.max_body (1 MiB)",
    )
