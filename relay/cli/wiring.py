"""A relay at work: store, loops, clients and web put together, started and stopped in order."""

from __future__ import annotations

import asyncio
import hmac
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import cache
from typing import Any, Final
from urllib.parse import unquote

import aiohttp
import structlog
from aiohttp import web

from relay.channels.sending import Sender
from relay.cli.making import make_reader
from relay.cli.opening import opened_in_time
from relay.cli.running import CALLER_HEADER, Running, announced, new_token
from relay.clock import Clock, SystemClock, milliseconds
from relay.config.installation import ActiveSource, Installation
from relay.core.access import Caller, Role
from relay.desk.catalogue import OPERATIONS
from relay.desk.desk import Desk
from relay.destination.client import Client
from relay.destination.inspection import Inspector
from relay.http import outbound_session
from relay.registry import Registry
from relay.store import Store, open_store
from relay.telemetry import Metrics
from relay.vendor_keys import VendorKeys
from relay.web.access import Gate, Refusal
from relay.web.api.app import ROOT as API
from relay.web.api.app import make_api
from relay.web.app import make_app, make_metrics_app
from relay.web.console.app import make_console
from relay.web.console.navigation import ROOT as CONSOLE
from relay.web.door import Door, handed_over, open_door
from relay.web.health import Health
from relay.web.intake import Intake
from relay.web.runner import Runner
from relay.web.waiting import make_waiting_room
from relay.work.alerting import LOOK_SECONDS as ALERT_SECONDS
from relay.work.alerting import Alerting
from relay.work.delivering import Delivering
from relay.work.jobs import Jobs
from relay.work.loop import Loop
from relay.work.repairing import Repairing
from relay.work.telling import Telling
from relay.work.translating import Translating
from relay.work.watching import LOOK_SECONDS, Watching

log = structlog.get_logger()

RESCUE_SECONDS = 5.0
AT_THE_DOOR_SECONDS = 0.5
IDLE_SECONDS = 75.0
"""After this time a connection without a whole request head is closed; the library's default is an hour."""
_PATIENCE: Final[Mapping[str, Any]] = {"shutdown_timeout": 5.0, "keepalive_timeout": IDLE_SECONDS}


