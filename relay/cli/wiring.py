"""A relay at work: store, loops, clients and web put together, started and stopped in order."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from relay.cli.keeping import Keeping, make_keeping
from relay.cli.loops import Loops
from relay.cli.making import make_reader
from relay.cli.opening import opened_in_time, opened_once_free
from relay.cli.processes.node import this_node
from relay.cli.processes.parts import ALL, FRONT, Part
from relay.cli.running import CALLER_HEADER, Running, announced, new_token
from relay.clock import AgreedClock, Clock, SystemClock, milliseconds
from relay.config.installation import ActiveSource, Installation
from relay.core.access import Caller, Role
from relay.desk.catalogue import OPERATIONS
from relay.desk.desk import Desk
from relay.desk.pacing import Paced
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
from relay.web.health import Health, nobody
from relay.web.intake import Intake
from relay.web.runner import Runner
from relay.web.waiting import make_waiting_room
from relay.work.presence import Presence
from relay.work.repairing import Repairing

AT_THE_DOOR_SECONDS = 0.5
IDLE_SECONDS = 75.0
"""After this time a connection without a whole request head is closed; the library's default is an hour."""
_PATIENCE: Final[Mapping[str, Any]] = {"shutdown_timeout": 5.0, "keepalive_timeout": IDLE_SECONDS}


def _nothing() -> None:
    """Nobody waits to hear of it."""


@dataclass(frozen=True, slots=True)
class Post:
    """What one process of a relay is there for, and what it shares with others where a supervisor started it.

    `name`: which of a relay's processes it is; "": the only one with its role.
    Who `is_supervised` listens at the `door` it was given, and leaves announcements and metrics to the
    supervisor, who gave all the same `token`. `replaces`: somebody else still answers at that door and
    works on the ledger; `prepared` is called once only that is in the way. `farewell`: see `Runner`.
    """

    parts: frozenset[Part] = ALL
    name: str = ""
    is_supervised: bool = False
    door: Door | None = None
    token: str = field(default_factory=new_token, repr=False)
    replaces: bool = False
    prepared: Callable[[], None] = _nothing
    farewell: float = 0.0

    @property
    def listens(self) -> bool:
        return bool(self.parts & FRONT)


