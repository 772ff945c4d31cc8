"""The overview: do the books balance, and what is waiting?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from relay.core.hours import HOUR, KEPT_HOURS, DestinationHour, SourceHour, hour_of
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


class HoursQuery(Model):
    """How far back."""

    hours: Annotated[int, Field(ge=1, le=KEPT_HOURS)] = 48


class SourceHourModel(Model):
    """One hour of a source: what was read in it, and what was refused as not verified."""

    source: str
    at: Moment
    """When the hour began."""
    requests: int
    events: int
    parked: int
    unverified: int


class DestinationHourModel(Model):
    """One hour of a destination: calls, how many of them failed, and what became of their enrollments."""

    destination: str
    at: Moment
    """When the hour began."""
    calls: int
    failed: int
    delivered: int
    dead: int
    took: int
    """Milliseconds of all calls together."""


class History(Model):
    """By hour and name; an hour in which nothing happened is not there."""

    sources: tuple[SourceHourModel, ...]
    destinations: tuple[DestinationHourModel, ...]


@operation("GET", "/hours")
async def show_hours(desk: Desk, query: HoursQuery) -> History:
    """What came from every source and went to every destination, by the hour."""
    found = await desk.store.hours(hour_of(desk.now()) - query.hours + 1)
    return History(
        sources=tuple(SourceHourModel(at=moment(one.hour * HOUR), **_named(one)) for one in found.sources),
        destinations=tuple(
            DestinationHourModel(at=moment(one.hour * HOUR), **_named(one)) for one in found.destinations
        ),
    )


def _named(one: SourceHour | DestinationHour) -> dict[str, Any]:
    return {name: value for name, value in one._asdict().items() if name != "hour"}


@operation("GET", "/overview")
async def show_overview(desk: Desk) -> Overview:
    """Where everything is that was ever accepted, and whether the accounts balance."""
    now = desk.now()
    ledger = await desk.count()
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
