"""Intake in front of the router, which costs as much as verifying a delivery and knows nothing of it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from relay.web.answers import EmptyOk
from relay.web.intake import Intake

_Handler = Callable[[Any], Awaitable[web.StreamResponse]]

_LOOK_SECONDS = 0.02

_DELIVERY = re.compile(r"/hooks/([\w.~-]+)(?:/([\w.~-]+))?(?:\?([^#]*))?", re.ASCII)
"""Paths that mean just what they say; all others, such as encoded ones, are left to the router."""


class Runner(web.AppRunner):
    """Runs an application whose calls below /hooks/ do not pass its router, nor its middlewares.

    At its end, who keeps a connection has `farewell` seconds in which the next answer says that it was the
    last one. Whoever were cut off instead might be sending just then, and would have to send again.
    """

    def __init__(
        self, app: web.Application, intake: Intake | None, *, farewell: float = 0.0, **settings: Any
    ) -> None:
        super().__init__(app, access_log=None, **settings)
        self._intake = intake
        self._farewell = farewell
        self._is_leaving = False

    async def setup(self) -> None:
        await super().setup()
        if self.server is None:
            return
        if self._intake is not None:
            self.server.request_handler = in_front(self._intake, self.server.request_handler)
        self.server.request_handler = self._parting(self.server.request_handler)

    def _parting(self, handler: _Handler) -> _Handler:
        """Connections keep the handler that they began with, so this is in front of it from the beginning."""

        def receive(call: web.BaseRequest) -> Awaitable[web.StreamResponse]:
            return goodbye(handler, call) if self._is_leaving else handler(call)

        return receive

    def leave(self) -> None:
        """From now on each answer says that its connection ends, while others are still taken."""
        self._is_leaving = True

    async def cleanup(self) -> None:
        self.leave()
        if self.server is not None and self._farewell:
            for site in list(self.sites):
                await site.stop()
            await self._emptied(self.server)
        await super().cleanup()

    async def _emptied(self, server: web.Server) -> None:
        """Until nobody is connected any more, or for as long as is allowed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._farewell):
                while server.connections:  # noqa: ASYNC110  # the library sets no event
                    await asyncio.sleep(_LOOK_SECONDS)


async def goodbye(handler: _Handler, call: web.BaseRequest) -> web.StreamResponse:
    """The answer, which says that its connection ends."""
    answer = await handler(call)
    if isinstance(answer, EmptyOk):  # whose bytes say nothing of connections
        answer = web.Response()
    answer.force_close()
    return answer


def in_front(intake: Intake, router: _Handler) -> _Handler:
    """Takes deliveries to the intake, and everything else to the router, which knows /hooks/ as well."""

    def receive(call: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        delivery = _DELIVERY.fullmatch(call.raw_path)
        # The application answers those who ask before they send.
        if delivery is None or "Expect" in call.headers:
            return router(call)
        source, token, query = delivery.groups()
        return intake.receive(call, source, token, query)

    return receive
