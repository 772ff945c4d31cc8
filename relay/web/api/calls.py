"""One call of the API: from HTTP to an operation's parameters, and from its answer or problem to HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from relay.desk.operation import Operation
from relay.desk.problems import Invalid, Problem, TooMany

PROBLEM = "application/problem+json"
LARGEST = 1024**2
"""The longest body, in bytes."""


async def parameters(operation: Operation[..., Any], call: web.Request) -> dict[str, Any]:
    """What the call says, as the operation takes it. Raises `Invalid` with everything that is wrong."""
    faults: list[dict[str, str]] = []
    given: dict[str, Any] = {}
    for name, kind in operation.place.items():
        _take(given, faults, name, kind, call.match_info[name])
    if operation.query is not None:
        _take(given, faults, "query", operation.query, _query(operation.query, call))
    elif call.query:
        faults += ({"where": f"query.{name}", "message": "is not known here"} for name in call.query)
    if operation.body is not None:
        _take(given, faults, "body", operation.body, await _json(call))
    if faults:
        raise Invalid("the request is not as it should be", "see errors", faults)
    return given


def _take(given: dict[str, Any], faults: list[dict[str, str]], name: str, kind: Any, value: object) -> None:
    try:
        given[name] = _adapter(kind).validate_python(value)
    except ValidationError as error:
        faults += told(name, error)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def told(name: str, error: ValidationError) -> list[dict[str, str]]:
    """What pydantic found, without the values, which may be people's."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        {
            "where": ".".join(map(str, (name, *one["loc"]))),
            "message": one["msg"].removeprefix("Value error, "),
        }
        for one in found
    ]


def _query(model: Any, call: web.Request) -> dict[str, str | list[str]]:
    """Names that stand for lists may be repeated; others must not."""
    lists = {name for name, field in model.model_fields.items() if is_list(field.annotation)}
    found: dict[str, str | list[str]] = {}
    for name in call.query:
        values = call.query.getall(name)
        found[name] = values if name in lists or len(values) > 1 else values[0]
    return found


def is_list(annotation: object) -> bool:
    return getattr(annotation, "__origin__", None) is tuple


async def _json(call: web.Request) -> object:
    """The body; none at all is an empty object."""
    # The limit of an application that is mounted in another one is not looked at.
    raw = await call.clone(client_max_size=LARGEST).read()
    if not raw:
        return {}
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Invalid("the body is not JSON", "send a JSON object in UTF-8") from None


def answer(operation: Operation[..., Any], result: object) -> web.Response:
    if operation.answer is type(None):
        return web.Response(status=204)
    body = _adapter(operation.answer).dump_json(result)
    return web.Response(body=body, content_type="application/json", headers={"cache-control": "no-store"})


def refusal(problem: Problem, headers: Mapping[str, str] | None = None) -> web.Response:
    """`application/problem+json` (RFC 9457)."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "hint": problem.hint,
        "errors": list[Mapping[str, str]](problem.errors),
    }
    extra = dict(headers or {})
    if isinstance(problem, TooMany):
        extra["retry-after"] = str(problem.retry_after)
    return web.Response(status=problem.status, body=orjson.dumps(body), content_type=PROBLEM, headers=extra)


def methods_of(operations: Sequence[Operation[..., Any]]) -> str:
    return ", ".join(sorted({one.method for one in operations}))
