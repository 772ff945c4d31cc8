"""The API as an aiohttp application: who calls, what is called, and never a traceback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import structlog
from aiohttp import web

from relay.core.access import Caller
from relay.desk.desk import Desk
from relay.desk.operation import Operation
from relay.desk.problems import Invalid, NotFound, Problem, Unauthorized, Unavailable
from relay.store.base import StoreFault
from relay.telemetry import place_of
from relay.web.api.calls import LARGEST, answer, parameters, refusal
from relay.web.api.openapi import describe
from relay.web.api.reference import page, stylesheet

log = structlog.get_logger()

ROOT = "/api/v1"

Authenticate = Callable[[web.Request], Awaitable[Caller]]
"""Who calls; raises `Problem` where nobody can tell."""


def make_api(
    operations: Iterable[Operation[..., Any]], desk: Desk, authenticate: Authenticate
) -> web.Application:
    """An application to be mounted at `ROOT`. Each call gets a desk like this one, of its caller."""
    known = tuple(operations)
    app = web.Application(middlewares=[_tell_problems])
    for operation in known:
        app.router.add_route(operation.method, operation.path, _handler(operation, desk, authenticate))
    for path, methods in _without_places(known).items():
        app.router.add_route("*", path, _takes_only(methods))
    document = cache(lambda: describe(known, ROOT))

    async def openapi(_call: web.Request) -> web.Response:
        return web.json_response(document())

    async def reference(_call: web.Request) -> web.Response:
        return page(document())

    async def style(_call: web.Request) -> web.Response:
        return stylesheet()

    app.router.add_get("/openapi.json", openapi)
    app.router.add_get("/", reference)
    app.router.add_get("/reference.css", style)
    return app


def _handler(
    operation: Operation[..., Any], desk: Desk, authenticate: Authenticate
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(call: web.Request) -> web.StreamResponse:
        caller = await authenticate(call)
        given = await parameters(operation, call)
        return answer(operation, await operation(replace(desk, caller=caller), **given))

    return handle


def _without_places(operations: Iterable[Operation[..., Any]]) -> dict[str, set[str]]:
    """Paths without a part that varies, and the methods that each takes.

    Without a route for all others `GET /letters/retry` would ask for the letter `retry`.
    """
    found: dict[str, set[str]] = {}
    for operation in operations:
        if not operation.place:
            found.setdefault(operation.path, set()).add(operation.method)
    return found


def _takes_only(methods: set[str]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(call: web.Request) -> web.StreamResponse:
        raise web.HTTPMethodNotAllowed(call.method, methods)

    return handle


@web.middleware
async def _tell_problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Exception as error:  # noqa: BLE001  # a traceback helps nobody who calls, and may hold people
        return refusal(*_problem_of(error, request.path))


def _problem_of(error: Exception, path: str) -> tuple[Problem, Mapping[str, str]]:
    """What to say, and headers that go with it."""
    headers: Mapping[str, str] = {}
    problem: Problem
    match error:
        case Problem():
            problem = error
            headers = {"www-authenticate": "Bearer"} if isinstance(error, Unauthorized) else {}
        case web.HTTPNotFound():
            problem = NotFound(f"there is nothing at {path}", f"{ROOT}/ tells what there is")
        case web.HTTPMethodNotAllowed():
            headers = {"allow": ", ".join(sorted(error.allowed_methods))}
            problem = NotAllowed(f"{path} takes {headers['allow']}")
        case web.HTTPRequestEntityTooLarge():
            problem = TooLarge(f"a body has at most {LARGEST} bytes")
        case web.RequestPayloadError():
            problem = Invalid("the body did not arrive whole")
        case StoreFault():
            log.error("the ledger cannot be used", fault=str(error))
            problem = Unavailable("the ledger cannot be used now", "see the log of the relay")
        case _:
            log.error("an operation failed", path=path, error=place_of(error))
            problem = Problem("the relay met a fault of its own", "its log names the place")
    return problem, headers


class NotAllowed(Problem):
    status = 405
    title = "No such method"


class TooLarge(Problem):
    status = 413
    title = "Too large"
