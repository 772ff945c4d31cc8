"""The control surface under `/sandbox`: proof of what happened, and the hand on every switch.

It asks nobody for a password: a sandbox is for one's own machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, TypeVar

import orjson
from aiohttp import web
from pydantic import ValidationError

from relay.sandbox import control_forms, editing, reports
from relay.sandbox.answers import error
from relay.sandbox.app_keys import RUNNER, SANDBOX
from relay.sandbox.auth import SESSION_COOKIE
from relay.sandbox.state import Sandbox
from relay.sandbox.switches import faults_of

FormT = TypeVar("FormT", bound=control_forms.Form)

DEFAULT_LIMIT = 100
MOST = 10_000


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(value, default=list), status=status, content_type="application/json"
    )


def _bad(message: str, status: int = 400) -> web.HTTPException:
    """The refusal of a faulty control call, in the API's envelope."""
    text = error(status, "SANDBOX_CONTROL", message).body.decode()
    kind = web.HTTPNotFound if status == 404 else web.HTTPBadRequest
    return kind(text=text, content_type="application/json")


async def _object(request: web.Request) -> dict[str, Any]:
    body = await request.read()
    # Calls without a body are common with curl; they mean "nothing special".
    try:
        value = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as fault:
        raise _bad(f"The body is not JSON: {fault}") from None
    if not isinstance(value, dict):
        raise _bad("The body must be a JSON object")
    return value


async def _form(request: web.Request, model: type[FormT]) -> FormT:
    try:
        return model.model_validate(await _object(request))
    except ValidationError as fault:
        raise _bad("; ".join(faults_of(fault))) from None


def _number(request: web.Request, name: str, default: int | None) -> int | None:
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise _bad(f"{name}: a whole number is required")
    return int(text)


def _window(request: web.Request) -> tuple[int | None, int]:
    limit = _number(request, "limit", DEFAULT_LIMIT) or DEFAULT_LIMIT
    return _number(request, "before", None), min(limit, MOST)


# --- reading ---


async def get_counts(request: web.Request) -> web.Response:
    """`GET /sandbox`."""
    return _json(reports.counts(request.app[SANDBOX]))


async def get_world(request: web.Request) -> web.Response:
    """`GET /sandbox/world`."""
    return _json(reports.furniture(request.app[SANDBOX].world))


async def get_doubles(request: web.Request) -> web.Response:
    """`GET /sandbox/doubles`."""
    return _json(reports.doubles(request.app[SANDBOX].world))


async def get_sendings(request: web.Request) -> web.Response:
    """`GET /sandbox/sendings?contact=&sequence=&before=&limit=`; `contact`: id or address."""
    world = request.app[SANDBOX].world
    before, limit = _window(request)
    wanted = reports.chosen(world, request.query.get("contact"), request.query.get("sequence"))
    found = reports.newest(filter(wanted, reversed(world.sendings)), before, limit)
    data = [reports.sending(world, one) for one in found]
    return _json({"total": world.sendings_made, "data": data})


async def get_requests(request: web.Request) -> web.Response:
    """`GET /sandbox/requests?before=&limit=`."""
    journal = request.app[SANDBOX].world.journal
    before, limit = _window(request)
    found = reports.newest(reversed(journal), before, limit)
    return _json({"total": journal.total, "data": [reports.request(entry) for entry in found]})


async def get_switches(request: web.Request) -> web.Response:
    """`GET /sandbox/switches`."""
    return _json(request.app[SANDBOX].switches.model_dump(mode="json"))


# --- steering ---


async def patch_switches(request: web.Request) -> web.Response:
    """`PATCH /sandbox/switches`: some switches, by name."""
    sandbox = request.app[SANDBOX]
    changes = await _object(request)
    try:
        sandbox.switches = sandbox.switches.changed(changes)
    except ValueError as fault:
        raise _bad(str(fault)) from None
    return await get_switches(request)


async def post_faults(request: web.Request) -> web.Response:
    """`POST /sandbox/faults`: `{"name", "count", "on"}`."""
    form = await _form(request, control_forms.FaultForm)
    faults = request.app[SANDBOX].faults
    try:
        faults.plan(form.name, form.count, form.on)
    except ValueError as fault:
        raise _bad(str(fault)) from None
    return _json([asdict(planned) for planned in faults.planned], 201)


async def delete_faults(request: web.Request) -> web.Response:
    """`DELETE /sandbox/faults`: none is left, and an outage ends."""
    request.app[SANDBOX].faults.clear()
    return await get_counts(request)


async def post_outage(request: web.Request) -> web.Response:
    """`POST /sandbox/outage`: `{"seconds", "kind"}`."""
    form = await _form(request, control_forms.OutageForm)
    sandbox = request.app[SANDBOX]
    sandbox.faults.begin_outage(form.kind, sandbox.clock() + form.seconds)
    return await get_counts(request)


async def post_reset(request: web.Request) -> web.Response:
    """`POST /sandbox/reset`."""
    request.app[SANDBOX].reset()
    return await get_counts(request)


async def post_settle(request: web.Request) -> web.Response:
    """`POST /sandbox/settle`: answers when every due step has run and every callback has ended."""
    await request.app[RUNNER].settled()
    return await get_counts(request)


async def post_session(request: web.Request) -> web.Response:
    """`POST /sandbox/sessions`: signs in to the app; the answer sets the cookie."""
    form = await _form(request, control_forms.SessionForm)
    try:
        token = editing.sign_in(request.app[SANDBOX].world, form.organization_id)
    except LookupError as fault:
        raise _bad(str(fault.args[0]), 404) from None
    response = _json({"cookie": f"{SESSION_COOKIE}={token}"}, 201)
    response.set_cookie(SESSION_COOKIE, token, httponly=True, samesite="Lax")
    return response


# --- furnishing ---

Change = Callable[[Sandbox, str, Any], dict[str, Any]]


def _handler(model: type[control_forms.Form], change: Change, status: int) -> Callable[[web.Request], Any]:
    """The handler of a form: check it, change the world, show the thing changed."""

    async def handle(request: web.Request) -> web.Response:
        form = await _form(request, model)
        try:
            shown = change(request.app[SANDBOX], request.match_info.get("id", ""), form)
        except LookupError as fault:
            raise _bad(str(fault.args[0]), 404) from None
        return _json(shown, status)

    return handle


def _furnishing() -> Iterable[web.RouteDef]:
    for path, (model, add) in editing.ADD.items():
        yield web.post(f"/sandbox/{path}", _handler(model, add, 201))
    for path, (model, change) in editing.CHANGE.items():
        yield web.patch(f"/sandbox/{path}/{{id}}", _handler(model, change, 200))


ROUTES = (
    web.get("/sandbox", get_counts),
    web.get("/sandbox/world", get_world),
    web.get("/sandbox/sendings", get_sendings),
    web.get("/sandbox/doubles", get_doubles),
    web.get("/sandbox/requests", get_requests),
    web.get("/sandbox/switches", get_switches),
    web.patch("/sandbox/switches", patch_switches),
    web.post("/sandbox/faults", post_faults),
    web.delete("/sandbox/faults", delete_faults),
    web.post("/sandbox/outage", post_outage),
    web.post("/sandbox/reset", post_reset),
    web.post("/sandbox/settle", post_settle),
    web.post("/sandbox/sessions", post_session),
    *_furnishing(),
)
