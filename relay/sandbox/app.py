"""The sandbox as an aiohttp application: sockets on one side, `respond` on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from relay.sandbox import control, landing
from relay.sandbox.answers import Answer, error
from relay.sandbox.api import respond, respond_internal
from relay.sandbox.app_keys import RUNNER, SANDBOX
from relay.sandbox.journal import Call
from relay.sandbox.runner import Runner
from relay.sandbox.times import http_date

if TYPE_CHECKING:
    from relay.sandbox.state import Sandbox

MOST_BYTES = 4 * 1024 * 1024


def make_sandbox(sandbox: Sandbox) -> web.Application:
    """The application of one sandbox; its background job lives as long as the application."""
    app = web.Application(client_max_size=MOST_BYTES)
    app[SANDBOX] = sandbox
    app[RUNNER] = Runner(sandbox)
    app.cleanup_ctx.append(_background)
    app.router.add_route("*", "/api/v1/{tail:.*}", _v1)
    app.router.add_post("/api/sequences/{id}/execute", _internal)
    app.router.add_get("/", landing.page)
    app.router.add_routes(control.ROUTES)
    return app


async def _background(app: web.Application) -> AsyncIterator[None]:
    job = asyncio.create_task(app[RUNNER].run())
    yield
    job.cancel()
    with suppress(asyncio.CancelledError):
        await job


async def _v1(request: web.Request) -> web.StreamResponse:
    sandbox = request.app[SANDBOX]
    return await _answered(request, lambda call: respond(sandbox, call))


async def _internal(request: web.Request) -> web.StreamResponse:
    sandbox = request.app[SANDBOX]
    sequence_id = request.match_info["id"]
    return await _answered(request, lambda call: respond_internal(sandbox, call, sequence_id))


async def _answered(request: web.Request, work: Callable[[Call], Answer]) -> web.StreamResponse:
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return await _send(request, error(413, "PAYLOAD_TOO_LARGE", "Request body is too large"))
    sandbox = request.app[SANDBOX]
    answer = work(
        Call(
            sandbox.next_call(),
            sandbox.clock(),
            request.method,
            request.path,
            request.headers,
            body,
            request.query,
        )
    )
    request.app[RUNNER].wake()
    return await _send(request, answer)


async def _send(request: web.Request, answer: Answer) -> web.StreamResponse:
    headers = {"Date": http_date(request.app[SANDBOX].clock()), **answer.headers}
    if answer.delay:
        await asyncio.sleep(answer.delay)
    if answer.hang_up == "within":
        return await _send_half(request, replace(answer, headers=headers))
    if answer.hang_up == "before":
        _hang_up(request)
    return web.Response(
        status=answer.status or 500,
        body=answer.body,
        headers=headers,
        content_type=answer.content_type,
    )


async def _send_half(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Promise the whole body, deliver half of it, hang up."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_type = answer.content_type
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    _hang_up(request)
    return response


def _hang_up(request: web.Request) -> None:
    # Whatever the handler returns afterwards meets a closed transport and is dropped.
    if request.transport is not None:
        request.transport.close()