class Relay:
    """Everything of one relay on an open store; `url` is where it listens once it is started."""

    def __init__(
        self, installation: Installation, store: Store, http: aiohttp.ClientSession, clock: Clock
    ) -> None:
        config = installation.config
        self.installation = installation
        self.store = store
        self.metrics = Metrics()
        self.url = ""
        self._doors: list[Door] = []
        self._runners: list[web.AppRunner] = []
        self.reader = make_reader(installation, http, clock, self.metrics)
        self.translating = Translating(
            store,
            installation,
            self.reader,
            clock,
            self.metrics,
            spread=random.random,
            enrolled=self._wake("deliver"),
            more=self._wake("translate"),
        )
        self.delivering = Delivering(
            store,
            installation,
            Client(http),
            clock,
            self.metrics,
            spread=random.random,
            more=self._wake("deliver"),
            failing=self._wake("watch"),
        )
        self.watching = Watching(
            store,
            installation,
            Inspector(http),
            clock,
            self.metrics,
            spread=random.random,
            resumed=self._wake("deliver"),
        )
        self.repairing = Repairing(store, installation, self.reader, clock)
        self.jobs = Jobs(
            store,
            installation,
            self.repairing,
            clock,
            spread=random.random,
            released=self._take_up,
        )
        self.alerting = Alerting(store, installation, clock, self.metrics, to_tell=self._wake("tell"))
        self.telling = self._make_telling(http, clock)
        self._intake = self._make_intake(http, clock)
        # Nothing has a lease that ended in 1970: it is a turn of the writer that changes nothing.
        self.health = Health(lambda: store.rescue_requests(0))
        self._clock = clock
        self._token = new_token()
        self._gate = Gate(store.access, config.public_url, config.server.trusted_proxies)
        self._loops = self._make_loops()

    def _make_loops(self) -> dict[str, Loop]:
        return {
            "rescue": Loop("rescue", self._rescue),
            "translate": Loop("translate", self.translating.tick),
            "deliver": Loop("deliver", self.delivering.tick),
            "watch": Loop("watch", self.watching.tick, longest=LOOK_SECONDS),
            "jobs": Loop("jobs", self.jobs.tick),
            "alert": Loop("alert", self.alerting.tick, longest=ALERT_SECONDS),
            "tell": Loop("tell", self.telling.tick, longest=LOOK_SECONDS),
        }

    def _make_intake(self, http: aiohttp.ClientSession, clock: Clock) -> Intake:
        config = self.installation.config
        return Intake(
            self.installation.sources,
            self.store,
            clock,
            self.metrics,
            keep_unverified=config.quarantine.keep,
            accepted=self._wake("translate"),
            vendor_key=VendorKeys(http, clock, config.lookups.origins).get,
        )

    def _make_telling(self, http: aiohttp.ClientSession, clock: Clock) -> Telling:
        return Telling(
            self.store,
            self.installation.channels,
            Sender(http, clock).send,
            clock,
            self.metrics,
            spread=random.random,
        )

    def _desk(self) -> Desk:
        """The relay's own; each call gets one of its caller."""
        return Desk(
            store=self.store,
            config=self.installation.config,
            install=lambda: self.installation,
            registry=cache(lambda: Registry(self.installation.config.connector_folders)),
            repairing=self.repairing,
            caller=Caller("the relay itself", Role.ADMIN),
            now=lambda: milliseconds(self._clock),
            wake=lambda name: self._loops[name].wake(),
        )

    async def _who(self, call: web.Request) -> Caller:
        """Whoever calls the API: a command on this machine, or a program with a token."""
        shown = call.headers.get("authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(shown.encode("utf-8", "replace"), self._token.encode()):
            return Caller(unquote(call.headers.get(CALLER_HEADER, ""))[:100] or "somebody", Role.ADMIN)
        visit = self._gate.visit(call.headers.items(), call.remote, milliseconds(self._clock))
        found = await self._gate.caller_of(visit)
        if isinstance(found, Refusal):
            raise found.as_problem()
        return found

    @property
    def announcement(self) -> Running:
        """What lets commands on this machine find the relay once it is started."""
        return Running(self.url, self._token)

    def _wake(self, name: str) -> Callable[[], None]:
        return lambda: self._loops[name].wake()  # noqa: PLW0108  # the loops are made last

    def _take_up(self) -> None:
        """What a job released is sent, or read."""
        self._loops["deliver"].wake()
        self._loops["translate"].wake()

    async def _rescue(self) -> float:
        await self.translating.rescue()
        await self.delivering.rescue()
        return RESCUE_SECONDS

    async def start(self, door: Door) -> None:
        """Take up what a former process left, then answer at the door."""
        await self.store.expire_leases()
        await self.delivering.take_up()
        for loop in self._loops.values():
            loop.start()
        server = self.installation.config.server
        desk = self._desk()
        beside = {API: make_api(OPERATIONS, desk, self._who), CONSOLE: make_console(desk, self._gate)}
        app = make_app(self._intake, server.max_body, beside, self.health.reason)
        self.url = door.url
        await self._lead(door, Runner(app, self._intake, **_PATIENCE))
        if server.metrics_port is not None:
            metrics = web.AppRunner(make_metrics_app(self.metrics), access_log=None, **_PATIENCE)
            await self._lead(await open_door("127.0.0.1", server.metrics_port), metrics)

    async def _lead(self, door: Door, runner: web.AppRunner) -> None:
        self._runners.append(runner)
        self._doors.append(door)
        await door.lead_to(runner)

    async def stop(self) -> None:
        """Take in no more, finish what is under way, and give back what cannot be finished in time."""
        self.health.stop()
        for door in self._doors:
            door.close()
        for runner in self._runners:
            await runner.cleanup()
        await self._intake.settle_down()
        self.jobs.cut_short()
        for loop in self._loops.values():
            await loop.stop()
        grace = self.installation.config.server.shutdown_grace.total_seconds()
        await _within(grace, self.translating.settle_down, self.translating.give_back)
        await _within(grace, self.delivering.settle_down, self.delivering.cut_short)


async def _within(
    seconds: float, finish: Callable[[], Awaitable[None]], end: Callable[[], Awaitable[None]]
) -> None:
    try:
        async with asyncio.timeout(seconds):
            await finish()
    except TimeoutError:
        log.warning("not finished in time, leases are given back", seconds=seconds)
        await end()


@asynccontextmanager
async def running(
    installation: Installation, clock: Clock | None = None, stop: asyncio.Event | None = None
) -> AsyncIterator[Relay]:
    """A started relay on the store that the configuration names. Raises `StoreFault`, `OSError`.

    It listens from the beginning; `stop` ends the wait for a store that cannot be opened yet.
    """
    server, store_at = installation.config.server, installation.config.store
    async with AsyncExitStack() as stack:
        door = handed_over() or await open_door(server.host, server.port)
        stack.callback(door.close)
        http = await stack.enter_async_context(outbound_session(installation.config.egress.allow))
        waiting = asyncio.Event()
        async with waiting_room(door, installation.sources, waiting):
            store = await opened_in_time(
                stack,
                lambda: open_store(store_at.path, exclusive=True),
                store_at.wait.total_seconds(),
                stop=stop or asyncio.Event(),
                waiting=waiting,
            )
            relay = Relay(installation, store, http, clock or SystemClock())
            stack.push_async_callback(relay.stop)
            await relay.start(door)
        stack.enter_context(announced(store_at.path, relay.announcement))
        yield relay


@asynccontextmanager
async def waiting_room(
    door: Door, sources: Mapping[str, ActiveSource], needed: asyncio.Event
) -> AsyncIterator[None]:
    """Whoever comes is told to come again, until another answers at the door.

    In most starts that is so soon that they had better wait at the door: `needed` tells when it is not.
    """
    runner = web.AppRunner(make_waiting_room(sources), access_log=None, **_PATIENCE)

    async def answer() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(needed.wait(), AT_THE_DOOR_SECONDS)
        await door.lead_to(runner)

    answering = asyncio.create_task(answer())
    try:
        yield
    finally:
        answering.cancel()
        await asyncio.wait([answering])
        await runner.cleanup()
