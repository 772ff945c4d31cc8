"""Reading the body of an execute call: which contacts, for which location and employee.

Source: https://demeterrr.mintlify.app/api-reference/sequences/execute
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from relay.sandbox.answers import invalid, refuse

if TYPE_CHECKING:
    from relay.sandbox.auth import Visit
    from relay.sandbox.journal import Call
    from relay.sandbox.switches import Switches

MOST_CONTACTS = 100
LONGEST_EMAIL = 254

# Simpler than RFC 5322 on purpose: the documents say no more than "valid".
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_STORED = ("firstName", "lastName", "phone")
_LISTED = frozenset({"email", *_STORED})
_MEMBERS = frozenset({"contacts", "locationId", "employeeId"})


@dataclass(frozen=True, slots=True)
class Order:
    """A readable execute call; `malformed` holds the places of contacts to be skipped."""

    contacts: list[dict[str, Any]]
    malformed: frozenset[int]
    location_id: str | None
    employee_id: str | None


def read_object(call: Call, switches: Switches) -> dict[str, Any]:
    """The body as a JSON object; Refusal 400 in the envelope otherwise."""
    labelled = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if switches.content_type_checked and labelled != "application/json":
        raise invalid("Content-Type must be application/json")
    try:
        value = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        raise invalid("Request body is not valid JSON") from None
    if not isinstance(value, dict):
        raise invalid("Request body must be a JSON object")
    return value


def read_order(visit: Visit) -> Order:
    """The order of a v1 execute call; Refusal 400 names everything that is wrong with it."""
    switches = visit.switches
    body = read_object(visit.call, switches)
    contacts = _bounded(body, "contacts", MOST_CONTACTS)
    issues = list(_issues(contacts, switches))
    if switches.unknown_members == "refuse":
        issues += [f"{name}: unrecognized" for name in body if name not in _MEMBERS]
    malformed = frozenset(
        place
        for place, contact in enumerate(contacts)
        if isinstance(contact, dict) and not is_email(contact.get("email"), switches)
    )
    if switches.malformed_email == "refuse":
        issues += [f"contacts.{place}.email: invalid email" for place in sorted(malformed)]
    location_id, employee_id = read_places(body, visit)
    if issues:
        raise invalid("Invalid request data", *issues)
    return Order(contacts, malformed, location_id, employee_id)


def _bounded(body: Mapping[str, Any], name: str, most: int) -> list[Any]:
    items = body.get(name)
    if not isinstance(items, list) or not 1 <= len(items) <= most:
        raise invalid("Invalid request data", f"{name}: an array of 1 to {most} is required")
    return items


def read_contact_ids(body: Mapping[str, Any], most: int) -> list[str]:
    """`contactIds` of the internal endpoint."""
    return [str(item) for item in _bounded(body, "contactIds", most)]


def _issues(contacts: list[Any], switches: Switches) -> Iterator[str]:
    for place, contact in enumerate(contacts):
        if not isinstance(contact, dict):
            yield f"contacts.{place}: an object is required"
            continue
        for fault in _contact_issues(contact, switches):
            yield f"contacts.{place}.{fault}"


def _contact_issues(contact: dict[str, Any], switches: Switches) -> Iterator[str]:
    email = contact.get("email")
    if not isinstance(email, str):
        yield "email: required"
    elif switches.poison and email.strip().casefold() in switches.poison:
        yield "email: refused"
    for name in _STORED:
        # Any filled text stands for a field that was not sent: neither is a fault.
        value = contact.get(name, "x")
        if value is not None and not isinstance(value, str):
            yield f"{name}: a string is required"
        elif not value and switches.empty_fields == "refuse":
            yield f"{name}: must not be empty"
    if switches.first_name_required and not contact.get("firstName"):
        yield "firstName: required"
    if switches.unknown_members == "refuse" and not contact.keys() <= _LISTED:
        yield from (f"{name}: unrecognized" for name in contact if name not in _LISTED)


def is_email(value: object, switches: Switches) -> bool:
    """Whether an address would do; outer spaces only where matching folds them away."""
    if not isinstance(value, str):
        return False
    text = value.strip() if switches.email_match == "fold" else value
    return len(text) <= LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None


def read_places(body: Mapping[str, Any], visit: Visit) -> tuple[str | None, str | None]:
    """`locationId` and `employeeId`, each a UUID of the caller's organization or None."""
    location_id = _uuid(body, "locationId")
    employee_id = _uuid(body, "employeeId")
    world, own = visit.world, visit.organization.id
    location = world.locations.get(location_id or "")
    if location_id and (location is None or location.organization_id != own):
        _unknown_place("Location", visit.switches)
    employee = world.employees.get(employee_id or "")
    if employee_id and (employee is None or employee.organization_id != own):
        _unknown_place("Employee", visit.switches)
    if employee and not employee.active and visit.switches.inactive_employee == "refuse":
        raise invalid("Employee is not active", "employeeId: not active")
    return location_id, employee_id


def _uuid(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or _UUID.fullmatch(value) is None:
        raise invalid("Invalid request data", f"{name}: a UUID is required")
    return value.lower()


def _unknown_place(what: str, switches: Switches) -> None:
    if switches.unknown_place == "refuse":
        status = switches.unknown_place_status
        code = "NOT_FOUND" if status == 404 else "VALIDATION_ERROR"
        raise refuse(status, code, f"{what} not found")
