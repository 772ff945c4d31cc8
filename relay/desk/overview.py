"""The overview: do the books balance, and what is waiting?"""

from __future__ import annotations

from collections.abc import Mapping

from relay.desk.desk import Desk
from relay.desk.model import Model, Moment, maybe, moment
from relay.desk.operation import operation
from relay.store.base import Ledger


class Identity(Model):
    """Everything that was ever accepted, by what became of it; `faults` says which sums do not hold."""

    requests: Mapping[str, int]
    accepted: int
    events: Mapping[str, int]
    promised_events: int
    enrollments: Mapping[str, int]
    promised_enrollments: int
    balanced: bool
    faults: tuple[str, ...]


class Overview(Model):
    """Where everything is."""

    at: Moment
    identity: Identity
    dead_letters: int
    quarantined: int
    next_due: Moment | None
    """When the next waiting enrollment goes out."""
    open_batches: int
    calls: int
    """Execute calls, ever."""


@operation("GET", "/overview")
async def show_overview(desk: Desk) -> Overview:
    """Where everything is that was ever accepted, and whether the accounts balance."""
    now = desk.now()
    ledger = await desk.store.ledger()
    return Overview(
        at=moment(now),
        identity=_identity(ledger),
        dead_letters=ledger.enrollments.get("dead", 0) + ledger.events.get("parked", 0),
        quarantined=ledger.quarantined,
        next_due=maybe(ledger.oldest_waiting),
        open_batches=ledger.open_batches,
        calls=ledger.calls,
    )


def _identity(ledger: Ledger) -> Identity:
    faults = tuple(ledger.faults())
    return Identity(
        requests=ledger.requests,
        accepted=ledger.accepted,
        events=ledger.events,
        promised_events=ledger.promised_events,
        enrollments=ledger.enrollments,
        promised_enrollments=ledger.promised_enrollments,
        balanced=not faults,
        faults=faults,
    )
