"""Intake: verify, store durably, and only then answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Protocol

import structlog
from aiohttp import web

from relay.clock import Clock, milliseconds
from relay.config.installation import ActiveSource
from relay.core.errors import Unverified
from relay.core.key_by_url import KeyByUrl
from relay.core.request import Reply, Request, fold_headers, public_url
from relay.keeping import as_json, storable
from relay.store.base import Incoming, Quarantined, StoreFault
from relay.telemetry import Metrics, place_of
from relay.web.answers import busy, problem, response
from relay.web.bodies import NoBody, arriving, at_hand

log = structlog.get_logger()

_NO_KEYS: Sequence[str | None] = ()
_QUARANTINING = 100


class Keep(Protocol):
    """Returns once the request is durable: its number in the store, or None if it comes in there later.

    Raises `StoreFault`: it is kept nowhere, and its sender must come again.
    """

    def __call__(self, request: Incoming, /) -> Awaitable[int | None]: ...


class Quarantine(Protocol):
    """A store, as far as those are concerned who cannot be verified. Raises `StoreFault`."""

    def add_quarantined(self, request: Quarantined, keep: int, /) -> Awaitable[None]: ...


class Intake:
    """Handles every call below /hooks/. Verified requests go to `keep`, others to the store's quarantine."""

    def __init__(
        self,
        sources: Mapping[str, ActiveSource],
        store: Quarantine,
        keep: Keep,
        clock: Clock,
        metrics: Metrics,
        *,
        keep_unverified: int,
        accepted: Callable[[], None],
        vendor_key: Callable[[str], Awaitable[str | None]],
    ) -> None:
        self._sources = sources
        self._store = store
        self._keep_durably = keep
        self._clock = clock
        # Finding a counter by its labels costs more than counting.
        self._answers = cache(lambda source, status: metrics.requests.labels(source, str(status)))
        self._keep_unverified = keep_unverified
        self._accepted = accepted
        self._vendor_key = vendor_key
        self._quarantining: set[asyncio.Task[bool]] = set()

    async def receive(
        self, call: web.BaseRequest, source: str, token: str | None, query: str | None
    ) -> web.StreamResponse:
        """Answer one call. Anything but a 2xx means that nothing was taken on. `query`: as it came."""
        active = self._sources.get(source)
        if active is None:
            return self._answered(call, "unknown", problem(404, "there is no source of this name"))
        try:
            body = at_hand(call)
            if body is None:
                body = await arriving(call)
            query = f"?{query}" if query else ""
            url = public_url(active.registered_url, query)
            now = self._clock.now()
            request = Request(call.method, url, fold_headers(call.headers.items()), body, token, now)
            reply = await self._take(active, request, query, now)
        except NoBody as error:
            reply = problem(error.status, str(error))
        except Exception as error:  # noqa: BLE001  # a connector is anybody's code, and its bug not the sender's fault
            log.error("intake failed", source=source, error=place_of(error))  # noqa: TRY400  # see place_of
            reply = busy(active.connector.busy_status, "the relay failed to take the request")
        return self._answered(call, source, reply)

    def _answered(self, call: web.BaseRequest, source: str, reply: Reply) -> web.StreamResponse:
        self._answers(source, reply.status).inc()
        return response(call, reply, self._clock.now())

    async def _take(self, active: ActiveSource, request: Request, query: str, now: float) -> Reply:
        connector, source = active.connector, active.source
        reply = connector.handshake(request, source)
        if reply is not None:
            return await self._shaken(active, request, query, reply)
        if request.method not in connector.methods:
            taken = ", ".join(sorted(connector.methods))
            return problem(405, f"this source takes {taken}", {"allow": taken})
        verify, keys = connector.verify, _NO_KEYS
        try:
            if isinstance(verify, KeyByUrl) and (urls := verify.key_urls(request, source)):
                keys = await asyncio.gather(*map(self._vendor_key, urls))
                source = verify.with_keys(source, *filter(None, keys))
            verify(request, source, now)
        except Unverified as error:
            if None in keys:
                return busy(connector.busy_status, "the relay cannot fetch the key of the signature now")
            return self._refuse(source.name, request, query, str(error))
        try:
            number = await self._keep_durably(storable(active, request, query, int(now * 1000)))
        except StoreFault as fault:
            log.error("cannot store a request", source=source.name, fault=str(fault))  # noqa: TRY400  # the message is for an operator
            return busy(connector.busy_status, "the relay cannot store requests now")
        if number is not None:
            self._accepted()
        return connector.reply(request)

    async def _shaken(self, active: ActiveSource, request: Request, query: str, reply: Reply) -> Reply:
        if reply.tell:
            # What a person has to read is there before its sender takes it as received.
            kept = self._quarantined(active.name, request, query, reply.tell)
            if self._keep_unverified and not await self._quarantine(kept):
                return busy(active.connector.busy_status, "the relay cannot store requests now")
            log.warning(
                "handshake needs a person", source=active.name, what=reply.tell, see="relay quarantine list"
            )
        log.info("handshake answered", source=active.name, method=request.method)
        return reply

    def _refuse(self, source: str, request: Request, query: str, reason: str) -> Reply:
        log.info("request not verified", source=source, reason=reason)
        self._keep(source, request, query, reason)
        return problem(401, "not verified")

    def _keep(self, source: str, request: Request, query: str, reason: str) -> None:
        if not self._keep_unverified or len(self._quarantining) >= _QUARANTINING:
            return
        task = asyncio.create_task(self._quarantine(self._quarantined(source, request, query, reason)))
        self._quarantining.add(task)
        task.add_done_callback(self._quarantining.discard)

    def _quarantined(self, source: str, request: Request, query: str, reason: str) -> Quarantined:
        return Quarantined(
            source=source,
            received_at=milliseconds(self._clock),
            method=request.method,
            query=query,
            token=request.token,
            headers=as_json(request.headers),
            body=request.body,
            reason=reason,
        )

    async def _quarantine(self, request: Quarantined) -> bool:
        """Whether it is kept."""
        try:
            await self._store.add_quarantined(request, self._keep_unverified)
        except StoreFault as fault:
            log.warning("cannot quarantine a request", source=request.source, fault=str(fault))
            return False
        return True

    async def settle_down(self) -> None:
        while self._quarantining:
            await asyncio.wait(list(self._quarantining))
