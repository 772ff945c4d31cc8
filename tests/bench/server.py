"""The servers that are compared: `python -m tests.bench.server bare|lowest|intake PORT [CONFIG]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aiohttp import web

from relay.cli.keeping import make_keeping
from relay.cli.options import load_installation, run
from relay.cli.serve import spare_what_is_loaded
from relay.clock import SystemClock
from relay.spool.coming import Coming
from relay.store import open_store
from relay.telemetry import Metrics
from relay.web.app import make_app
from relay.web.intake import Intake
from relay.web.runner import Runner


async def _serve(runner: web.BaseRunner, port: int) -> None:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


async def bare(port: int) -> None:
    """The least that an aiohttp handler does with a webhook: read the body, answer."""

    async def receive(call: web.Request) -> web.Response:
        await call.read()
        return web.Response()

    app = web.Application(client_max_size=1 << 20)
    app.router.add_route("*", "/hooks/{source}", receive)
    await _serve(web.AppRunner(app, access_log=None), port)


async def lowest(port: int) -> None:
    """The same without an application: the library's lowest level of a server, which knows no router."""

    async def receive(call: web.BaseRequest) -> web.Response:
        await call.read()
        return web.Response()

    await _serve(web.ServerRunner(web.Server(receive, access_log=None)), port)


async def no_key(_url: str) -> None:
    """No sender of the measurement signs with a key that would have to be fetched."""


async def intake(port: int, config: Path) -> None:
    """The relay's own intake on its own store: verified and durable before the answer. No loop runs."""
    installation = load_installation(config)
    clock, metrics = SystemClock(), Metrics()
    async with open_store(installation.ledger, exclusive=True) as store:
        coming = Coming()
        coming.came(store)
        keeping = make_keeping(installation, coming, clock, metrics, accepted=lambda: None)
        await keeping.open()
        keeping.start()
        receiving = Intake(
            installation.sources,
            store,
            keeping.keep,
            clock,
            metrics,
            keep_unverified=installation.config.quarantine.keep,
            accepted=lambda: None,
            vendor_key=no_key,
        )
        app = make_app(receiving, installation.config.server.max_body)
        await _serve(Runner(app, receiving), port)


if __name__ == "__main__":
    role, listen, *rest = sys.argv[1:]
    spare_what_is_loaded()
    if role == "intake":
        run(lambda: intake(int(listen), Path(rest[0])))
    else:
        run(lambda: {"bare": bare, "lowest": lowest}[role](int(listen)))
