"""What supervisors and load balancers ask: is the process alive, and shall it be sent anything?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog
from aiohttp import web

from relay.store.base import StoreFault
from relay.web.answers import as_response, busy

log = structlog.get_logger()

NOT_LONGER = 2.0
"""Seconds that a store may take to answer."""

FRESH = 1.0
"""Seconds for which one look serves all that ask: anybody may."""


class State(NamedTuple):
    """Whether anything should be sent here now, and why not, or what else there is to say, for anybody."""

    is_ready: bool
    detail: str = ""


READY = State(is_ready=True)
Readiness = Callable[[], Awaitable[State]]


def add_health(app: web.Application, readiness: Readiness) -> None:
    """`/livez`, and `/healthz` as its older name; `/readyz`."""

    async def ready(_call: web.Request) -> web.Response:
        state = await readiness()
        if not state.is_ready:
            return as_response(busy(503, state.detail))
        return web.json_response({"status": "ok"} | ({"detail": state.detail} if state.detail else {}))

    app.router.add_get("/livez", _alive)
    app.router.add_get("/healthz", _alive)
    app.router.add_get("/readyz", ready)


async def _alive(_call: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def always_ready() -> State:
    """Of a server that has nothing to wait for."""
    return READY


def nobody() -> bool:
    """Nothing stands in for the store."""
    return False


class Health:
    """Whether a relay should be sent anything. `look` tries the store and raises `StoreFault`.

    `stand_in`: whether requests are taken all the same while the store is away.
    """

    def __init__(self, look: Callable[[], Awaitable[object]], stand_in: Callable[[], bool] = nobody) -> None:
        self._look = look
        self._stand_in = stand_in
        self._looking: asyncio.Task[str] | None = None
        self._looked_at = float("-inf")
        self._stopping = False
        self._fault = ""

    def stop(self) -> None:
        """The relay is about to go: whoever can send elsewhere should."""
        self._stopping = True

    async def state(self) -> State:
        """Never longer than the store may take."""
        if self._stopping:
            return State(is_ready=False, detail="the relay is stopping")
        fault = await self._fault_of_store()
        if not fault:
            return READY
        if self._stand_in():
            return State(is_ready=True, detail=f"{fault}: requests are spooled")
        return State(is_ready=False, detail=fault)

    async def _fault_of_store(self) -> str:
        now = asyncio.get_running_loop().time()
        looking = self._looking
        if looking is None or (looking.done() and now - self._looked_at >= FRESH):
            looking = self._looking = asyncio.create_task(self._tried())
            self._looked_at = now
        try:
            async with asyncio.timeout(NOT_LONGER):
                return await asyncio.shield(looking)
        except TimeoutError:
            return "the store does not answer"

    async def _tried(self) -> str:
        before, self._fault = self._fault, ""
        try:
            await self._look()
        except StoreFault as fault:
            self._fault = str(fault)
        if self._fault != before:
            if self._fault:
                log.warning("the store cannot be used", fault=self._fault)
            else:
                log.info("the store can be used again")
        return "the store cannot be used" if self._fault else ""
