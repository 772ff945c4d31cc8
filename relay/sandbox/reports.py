"""What the control surface tells of a sandbox, newest first where there is an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from relay.sandbox.times import iso

if TYPE_CHECKING:
    from relay.sandbox.journal import Entry
    from relay.sandbox.records import ApiKey, Sending
    from relay.sandbox.state import Sandbox
    from relay.sandbox.world import World

MOST_DOUBLES = 1_000


class Numbered(Protocol):
    """Something with a running number."""

    number: int


Thing = TypeVar("Thing", bound=Numbered)


def newest(things: Iterable[Thing], before: int | None, limit: int) -> Iterator[Thing]:
    """At most `limit` of them, which come newest first, from below the number `before`."""
    return islice((each for each in things if before is None or each.number < before), limit)


def chosen(world: World, contact: str | None, sequence_id: str | None) -> Callable[[Sending], bool]:
    """Whether a sending is of this contact (id or address) and of this sequence, where named."""
    ids = _ids(world, contact) if contact else None

    def wanted(one: Sending) -> bool:
        mine = ids is None or one.contact_id in ids
        return mine and sequence_id in (None, one.sequence_id)

    return wanted


def _ids(world: World, contact: str) -> set[str]:
    folded = contact.casefold()
    return {one.id for one in world.contacts.values() if folded in (one.id, one.email.casefold())}


def counts(sandbox: Sandbox) -> dict[str, Any]:
    """The state in numbers."""
    world, faults = sandbox.world, sandbox.faults
    return {
        "requests": world.journal.total,
        "contacts": len(world.contacts),
        "sendings": world.sendings_made,
        "enrolled": len(world.enrolled),
        "doubles": sum(1 for _ in world.doubles()),
        "steps_waiting": len(world.agenda),
        "faults": [asdict(planned) for planned in faults.planned],
        "outage": faults.outage if faults.outage_at(sandbox.clock()) else None,
    }


def doubles(world: World) -> dict[str, Any]:
    """Every pair of contact and sequence enrolled more than once; at most 1,000 are listed."""
    found = list(world.doubles())
    return {
        "sendings": world.sendings_made,
        "enrolled": len(world.enrolled),
        "total": len(found),
        "doubles": [
            {"contact_id": contact, "email": _email(world, contact), "sequence_id": to, "times": n}
            for contact, to, n in found[:MOST_DOUBLES]
        ],
    }


def sending(world: World, one: Sending) -> dict[str, Any]:
    """One enrollment: who, called for and drawn, for whom, when, by which request."""
    return {
        "number": one.number,
        "id": world.sending_id(one),
        "contact_id": one.contact_id,
        "email": _email(world, one.contact_id),
        "sequence_id": one.sequence_id,
        "variant": "A" if one.runs_id == one.sequence_id else "B",
        "runs_id": one.runs_id,
        "location_id": one.location_id,
        "employee_id": one.employee_id,
        "at": iso(one.at),
        "request": one.request,
        "steps_done": one.steps_done,
        "steps_skipped": one.steps_skipped,
    }


def _email(world: World, contact_id: str) -> str | None:
    contact = world.contacts.get(contact_id)
    return contact.email if contact else None


def request(entry: Entry) -> dict[str, Any]:
    """One API request as the journal keeps it."""
    body = entry.body.decode("utf-8", "replace")
    return {**asdict(entry), "at": iso(entry.at), "body": body}


def key(one: ApiKey) -> dict[str, Any]:
    """One key, whole: the keys of a sandbox are no secrets."""
    return {**asdict(one), "scopes": sorted(one.scopes)}


def furniture(world: World) -> dict[str, Any]:
    """What there is to call and to name: ids for a relay's configuration."""
    return {
        "organizations": [asdict(one) for one in world.organizations.values()],
        "keys": [key(one) for one in world.keys.values()],
        "sequences": [asdict(one) for one in world.sequences.values()],
        "locations": [asdict(one) for one in world.locations.values()],
        "employees": [asdict(one) for one in world.employees.values()],
    }
