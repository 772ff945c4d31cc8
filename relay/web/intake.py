"""Intake: verify, store durably, and only then answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import orjson
import structlog
from aiohttp import web

from relay.clock import Clock
from relay.config.installation import ActiveSource
from relay.core.errors import Unverified
from relay.core.request import Reply, Request, fold_headers, public_url
from relay.store.base import Incoming, Quarantined, Store, StoreFault
from relay.telemetry import Metrics

log = structlog.get_logger()

RETRY_AFTER_SECONDS = 10
_QUARANTINING = 100
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class _Door:
    """What intake prepares once for each source."""

    active: ActiveSource
    withheld: frozenset[str]


class Intake:
    """Handles every call below /hooks/."""

    def __init__(
        self,
        sources: Mapping[str, ActiveSource],
        store: Store,
        clock: Clock,
        metrics: Metrics,
        *,
        keep_unverified: int,
        accepted: Callable[[], None],
    ) -> None:
        self._doors = {
            name: _Door(active, _CREDENTIALS | active.connector.verify.secret_headers)
            for name, active in sources.items()
        }
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._keep_unverified = keep_unverified
        self._accepted = accepted
        self._quarantining: set[asyncio.Task[None]] = set()

    async def receive(self, call: web.Request) -> web.Response:
        """Answer one call. Anything but a 2xx means that nothing was taken on."""
        door = self._doors.get(call.match_info["source"])
        if door is None:
            self._count("unknown", 404)
            return problem(404, "there is no source of this name")
        try:
            body = await call.read()
        except web.HTTPRequestEntityTooLarge:
            self._count(door.active.name, 413)
            return problem(413, "the request body is larger than this relay takes")
        token = call.match_info.get("token")
        query = f"?{call.rel_url.raw_query_string}" if call.rel_url.raw_query_string else ""
        request = Request(
            method=call.method,
            url=public_url(door.active.registered_url, query),
            headers=fold_headers(call.headers.items()),
            body=body,
            token=token,
        )
        reply = await self._take(door, request, query)
        self._count(door.active.name, reply.status)
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)

    def _count(self, source: str, status: int) -> None:
        self._metrics.requests.labels(source, str(status)).inc()

    async def _take(self, door: _Door, request: Request, query: str) -> Reply:
        connector, source = door.active.connector, door.active.source
        reply = connector.handshake(request, source)
        if reply is not None:
            log.info("handshake answered", source=source.name, method=request.method)
            return reply
        if request.method not in connector.methods:
            return _reply(405, "this source takes " + ", ".join(sorted(connector.methods)), connector.methods)
        try:
            connector.verify(request, source, self._clock.now())
        except Unverified as error:
            return self._refuse(source.name, request, query, str(error))
        incoming = Incoming(
            source=source.name,
            received_at=int(self._clock.now() * 1000),
            method=request.method,
            query=without_token(query),
            headers=orjson.dumps({k: v for k, v in request.headers.items() if k not in door.withheld}),
            body=request.body,
        )
        try:
            await self._store.add_request(incoming)
        except StoreFault as fault:
            log.error("cannot store a request", source=source.name, fault=str(fault))  # noqa: TRY400  # the message is for an operator
            return Reply(
                connector.busy_status,
                _problem_body(connector.busy_status, "the relay cannot store requests now"),
                {"retry-after": str(RETRY_AFTER_SECONDS), "content-type": "application/problem+json"},
            )
        self._accepted()
        return connector.reply(request)

    def _refuse(self, source: str, request: Request, query: str, reason: str) -> Reply:
        log.info("request not verified", source=source, reason=reason)
        if self._keep_unverified and len(self._quarantining) < _QUARANTINING:
            kept = Quarantined(
                source=source,
                received_at=int(self._clock.now() * 1000),
                method=request.method,
                query=query,
                token=request.token,
                headers=orjson.dumps(dict(request.headers)),
                body=request.body,
                reason=reason,
            )
            task = asyncio.create_task(self._quarantine(kept))
            self._quarantining.add(task)
            task.add_done_callback(self._quarantining.discard)
        return _reply(401, "not verified: " + reason)

    async def _quarantine(self, request: Quarantined) -> None:
        try:
            await self._store.add_quarantined(request, self._keep_unverified)
        except StoreFault as fault:
            log.warning("cannot quarantine a request", source=request.source, fault=str(fault))

    async def settle_down(self) -> None:
        while self._quarantining:
            await asyncio.wait(list(self._quarantining))


def without_token(query: str) -> str:
    """The query without a `token` parameter, which is a credential."""
    if "token=" not in query:
        return query
    pairs = parse_qsl(query[1:], keep_blank_values=True)
    kept = urlencode([(name, value) for name, value in pairs if name != "token"])
    return f"?{kept}" if kept else ""


def _problem_body(status: int, detail: str) -> bytes:
    return orjson.dumps({"status": status, "detail": detail})


def _reply(status: int, detail: str, allow: frozenset[str] = frozenset()) -> Reply:
    headers = {"content-type": "application/problem+json"}
    if allow:
        headers["allow"] = ", ".join(sorted(allow))
    return Reply(status, _problem_body(status, detail), headers)


def problem(status: int, detail: str) -> web.Response:
    """An error as `application/problem+json` (RFC 9457)."""
    return web.Response(
        status=status, body=_problem_body(status, detail), content_type="application/problem+json"
    )
