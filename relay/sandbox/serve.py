"""Running a sandbox: for as long as one likes, or for the length of a `with` block."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

from aiohttp import web

from relay.sandbox.app import make_sandbox
from relay.sandbox.app_keys import RUNNER
from relay.sandbox.state import Clock, Sandbox, Watch

if TYPE_CHECKING:
    from relay.sandbox.faults import OutageKind
    from relay.sandbox.journal import Entry
    from relay.sandbox.records import Sending
    from relay.sandbox.switches import Switches
    from relay.sandbox.world import World

# Answers that wait (`slow-after`) are not worth waiting for.
SHUTDOWN_SECONDS = 0.05


class Running:
    """A sandbox that listens; `url` is its root, without a slash at the end."""

    def __init__(self, sandbox: Sandbox, runner: web.AppRunner, host: str) -> None:
        self._sandbox = sandbox
        self._runner = runner
        self._host = host
        self._site: web.TCPSite | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """`http://host:port`; the API is under `/api/v1` of it."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    @property
    def world(self) -> World:
        """What the destination knows; another object after a reset."""
        return self._sandbox.world

    @property
    def switches(self) -> Switches:
        """How it behaves; assign others at any time."""
        return self._sandbox.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self._sandbox.switches = switches

    def switch(self, **changes: object) -> None:
        """Change some switches; ValueError names the faulty ones."""
        self._sandbox.switches = self._sandbox.switches.changed(changes)

    def sendings(self) -> list[Sending]:
        """Every enrollment made, oldest first."""
        return list(self.world.sendings)

    def requests(self) -> list[Entry]:
        """Every API request kept by the journal, oldest first."""
        return list(self.world.journal)

    def executions(self) -> list[Entry]:
        """Those of them that asked to enrol somebody."""
        return [entry for entry in self.world.journal if entry.path.endswith("/execute")]

    def doubles(self) -> list[tuple[str, str, int]]:
        """(contact id, sequence id, times) of those enrolled more than once."""
        return list(self.world.doubles())

    def fail_next(self, name: str, count: int = 1, *, on: Literal["execute", "any"] = "execute") -> None:
        """Let the next `count` requests meet this fault."""
        self._sandbox.faults.plan(name, count, on)

    def forget_faults(self) -> None:
        """Let no request meet a fault that was ordered before."""
        self._sandbox.faults.clear()

    def begin_outage(self, seconds: float, kind: OutageKind = "503") -> None:
        """Answer nobody for so long."""
        self._sandbox.faults.begin_outage(kind, self._sandbox.clock() + seconds)

    def end_outage(self) -> None:
        """Answer again."""
        self._sandbox.faults.outage = None

    def reset(self) -> None:
        """Back to the world, the switches and the silence of the start."""
        self._sandbox.reset()

    async def settled(self) -> None:
        """Wait until every step that is due has run and every callback has ended."""
        app = self._runner.app
        await app[RUNNER].settled()

    async def listen(self, port: int) -> None:
        """Open the socket; OSError when the port is taken."""
        self._site = web.TCPSite(self._runner, self._host, port)
        await self._site.start()
        self.port = self._runner.addresses[0][1]

    @asynccontextmanager
    async def unreachable(self) -> AsyncIterator[None]:
        """Hang up on everybody and refuse new connections in between."""
        if self._site is not None:
            await self._site.stop()
        for connection in self._runner.server.connections if self._runner.server else ():
            connection.force_close()
        # Bound and never listened on: callers are refused, and nobody else is given the port, whom they
        # would then take for this sandbox.
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            with socket.socket(family) as kept:
                kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                kept.bind((self._host, self.port))
                yield
        finally:
            await self.listen(self.port)


@asynccontextmanager
async def running(
    world: World | None = None,
    switches: Switches | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    clock: Clock = time.time,
    watch: Watch | None = None,
) -> AsyncIterator[Running]:
    """A sandbox on a real socket; port 0 takes a free one. OSError when the port is taken.

    `watch` sees the journal's entry of every API request once it is answered.
    """
    sandbox = Sandbox(world, switches, clock=clock, watch=watch)
    runner = web.AppRunner(make_sandbox(sandbox), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        started = Running(sandbox, runner, host)
        await started.listen(port)
        yield started
    finally:
        await runner.cleanup()


async def serve(
    host: str = "127.0.0.1",
    port: int = 8090,
    world: World | None = None,
    switches: Switches | None = None,
    *,
    ready: Callable[[Running], None] | None = None,
    stop: asyncio.Event | None = None,
    watch: Watch | None = None,
) -> None:
    """Serve until `stop` is set or the task is cancelled; `ready` is called once it listens."""
    async with running(world, switches, host=host, port=port, watch=watch) as sandbox:
        if ready is not None:
            ready(sandbox)
        await (stop or asyncio.Event()).wait()
