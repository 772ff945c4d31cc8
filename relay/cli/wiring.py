"""A relay: what takes webhooks in and what works on the store put together, started and stopped in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from typing import Any, Final

import aiohttp
from aiohttp import web

from relay.cli.opening import opened_in_time, opened_once_free
from relay.cli.post import Post
from relay.cli.processes.parts import Part
from relay.cli.running import Running, announced
from relay.cli.taking import Taking
from relay.cli.working import Working
from relay.clock import AgreedClock, Clock, SystemClock
from relay.config.installation import Installation
from relay.core.node import Waiting
from relay.http import outbound_session
from relay.spool.coming import Coming
from relay.store import Store, open_store
from relay.telemetry import Metrics
from relay.web.app import make_app, make_metrics_app
from relay.web.door import Door, handed_over, open_door
from relay.web.health import Health, nobody
from relay.web.runner import Runner
from relay.web.waiting import make_vestibule, make_waiting_room

AT_THE_DOOR_SECONDS = 0.5
IDLE_SECONDS = 75.0
"""After this time a connection without a whole request head is closed; the library's default is an hour."""
_PATIENCE: Final[Mapping[str, Any]] = {"shutdown_timeout": 5.0, "keepalive_timeout": IDLE_SECONDS}


class Relay:
    """One process of a relay. `url` is where it listens, if it does.

    `is_ready` is set once it does its part: where it spools that may be before its store is open.
    """

    def __init__(
        self, installation: Installation, http: aiohttp.ClientSession, clock: Clock, post: Post
    ) -> None:
        self.installation = installation
        self.metrics = Metrics()
        self.url = ""
        self.is_ready = asyncio.Event()
        self._http = http
        self._post = post
        self._store = Coming()
        self._clock = AgreedClock(clock, self._store.ahead)
        self._doors: list[Door] = []
        self._runners: list[web.AppRunner] = []
        self._announcement = ExitStack()
        self._starting: asyncio.Task[None] | None = None
        self._is_leaving = False
        self._working: Working | None = None
        self._taking: Taking | None = None
        if Part.INTAKE in post.parts:
            accepted = self._accepted
            self._taking = Taking(installation, self._store, http, self._clock, self.metrics, accepted)
        stand_in = self._taking.keeping.stands_in if self._taking is not None else nobody
        self.health = Health(self._store.look, stand_in)

    @property
    def store(self) -> Store:
        """Raises `StoreFault` until it is open."""
        return self._store.store

    @property
    def spools(self) -> bool:
        """Whether it takes webhooks in while its store is away."""
        return self._taking is not None and self._taking.keeping.spools

    def _accepted(self) -> None:
        if self._working is not None:
            self._working.wake("translate")

    async def begin(self, starting: Coroutine[Any, Any, None]) -> None:
        """Returns once it is ready, while the start may go on. Raises what ends it."""
        self._starting = asyncio.create_task(starting)
        await self.until(self.is_ready)

    async def until(self, event: asyncio.Event) -> None:
        """Returns once it is set. Raises what ended the start: `StoreFault`, `OSError`."""
        waiting = asyncio.create_task(event.wait())
        try:
            if self._starting is not None:
                await asyncio.wait({waiting, self._starting}, return_when=asyncio.FIRST_COMPLETED)
                if self._starting.done():
                    self._starting.result()
            await waiting
        finally:
            waiting.cancel()

    async def open(self, door: Door | None) -> None:
        """All that can be without the store. Raises `StoreFault`, `OSError`."""
        if door is not None:
            self._doors.append(door)
        if self._taking is not None:
            await self._taking.keeping.open()
        server = self.installation.config.server
        if server.metrics_port is not None and not self._post.is_supervised:
            app = make_metrics_app(self.metrics, self.health.state)
            monitors = await open_door(server.metrics_host, server.metrics_port, "server.metrics_port")
            self._doors.append(monitors)
            await self._lead(monitors, web.AppRunner(app, access_log=None, **_PATIENCE))

    @asynccontextmanager
    async def reception(self, door: Door, needed: asyncio.Event) -> AsyncIterator[None]:
        """Until another answers at the door webhooks are spooled, or whoever comes is told to come again.

        In most starts that is so soon that they had better wait at the door: `needed` tells when it is not.
        """
        runner = self._early_runner()

        async def answer() -> None:
            with suppress(TimeoutError):
                await asyncio.wait_for(needed.wait(), AT_THE_DOOR_SECONDS)
            await door.lead_to(runner)
            if self._taking is not None and self.spools:
                self.url = door.url
                self._taking.keeping.start()
                self.is_ready.set()

        answering = asyncio.create_task(answer())
        self._runners.append(runner)
        try:
            yield
        finally:
            answering.cancel()
            await asyncio.wait([answering])
            self._runners.remove(runner)
            await runner.cleanup()

    def _early_runner(self) -> web.AppRunner:
        if self._taking is None or not self.spools:
            return web.AppRunner(make_waiting_room(self.installation.sources), access_log=None, **_PATIENCE)
        intake, server = self._taking.intake, self.installation.config.server
        app = make_vestibule(intake, server.max_body, self.health.state)
        return Runner(app, intake, farewell=self._post.farewell, **_PATIENCE)

    async def start(self, store: Store, door: Door | None) -> None:
        """Bring in what was spooled, take up what a former process left, then answer at the door."""
        self._store.came(store)
        await self._clock.agree()
        if self._is_leaving:
            return
        spooled = self._taking.keeping.waiting if self._taking is not None else Waiting
        working = Working(
            self.installation, store, self._http, self._clock, self.metrics, self._post, spooled
        )
        self._working = working
        await working.start()
        if self._taking is not None:
            self._taking.keeping.start()
        if door is not None:
            await self._lead(door, self._make_runner(working))
            self.url = door.url
        if Part.WEB in self._post.parts and not self._post.is_supervised:
            there = Running(self.url, self._post.token)
            self._announcement.enter_context(announced(self.installation.config.store.path, there))
        self.is_ready.set()

    def _make_runner(self, working: Working) -> Runner:
        intake = self._taking.intake if self._taking is not None else None
        max_body = self.installation.config.server.max_body
        app = make_app(intake, max_body, working.applications(), self.health.state)
        return Runner(app, intake, farewell=self._post.farewell, **_PATIENCE)

    async def _lead(self, door: Door, runner: web.AppRunner) -> None:
        self._runners.append(runner)
        await door.lead_to(runner)

    def turn_away(self) -> None:
        """Say that it is about to stop, while it still takes what comes."""
        self._is_leaving = True
        self.health.stop()
        for runner in self._runners:
            if isinstance(runner, Runner):
                runner.leave()

    async def stop(self) -> None:
        """Take in no more, finish what is under way, and leave to others what cannot be finished in time."""
        self._announcement.close()
        self.turn_away()
        for door in self._doors:
            door.close()
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        for runner in self._runners:
            await runner.cleanup()
        await asyncio.gather(*(part.stop() for part in (self._taking, self._working) if part is not None))
        if self._working is not None:
            await self._working.leave()


