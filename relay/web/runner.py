"""Intake in front of the router, which costs as much as verifying a delivery and knows nothing of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from relay.web.intake import Intake

_Handler = Callable[[Any], Awaitable[web.StreamResponse]]

_DELIVERY = re.compile(r"/hooks/([\w.~-]+)(?:/([\w.~-]+))?(?:\?([^#]*))?", re.ASCII)
"""Paths that mean just what they say; all others, such as encoded ones, are left to the router."""


class Runner(web.AppRunner):
    """Runs an application whose calls below /hooks/ do not pass its router, nor its middlewares."""

    def __init__(self, app: web.Application, intake: Intake, **settings: Any) -> None:
        super().__init__(app, access_log=None, **settings)
        self._intake = intake

    async def setup(self) -> None:
        await super().setup()
        if self.server is not None:
            self.server.request_handler = in_front(self._intake, self.server.request_handler)


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
