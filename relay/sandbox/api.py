"""From a call to its answer: the whole public API without a socket."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from relay.sandbox import contacts, faults, rates, sequences
from relay.sandbox.answers import Answer, Refusal, not_found, refuse
from relay.sandbox.auth import Visit, check_access, check_scope, identify, signed_in
from relay.sandbox.execute import execute, execute_internal
from relay.sandbox.journal import Call, Entry, entry_of

if TYPE_CHECKING:
    from relay.sandbox.records import ApiKey
    from relay.sandbox.state import Sandbox

Handler = Callable[[Visit, str], Answer]


class Route(NamedTuple):
    """A method and a path of the API, the scope it needs, and what it does."""

    method: str
    path: re.Pattern[str]
    scope: str
    handler: Handler


def _route(method: str, path: str, scope: str, handler: Handler) -> Route:
    pattern = "/api/v1" + path.replace(":id", "(?P<id>[^/]+)")
    return Route(method, re.compile(pattern), scope, handler)


ROUTES = (
    _route("POST", "/sequences/:id/execute", "sequences:execute", execute),
    _route("GET", "/sequences", "sequences:read", sequences.list_sequences),
    _route("GET", "/sequences/:id", "sequences:read", sequences.get_sequence),
    _route("GET", "/contacts", "contacts:read", contacts.list_contacts),
    _route("GET", "/contacts/:id", "contacts:read", contacts.get_contact),
    _route("POST", "/contacts", "contacts:write", contacts.create_contact),
    _route("PATCH", "/contacts/:id", "contacts:write", contacts.update_contact),
    _route("DELETE", "/contacts/:id", "contacts:write", contacts.delete_contact),
)


def respond(sandbox: Sandbox, call: Call) -> Answer:
    """What the API answers to a call under `/api/v1`; the journal keeps both."""
    return _journaled(sandbox, call, _respond_v1)


def respond_internal(sandbox: Sandbox, call: Call, sequence_id: str) -> Answer:
    """What the app's own execute endpoint answers."""

    def internal(sandbox: Sandbox, call: Call, _: Entry) -> Answer:
        organization = signed_in(call, sandbox.world)
        visit = Visit(call, organization, sandbox.world, sandbox.switches)
        return execute_internal(visit, sequence_id)

    return _journaled(sandbox, call, internal)


def _journaled(sandbox: Sandbox, call: Call, work: Callable[[Sandbox, Call, Entry], Answer]) -> Answer:
    world = sandbox.world
    entry = entry_of(call)
    made = world.sendings_made
    try:
        answer = work(sandbox, call, entry)
    except Refusal as refusal:
        answer = refusal.answer
    entry.status = answer.status
    entry.sendings = world.sendings_made - made
    world.journal.add(entry)
    if sandbox.watch is not None:
        sandbox.watch(entry)
    return answer


def _respond_v1(sandbox: Sandbox, call: Call, entry: Entry) -> Answer:
    outage = sandbox.faults.outage_at(call.now)
    if outage is not None:
        entry.fault = "outage"
        return outage
    entry.fault = sandbox.faults.take(call)
    refused = faults.at_the_door(entry.fault, call, sandbox.world, sandbox.switches)
    answer = refused or _admitted(sandbox, call, entry)
    return _delayed(faults.after(entry.fault, answer, sandbox.switches), sandbox)


def _delayed(answer: Answer, sandbox: Sandbox) -> Answer:
    latency = sandbox.switches.latency_seconds
    return replace(answer, delay=answer.delay + latency) if latency else answer


def _admitted(sandbox: Sandbox, call: Call, entry: Entry) -> Answer:
    """Authenticate, meter, then do the work; every answer carries the rate headers."""
    world, switches, now = sandbox.world, sandbox.switches, call.now
    try:
        key = identify(call, world, switches)
    except Refusal as refusal:
        # A key that nobody owns spends nobody's budget, but even this answer has the headers.
        nobody = rates.budget_for("", switches)
        return rates.stamp(refusal.answer, rates.Meter(), nobody, switches, now)
    meter = world.meter(key.organization_id)
    budget = rates.budget_for(key.organization_id, switches)
    answer = rates.admit(meter, budget, switches, now)
    if answer is None:
        answer = faults.inside(entry.fault, budget.per_minute, switches, now)
        answer = answer or _worked(sandbox, call, entry, key)
        rates.settle(meter, answer, switches)
    return rates.stamp(answer, meter, budget, switches, now)


def _worked(sandbox: Sandbox, call: Call, entry: Entry, key: ApiKey) -> Answer:
    """The answer of the endpoint, or the refusal that stopped it."""
    organization = sandbox.world.organizations[key.organization_id]
    try:
        check_access(organization, sandbox.switches)
        route, thing = _find(call)
        check_scope(key, route.scope)
        visit = Visit(call, organization, sandbox.world, sandbox.switches)
        return _once(visit, entry, lambda: route.handler(visit, thing))
    except Refusal as refusal:
        return refusal.answer


def _find(call: Call) -> tuple[Route, str]:
    matches = [(route, match) for route in ROUTES if (match := route.path.fullmatch(call.path))]
    for route, match in matches:
        if route.method == call.method:
            return route, match.groupdict().get("id", "")
    if matches:
        raise refuse(405, "METHOD_NOT_ALLOWED", f"{call.method} is not supported here")
    raise not_found("Resource")


def _once(visit: Visit, entry: Entry, work: Callable[[], Answer]) -> Answer:
    """The stored answer of an idempotency key already used, or the work's own."""
    repeats, own = visit.world.repeats, visit.organization.id
    stored = repeats.find(own, visit.call, visit.switches)
    if stored is not None:
        entry.repeated = True
        return stored
    answer = work()
    repeats.keep(own, visit.call, visit.switches, answer)
    return answer