@asynccontextmanager
async def running(
    installation: Installation,
    clock: Clock | None = None,
    stop: asyncio.Event | None = None,
    post: Post | None = None,
) -> AsyncIterator[Relay]:
    """A relay on the store that the configuration names, once it is ready. Raises `StoreFault`, `OSError`.

    It listens from the beginning; `stop` ends the wait for a store that cannot be opened yet. `post`: which
    parts of the relay it is; None: all.
    """
    post, stop = post or Post(), stop or asyncio.Event()
    server = installation.config.server
    async with AsyncExitStack() as of_store, AsyncExitStack() as stack:
        door = post.door
        if door is None and post.listens:
            door = handed_over() or await open_door(server.host, server.port)
        if door is not None:
            stack.callback(door.close)
        http = await stack.enter_async_context(outbound_session(installation.config.egress.allow))
        relay = Relay(installation, http, clock or SystemClock(), post)
        stack.push_async_callback(relay.stop)
        await relay.open(door)
        await relay.begin(_start(relay, of_store, door, post, stop))
        yield relay


async def _start(
    relay: Relay, stack: AsyncExitStack, door: Door | None, post: Post, stop: asyncio.Event
) -> None:
    config, waiting = relay.installation.config, asyncio.Event()

    def opening() -> AbstractAsyncContextManager[Store]:
        return open_store(relay.installation.ledger, exclusive=Part.WORK in post.parts)

    if post.replaces or door is None:
        at_the_door: AbstractAsyncContextManager[None] = nullcontext()
    else:
        at_the_door = relay.reception(door, waiting)
    async with at_the_door:
        if post.replaces:
            post.prepared()
            # Whoever leaves has so long for the calls under way, and a little to write down how they ended.
            patience = 2 * config.server.shutdown_grace.total_seconds() + 10
            store = await opened_once_free(stack, opening, patience, stop)
        else:
            # Whoever is at work already is stopped like one whose store is open.
            given_up = asyncio.Event() if relay.spools else stop
            patience = config.store.patience
            store = await opened_in_time(stack, opening, patience, stop=given_up, waiting=waiting)
        await relay.start(store, door)