class Relay:
    """Everything of one relay on an open store; `url` is where it listens once it is started, if it does."""

    def __init__(
        self,
        installation: Installation,
        store: Store,
        http: aiohttp.ClientSession,
        clock: AgreedClock,
        post: Post,
    ) -> None:
        config = installation.config
        self.installation = installation
        self.store = store
        self.metrics = Metrics()
        self.url = ""
        self._post = post
        self._clock = clock
        self._doors: list[Door] = []
        self._runners: list[web.AppRunner] = []
        reader = make_reader(installation, http, clock, self.metrics)
        self._repairing = Repairing(store, installation, reader, clock)
        self._loops: Loops | None = None
        if Part.WORK in post.parts:
            self._loops = Loops(store, installation, http, clock, self.metrics, reader, self._repairing)
        self._intake: Intake | None = None
        self._keeping: Keeping | None = None
        if Part.INTAKE in post.parts:
            self._keeping = make_keeping(
                installation, store, clock, self.metrics, accepted=lambda: self._wake("translate")
            )
            self._intake = self._make_intake(http, self._keeping)
        self._books = Paced(store.ledger)
        stand_in = self._keeping.stands_in if self._keeping is not None else nobody
        # Nothing has a lease that ended in 1970: it is a turn of the writer that changes nothing.
        self.health = Health(lambda: store.rescue_requests(0), stand_in)
        self._gate = Gate(store.access, config.public_url, config.server.trusted_proxies)
        node = this_node(post.name, post.parts, milliseconds(clock))
        self._presence = Presence(store, clock, self.metrics, node)

    def _make_intake(self, http: aiohttp.ClientSession, keeping: Keeping) -> Intake:
        config = self.installation.config
        return Intake(
            self.installation.sources,
            self.store,
            keeping.keep,
            self._clock,
            self.metrics,
            keep_unverified=config.quarantine.keep,
            accepted=lambda: self._wake("translate"),
            vendor_key=VendorKeys(http, self._clock, config.lookups.origins).get,
        )

    def _wake(self, name: str) -> None:
        """Where the loops are another process's, it sees by itself what was written."""
        if self._loops is not None:
            self._loops.wake(name)

    def _desk(self) -> Desk:
        """The relay's own; each call gets one of its caller."""
        return Desk(
            store=self.store,
            config=self.installation.config,
            install=lambda: self.installation,
            registry=cache(lambda: Registry(self.installation.config.connector_folders)),
            repairing=self._repairing,
            caller=Caller("the relay itself", Role.ADMIN),
            now=lambda: milliseconds(self._clock),
            wake=self._wake,
            books=self._books,
        )

    async def _who(self, call: web.Request) -> Caller:
        """Whoever calls the API: a command on this machine, or a program with a token."""
        shown = call.headers.get("authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(shown.encode("utf-8", "replace"), self._post.token.encode()):
            return Caller(unquote(call.headers.get(CALLER_HEADER, ""))[:100] or "somebody", Role.ADMIN)
        visit = self._gate.visit(call.headers.items(), call.remote, milliseconds(self._clock))
        found = await self._gate.caller_of(visit)
        if isinstance(found, Refusal):
            raise found.as_problem()
        return found

    @contextmanager
    def announced(self) -> Iterator[None]:
        """Lets commands on this machine find the relay, where it is one that they can ask."""
        if Part.WEB in self._post.parts and not self._post.is_supervised:
            with announced(self.installation.config.store.path, Running(self.url, self._post.token)):
                yield
        else:
            yield

    async def start(self, door: Door | None) -> None:
        """Take up what a former process left, then answer at the door."""
        self._presence.start()
        if self._loops is not None:
            await self._loops.start()
        if self._keeping is not None:
            await self._keeping.start()
        if door is not None:
            self.url = door.url
            await self._lead(door, self._make_runner())
        port = self.installation.config.server.metrics_port
        if port is not None and not self._post.is_supervised:
            app = make_metrics_app(self.metrics, self.health.state)
            metrics = web.AppRunner(app, access_log=None, **_PATIENCE)
            await self._lead(await open_door("127.0.0.1", port, "server.metrics_port"), metrics)

    def _make_runner(self) -> Runner:
        beside = {}
        if Part.WEB in self._post.parts:
            desk = self._desk()
            beside = {API: make_api(OPERATIONS, desk, self._who), CONSOLE: make_console(desk, self._gate)}
        server = self.installation.config.server
        app = make_app(self._intake, server.max_body, beside, self.health.state)
        return Runner(app, self._intake, farewell=self._post.farewell, **_PATIENCE)

    async def _lead(self, door: Door, runner: web.AppRunner) -> None:
        self._runners.append(runner)
        self._doors.append(door)
        await door.lead_to(runner)

    def turn_away(self) -> None:
        """Say that it is about to stop, while it still takes what comes."""
        self.health.stop()
        for runner in self._runners:
            if isinstance(runner, Runner):
                runner.leave()

    async def stop(self) -> None:
        """Take in no more, finish what is under way, and give back what cannot be finished in time."""
        self.turn_away()
        for door in self._doors:
            door.close()
        for runner in self._runners:
            await runner.cleanup()
        if self._intake is not None:
            await self._intake.settle_down()
        if self._keeping is not None:
            await self._keeping.stop()
        if self._loops is not None:
            await self._loops.stop()
        await self._presence.leave()


@asynccontextmanager
async def running(
    installation: Installation,
    clock: Clock | None = None,
    stop: asyncio.Event | None = None,
    post: Post | None = None,
) -> AsyncIterator[Relay]:
    """A started relay on the store that the configuration names. Raises `StoreFault`, `OSError`.

    It listens from the beginning; `stop` ends the wait for a store that cannot be opened yet. `post`: which
    parts of the relay it is; None: all.
    """
    post, stop = post or Post(), stop or asyncio.Event()
    server = installation.config.server
    async with AsyncExitStack() as stack:
        door = post.door
        if door is None and post.listens:
            door = handed_over() or await open_door(server.host, server.port)
        if door is not None:
            stack.callback(door.close)
        http = await stack.enter_async_context(outbound_session(installation.config.egress.allow))
        is_first = door is not None and not post.replaces
        waiting = asyncio.Event()
        async with waiting_room(door, installation.sources, waiting) if door and is_first else nullcontext():
            store = await _opened(stack, installation, post, stop, waiting)
            agreed = AgreedClock(clock or SystemClock(), store.ahead)
            await agreed.agree()
            relay = Relay(installation, store, http, agreed, post)
            stack.push_async_callback(relay.stop)
            await relay.start(door)
        stack.enter_context(relay.announced())
        yield relay


async def _opened(
    stack: AsyncExitStack,
    installation: Installation,
    post: Post,
    stop: asyncio.Event,
    waiting: asyncio.Event,
) -> Store:
    config = installation.config

    def opening() -> AbstractAsyncContextManager[Store]:
        return open_store(installation.ledger, exclusive=Part.WORK in post.parts)

    if not post.replaces:
        patience = config.store.patience.total_seconds()
        return await opened_in_time(stack, opening, patience, stop=stop, waiting=waiting)
    post.prepared()
    # Whoever leaves has the same time for the calls under way, and a little to write down how they ended.
    return await opened_once_free(stack, opening, 2 * config.server.shutdown_grace.total_seconds() + 10, stop)


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
