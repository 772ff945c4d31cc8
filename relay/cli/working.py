"""The part of a relay that needs its store: loops, console, API, and its place among the nodes."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from functools import cache
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from relay.cli.loops import Loops
from relay.cli.making import make_reader
from relay.cli.post import Post
from relay.cli.processes.node import this_node
from relay.cli.processes.parts import Part
from relay.cli.running import CALLER_HEADER
from relay.clock import AgreedClock, milliseconds
from relay.config.installation import Installation
from relay.core.access import Caller, Role
from relay.core.node import Waiting
from relay.desk.catalogue import OPERATIONS
from relay.desk.desk import Desk
from relay.desk.pacing import Paced
from relay.registry import Registry
from relay.store import Store
from relay.telemetry import Metrics
from relay.web.access import Gate, Refusal
from relay.web.api.app import ROOT as API
from relay.web.api.app import make_api
from relay.web.console.app import make_console
from relay.web.console.navigation import ROOT as CONSOLE
from relay.work.presence import Presence
from relay.work.repairing import Repairing


class Working:
    """Nothing happens before `start`."""

    def __init__(
        self,
        installation: Installation,
        store: Store,
        http: aiohttp.ClientSession,
        clock: AgreedClock,
        metrics: Metrics,
        post: Post,
        spooled: Callable[[], Waiting],
    ) -> None:
        self._installation = installation
        self._store = store
        self._clock = clock
        self._post = post
        reader = make_reader(installation, http, clock, metrics)
        self._repairing = Repairing(store, installation, reader, clock)
        self._loops: Loops | None = None
        if Part.WORK in post.parts:
            self._loops = Loops(store, installation, http, clock, metrics, reader, self._repairing)
        node = this_node(post.name, post.parts, milliseconds(clock))
        self._presence = Presence(store, clock, metrics, node, spooled)

    def wake(self, name: str) -> None:
        """Where the loops are another process's, it sees by itself what was written."""
        if self._loops is not None:
            self._loops.wake(name)

    def applications(self) -> Mapping[str, web.Application]:
        """For people and programs, by the beginning of their paths."""
        if Part.WEB not in self._post.parts:
            return {}
        config, desk = self._installation.config, self._desk()
        gate = Gate(self._store.access, config.public_url, config.server.trusted_proxies)

        async def who(call: web.Request) -> Caller:
            return await self._who(gate, call)

        return {API: make_api(OPERATIONS, desk, who), CONSOLE: make_console(desk, gate)}

    def _desk(self) -> Desk:
        """The relay's own; each call gets one of its caller."""
        return Desk(
            store=self._store,
            config=self._installation.config,
            install=lambda: self._installation,
            registry=cache(lambda: Registry(self._installation.config.connector_folders)),
            repairing=self._repairing,
            caller=Caller("the relay itself", Role.ADMIN),
            now=lambda: milliseconds(self._clock),
            wake=self.wake,
            books=Paced(self._store.ledger),
        )

    async def _who(self, gate: Gate, call: web.Request) -> Caller:
        """Whoever calls the API: a command on this machine, or a program with a token."""
        shown = call.headers.get("authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(shown.encode("utf-8", "replace"), self._post.token.encode()):
            return Caller(unquote(call.headers.get(CALLER_HEADER, ""))[:100] or "somebody", Role.ADMIN)
        visit = gate.visit(call.headers.items(), call.remote, milliseconds(self._clock))
        found = await gate.caller_of(visit)
        if isinstance(found, Refusal):
            raise found.as_problem()
        return found

    async def start(self) -> None:
        """Take up what a former process left."""
        self._presence.start()
        if self._loops is not None:
            await self._loops.start()

    async def stop(self) -> None:
        """Finish what is under way, and give back what cannot be finished in time."""
        if self._loops is not None:
            await self._loops.stop()

    async def leave(self) -> None:
        """Nothing is done any more."""
        await self._presence.leave()
