"""The relay's intake on a real socket in front of a real ledger; nothing behind it is at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from relay.config.installation import Installation
from relay.store import Store, open_store
from relay.store.base import ClaimedRequest, Quarantined
from relay.telemetry import Metrics
from relay.vendor_keys import VendorKeys
from relay.web.app import make_app, make_metrics_app
from relay.web.health import Health
from relay.web.intake import Intake
from relay.web.runner import Runner
from tests.factories import FakeClock
from tests.installing import TOKEN, installed, settings, with_changes

SALE = {"event": "paid", "id": "P-1", "email": "ana@example.com"}
FAR = 2**53


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Front:
    """`woken` counts how often the translating loop would have been woken."""

    installation: Installation
    store: Store
    intake: Intake
    http: aiohttp.ClientSession
    metrics: Metrics
    health: Health
    runner: Runner = field(init=False)
    url: str = ""
    metrics_url: str = ""
    woken: list[str] = field(default_factory=list)

    async def call(
        self,
        path: str = f"/hooks/shop/{TOKEN}",
        body: object = None,
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One call; `body` becomes JSON unless it is bytes, and is a sale where none is given."""
        content = body if isinstance(body, bytes) else orjson.dumps(SALE if body is None else body)
        async with self.http.request(
            method, self.url + path, data=content, headers=headers, skip_auto_headers=["content-type"]
        ) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    async def raw(self, sent: bytes) -> bytes:
        """What is answered to these bytes before the sender has said everything."""
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(sent)
            async with asyncio.timeout(10):
                return await reader.readuntil(b"\r\n\r\n")
        finally:
            writer.close()
            await writer.wait_closed()

    async def all_of(self, sent: bytes) -> bytes:
        """All that is answered to these bytes until the connection is closed."""
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(sent)
            async with asyncio.timeout(10):
                return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()

    async def accepted(self) -> list[ClaimedRequest]:
        """Every request that was taken on and not claimed before."""
        return await self.store.claim_requests(FAR, FAR, 1000)

    async def refused(self) -> list[Quarantined]:
        """The quarantine, newest first."""
        await self.intake.settle_down()
        return [kept for _, kept in await self.store.quarantined(1000)]

    async def shown(self) -> str:
        """What monitors read."""
        async with self.http.get(self.metrics_url) as answer:
            return await answer.text()


class Opener:
    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.path = folder / "relay.db"
        self._data = settings(folder)
        self._clock = clock

    @asynccontextmanager
    async def __call__(self, changes: Mapping[str, Any] | None = None) -> AsyncIterator[Front]:
        """`changes` to the configuration are named by path, see `with_changes`."""
        installation = installed(with_changes(self._data, changes or {}))
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(open_store(self.path, exclusive=True))
            http = await stack.enter_async_context(aiohttp.ClientSession())
            metrics, woken = Metrics(), list[str]()
            intake = Intake(
                installation.sources,
                store,
                store.add_request,
                self._clock,
                metrics,
                keep_unverified=installation.config.quarantine.keep,
                accepted=lambda: woken.append("translate"),
                vendor_key=VendorKeys(http, self._clock, installation.config.lookups.origins).get,
            )
            health = Health(lambda: store.rescue_requests(0))
            front = Front(installation, store, intake, http, metrics, health, woken=woken)
            app = make_app(intake, installation.config.server.max_body, readiness=health.state)
            front.runner = Runner(app, intake, shutdown_timeout=0.1)
            front.url = await stack.enter_async_context(listening_on(front.runner))
            shown = web.AppRunner(make_metrics_app(metrics), access_log=None, shutdown_timeout=0.1)
            front.metrics_url = await stack.enter_async_context(listening_on(shown))
            front.metrics_url += "/metrics"
            yield front
            await intake.settle_down()


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    async with listening_on(runner) as url:
        yield url


@asynccontextmanager
async def listening_on(runner: web.AppRunner) -> AsyncIterator[str]:
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
