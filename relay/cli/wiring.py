"""A relay at work: store, loops, clients and web put together, started and stopped in order."""

from __future__ import annotations

import asyncio
import hmac
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from socket import socket
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from relay.cli.listening import PATIENCE, Listening
from relay.cli.loops import Loops
from relay.cli.processes.parts import ALL, Part
from relay.cli.running import CALLER_HEADER, Running, announced, new_token
from relay.clock import Clock, SystemClock, milliseconds
from relay.config.installation import Installation
from relay.core.access import Caller, Role
from relay.desk.catalogue import OPERATIONS
from relay.desk.desk import Desk
from relay.http import outbound_session
from relay.providers import Providers
from relay.registry import Registry
from relay.store import Store, open_store
from relay.store.base import InUse
from relay.telemetry import Metrics
from relay.vendor_keys import VendorKeys
from relay.web.access import Gate, Refusal
from relay.web.api.app import ROOT as API
from relay.web.api.app import make_api
from relay.web.app import make_app, make_metrics_app
from relay.web.console.app import make_console
from relay.web.console.navigation import ROOT as CONSOLE
from relay.web.intake import Intake
from relay.web.runner import Runner
from relay.work.jobs import Jobs
from relay.work.reading import Reader
from relay.work.repairing import Repairing

_LOOK_SECONDS = 0.05


def _nothing() -> None:
    """Nobody waits to hear of it."""


@dataclass(frozen=True, slots=True)
class Post:
    """What one process of a relay is there for, and what a supervisor gave it, if it has one.

    A process with a supervisor listens on `sockets`; it shows its metrics to the supervisor, who announces
    all of them under one `token`. `patience`: seconds to wait for the one who works on the ledger to leave;
    `prepared` is called before that. `drain`: seconds in which those who keep a connection are told that
    it ends.
    """

    parts: frozenset[Part] = ALL
    sockets: Sequence[socket] | None = None
    token: str = field(default_factory=new_token, repr=False)
    patience: float = 0.0
    drain: float = 0.0
    prepared: Callable[[], None] = _nothing

    @property
    def is_alone(self) -> bool:
        return self.sockets is None


class Relay:
    """Everything of one relay on an open store; `url` is where it listens once it is started, if it does."""

    def __init__(
        self,
        installation: Installation,
        store: Store,
        http: aiohttp.ClientSession,
        clock: Clock,
        post: Post,
    ) -> None:
        config = installation.config
        self.installation = installation
        self.store = store
        self.metrics = Metrics()
        self.url = ""
        self._post = post
        self._clock = clock
        self._listening = Listening()
        reader = make_reader(installation, http, clock, self.metrics)
        self._repairing = Repairing(store, installation, reader, clock)
        self._loops: Loops | None = None
        if Part.WORK in post.parts:
            self._loops = Loops(store, installation, http, clock, self.metrics, reader, self._repairing)
        self._intake = self._make_intake(http) if Part.INTAKE in post.parts else None
        self._gate = Gate(store.access, config.public_url, config.server.trusted_proxies)

    def _make_intake(self, http: aiohttp.ClientSession) -> Intake:
        config = self.installation.config
        return Intake(
            self.installation.sources,
            self.store,
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
        if Part.WEB in self._post.parts and self._post.is_alone:
            with announced(self.installation.config.store.path, Running(self.url, self._post.token)):
                yield
        else:
            yield

    async def start(self) -> None:
        """Take up what a former process left, then listen."""
        if self._loops is not None:
            await self._loops.start()
        if self._post.parts & {Part.INTAKE, Part.WEB}:
            self.url = await self._listen()
        port = self.installation.config.server.metrics_port
        if port is not None and self._post.is_alone:
            metrics = web.AppRunner(make_metrics_app(self.metrics), access_log=None, **PATIENCE)
            await self._listening.at(metrics, "127.0.0.1", port, "server.metrics_port")

    async def _listen(self) -> str:
        server, beside = self.installation.config.server, {}
        if Part.WEB in self._post.parts:
            desk = self._desk()
            beside = {API: make_api(OPERATIONS, desk, self._who), CONSOLE: make_console(desk, self._gate)}
        app = make_app(self._intake, server.max_body, beside)
        runner = Runner(app, self._intake, drain=self._post.drain, **PATIENCE)
        if self._post.sockets:
            return await self._listening.on(runner, self._post.sockets)
        return await self._listening.at(runner, server.host, server.port, "server.port")

    async def stop(self) -> None:
        """Take in no more, finish what is under way, and give back what cannot be finished in time."""
        await self._listening.close()
        if self._intake is not None:
            await self._intake.settle_down()
        if self._loops is not None:
            await self._loops.stop()


def make_reader(
    installation: Installation, http: aiohttp.ClientSession, clock: Clock, metrics: Metrics
) -> Reader:
    """Reads stored requests, with look-ups at the providers."""
    lookups = installation.config.lookups
    providers = Providers(
        http,
        clock,
        parallel=lookups.parallel,
        timeout=lookups.timeout.total_seconds(),
        remember=lookups.cache.total_seconds(),
        origins=lookups.origins,
    )
    return Reader(installation.sources, providers.answer, metrics)


def make_repairing(
    installation: Installation, store: Store, http: aiohttp.ClientSession, clock: Clock
) -> Repairing:
    """For a command where no relay runs."""
    return Repairing(store, installation, make_reader(installation, http, clock, Metrics()), clock)


def make_jobs(installation: Installation, store: Store, http: aiohttp.ClientSession, clock: Clock) -> Jobs:
    """For a command where no relay runs."""
    repairing = make_repairing(installation, store, http, clock)
    return Jobs(store, installation, repairing, clock, spread=random.random, released=lambda: None)


async def _open(stack: AsyncExitStack, installation: Installation, post: Post) -> Store:
    """The ledger; whoever works on it may still be leaving. Raises `StoreFault`."""
    deadline = time.monotonic() + post.patience
    while True:
        opening = open_store(installation.config.store.path, exclusive=Part.WORK in post.parts)
        try:
            return await stack.enter_async_context(opening)
        except InUse:
            if time.monotonic() >= deadline:
                raise
        await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def running(
    installation: Installation, clock: Clock | None = None, post: Post | None = None
) -> AsyncIterator[Relay]:
    """A started relay on the store that the configuration names. Raises `StoreFault`, `OSError`.

    `post`: which parts of it this process is; None: all.
    """
    post = post or Post()
    async with AsyncExitStack() as stack:
        post.prepared()
        store = await _open(stack, installation, post)
        http = await stack.enter_async_context(outbound_session(installation.config.egress.allow))
        relay = Relay(installation, store, http, clock or SystemClock(), post)
        try:
            await relay.start()
            with relay.announced():
                yield relay
        finally:
            await relay.stop()
