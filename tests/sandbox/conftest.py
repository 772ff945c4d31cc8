"""A sandbox on a free port with a clock that stands still, and a receiver of its posts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from relay.sandbox import running
from tests.sandbox.asking import Api, Clock
from tests.sandbox.receiving import Receiver

NOON = 1_790_000_040.0


@pytest.fixture(name="api")
async def _api() -> AsyncIterator[Api]:
    clock = Clock(NOON)
    async with running(clock=clock) as sandbox, aiohttp.ClientSession() as session:
        yield Api(session, sandbox, clock)


@pytest.fixture(name="receiver")
async def _receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    receiver.hang.set()
    await runner.cleanup()
