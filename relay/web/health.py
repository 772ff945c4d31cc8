"""What supervisors and load balancers ask: is the process alive, and shall it be sent anything?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from relay.store.base import StoreFault
from relay.web.answers import as_response, busy

log = structlog.get_logger()

NOT_LONGER = 2.0
"""Seconds that a store may take to answer."""

FRESH = 1.0
"""Seconds for which one look serves all that ask: anybody may."""

Readiness = Callable[[], Awaitable[str | None]]
"""Why nothing should be sent here now, in words for anybody; None: it may."""


def add_health(app: web.Application, readiness: Readiness) -> None:
    """`/livez`, and `/healthz` as its older name; `/readyz`."""

    async def ready(_call: web.Request) -> web.Response:
        reason = await readiness()
        if reason is None:
            return web.json_response({"status": "ok"})
        return as_response(busy(503, reason))

    app.router.add_get("/livez", _alive)
    app.router.add_get("/healthz", _alive)
    app.router.add_get("/readyz", ready)


async def _alive(_call: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def always_ready() -> None:
    """Of a server that has nothing to wait for."""


class Health:
    """Whether a relay should be sent anything. `look` tries the store and raises `StoreFault`."""

    def __init__(self, look: Callable[[], Awaitable[object]]) -> None:
        self._look = look
        self._looking: asyncio.Task[str | None] | None = None
        self._looked_at = float("-inf")
        self._stopping = False
        self._fault = ""

    def stop(self) -> None:
        """The relay is about to go: whoever can send elsewhere should."""
        self._stopping = True

    async def reason(self) -> str | None:
        """See `Readiness`. Never longer than the store may take."""
        if self._stopping:
            return "the relay is stopping"
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

    async def _tried(self) -> str | None:
        before, self._fault = self._fault, ""
        try:
            await self._look()
        except StoreFault as fault:
            self._fault = str(fault)
        if self._fault != before:
            log.warning("not ready", fault=self._fault) if self._fault else log.info("ready again")
        return "the store cannot be used" if self._fault else None
