"""Intake: verify, store durably, and only then answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Mapping, Set
from functools import cache
from itertools import chain
from urllib.parse import unquote_plus

import orjson
import structlog
from aiohttp import web

from relay.clock import Clock, milliseconds
from relay.config.installation import ActiveSource
from relay.core.errors import Unverified
from relay.core.key_by_url import KeyByUrl
from relay.core.request import Reply, Request, fold_headers, public_url
from relay.core.source import Source
from relay.store.base import Incoming, Quarantined, Store, StoreFault
from relay.telemetry import Metrics, place_of

log = structlog.get_logger()

RETRY_AFTER_SECONDS = 10
BODY_SECONDS = 30.0
"""Nobody needs longer for a body of the largest size; who sends byte by byte holds a connection."""

_QUARANTINING = 100
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie"})


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
        vendor_key: Callable[[str], Awaitable[str | None]],
    ) -> None:
        self._sources = sources
        self._store = store
        self._clock = clock
        # Finding a counter by its labels costs more than counting.
        self._answers = cache(lambda source, status: metrics.requests.labels(source, str(status)))
        self._keep_unverified = keep_unverified
        self._accepted = accepted
        self._vendor_key = vendor_key
        self._quarantining: set[asyncio.Task[None]] = set()

    async def receive(self, call: web.Request) -> web.Response:
        """Answer one call. Anything but a 2xx means that nothing was taken on."""
        active = self._sources.get(call.match_info["source"])
        if active is None:
            self._count("unknown", 404)
            return problem(404, "there is no source of this name")
        try:
            body = await _body_of(call)
        except TimeoutError:
            self._count(active.name, 408)
            return problem(408, "the request body did not arrive in time")
        except web.HTTPRequestEntityTooLarge:
            self._count(active.name, 413)
            return problem(413, "the request body is larger than this relay takes")
        except (web.RequestPayloadError, ConnectionError):
            self._count(active.name, 400)
            return problem(400, "the request body did not arrive whole, or not in the encoding it names")
        token = call.match_info.get("token")
        query = f"?{call.rel_url.raw_query_string}" if call.rel_url.raw_query_string else ""
        request = Request(
            method=call.method,
            url=public_url(active.registered_url, query),
            headers=fold_headers(call.headers.items()),
            body=body,
            token=token,
            received_at=self._clock.now(),
        )
        try:
            reply = await self._take(active, request, query)
        except Exception as error:  # noqa: BLE001  # a connector is anybody's code, and its bug not the sender's fault
            log.error("intake failed", source=active.name, error=place_of(error))  # noqa: TRY400  # see place_of
            reply = _busy(active.connector.busy_status, "the relay failed to take the request")
        self._count(active.name, reply.status)
        return web.Response(status=reply.status, body=reply.body or None, headers=reply.headers)

    def _count(self, source: str, status: int) -> None:
        self._answers(source, status).inc()

    async def _take(self, active: ActiveSource, request: Request, query: str) -> Reply:
        connector, source = active.connector, active.source
        reply = connector.handshake(request, source)
        if reply is not None:
            self._shake(source.name, request, query, reply)
            return reply
        if request.method not in connector.methods:
            return _reply(405, "this source takes " + ", ".join(sorted(connector.methods)), connector.methods)
        verify, keys = connector.verify, list[str | None]()
        try:
            if isinstance(verify, KeyByUrl) and (urls := verify.key_urls(request, source)):
                keys = await asyncio.gather(*map(self._vendor_key, urls))
                source = verify.with_keys(source, *filter(None, keys))
            verify(request, source, self._clock.now())
        except Unverified as error:
            if None in keys:
                return _busy(connector.busy_status, "the relay cannot fetch the key of the signature now")
            return self._refuse(source.name, request, query, str(error))
        try:
            await self._store.add_request(storable(active, request, query, milliseconds(self._clock)))
        except StoreFault as fault:
            log.error("cannot store a request", source=source.name, fault=str(fault))  # noqa: TRY400  # the message is for an operator
            return _busy(connector.busy_status, "the relay cannot store requests now")
        self._accepted()
        return connector.reply(request)

    def _shake(self, source: str, request: Request, query: str, reply: Reply) -> None:
        log.info("handshake answered", source=source, method=request.method)
        if reply.tell:
            log.warning(
                "handshake needs a person", source=source, what=reply.tell, see="relay quarantine list"
            )
            self._keep(source, request, query, reply.tell)

    def _refuse(self, source: str, request: Request, query: str, reason: str) -> Reply:
        log.info("request not verified", source=source, reason=reason)
        self._keep(source, request, query, reason)
        return _reply(401, "not verified")

    def _keep(self, source: str, request: Request, query: str, reason: str) -> None:
        if not self._keep_unverified or len(self._quarantining) >= _QUARANTINING:
            return
        kept = Quarantined(
            source=source,
            received_at=milliseconds(self._clock),
            method=request.method,
            query=query,
            token=request.token,
            headers=_as_json(request.headers),
            body=request.body,
            reason=reason,
        )
        task = asyncio.create_task(self._quarantine(kept))
        self._quarantining.add(task)
        task.add_done_callback(self._quarantining.discard)

    async def _quarantine(self, request: Quarantined) -> None:
        try:
            await self._store.add_quarantined(request, self._keep_unverified)
        except StoreFault as fault:
            log.warning("cannot quarantine a request", source=request.source, fault=str(fault))

    async def settle_down(self) -> None:
        while self._quarantining:
            await asyncio.wait(list(self._quarantining))


async def _body_of(call: web.Request) -> bytes:
    """The body, within time. Nearly all come with their head, and a timer costs more than reading them."""
    if call.content.is_eof():
        return await call.read()
    async with asyncio.timeout(BODY_SECONDS):
        return await call.read()


def storable(active: ActiveSource, request: Request, query: str, received_at: int) -> Incoming:
    """A verified request as it is kept: without the credentials that it showed."""
    headers = dict(request.headers)
    for name in _CREDENTIALS | active.connector.verify.secret_headers:
        headers.pop(name, None)
    return Incoming(
        source=active.name,
        received_at=received_at,
        method=request.method,
        query=without_credentials(query, active.source),
        headers=_as_json(headers),
        body=request.body,
    )


def without_credentials(query: str, source: Source) -> str:
    """The query without a `token` and without whatever else shows a secret; the rest just as it came."""
    if not query:
        return query
    secrets = frozenset(chain(*source.secrets.values()))
    kept = [part for part in query[1:].split("&") if not _shows_credential(part, secrets)]
    return "?" + "&".join(kept) if any(kept) else ""


def _shows_credential(part: str, secrets: Container[str]) -> bool:
    name, _, value = part.partition("=")
    return unquote_plus(name) == "token" or unquote_plus(value) in secrets


def _as_json(headers: Mapping[str, str]) -> bytes:
    """Headers as JSON, which holds text alone: bytes that are not UTF-8 become question marks."""
    return orjson.dumps({name: value.encode("utf-8", "replace").decode() for name, value in headers.items()})


def _problem_body(status: int, detail: str) -> bytes:
    return orjson.dumps({"status": status, "detail": detail})


def _reply(status: int, detail: str, allow: Set[str] = frozenset()) -> Reply:
    headers = {"content-type": "application/problem+json"}
    if allow:
        headers["allow"] = ", ".join(sorted(allow))
    return Reply(status, _problem_body(status, detail), headers)


def _busy(status: int, detail: str) -> Reply:
    """Our own fault: the sender shall come again."""
    headers = {"retry-after": str(RETRY_AFTER_SECONDS), "content-type": "application/problem+json"}
    return Reply(status, _problem_body(status, detail), headers)


def problem(status: int, detail: str) -> web.Response:
    """An error as `application/problem+json` (RFC 9457)."""
    return web.Response(
        status=status, body=_problem_body(status, detail), content_type="application/problem+json"
    )
