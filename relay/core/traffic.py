"""Traffic: what a source sends, counted by event type and UTC day. Nobody can be recognised in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from relay.core.event import Event

DAY = 86_400_000
"""Milliseconds."""

KEPT_DAYS = 35
"""So many days of an event type are kept, today included."""

MOST_TYPES = 100
"""So many event types of a source are told apart, in case each event has a type of its own."""

OTHERS = "(others)"
"""The name under which all further event types are counted."""

Named = tuple[str, ...]

_OF_CONTACTS = [(name, attrgetter(name)) for name in ("first_name", "last_name", "phone")]
_OF_EVENTS = ("location", "employee")


class Counts(NamedTuple):
    """Events of one type. `ignored` were not wanted, `parked` not readable; the others were read.

    `email` counts the read ones with somebody to write to, and each field below those of them that have it.
    """

    events: int = 0
    ignored: int = 0
    parked: int = 0
    email: int = 0
    first_name: int = 0
    last_name: int = 0
    phone: int = 0
    location: int = 0
    employee: int = 0

    @property
    def read(self) -> int:
        return self.events - self.ignored - self.parked


class Seen(NamedTuple):
    """What is counted of one event. `named`: see `EventRecord`."""

    source: str
    event_type: str
    fate: str
    named: Named | None


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event of a source; times are milliseconds since 1970, days count from 1970 in UTC."""

    source: str
    name: str
    first_at: int
    last_at: int
    days: Mapping[int, Counts] = field(default_factory=dict)

    def between(self, first: int, last: int) -> Counts:
        """The sum of these days, both included."""
        return total(counts for day, counts in self.days.items() if first <= day <= last)


def day_of(milliseconds: int) -> int:
    return milliseconds // DAY


def total(counts: Iterable[Counts]) -> Counts:
    return Counts(*map(sum, zip(Counts(), *counts, strict=True)))


def named_in(event: Event) -> Named:
    """The fields, named as in `Counts`, that at least one contact of the event or the event itself has."""
    people = event.contacts
    if not people:
        return ()
    of_contacts = [name for name, read in _OF_CONTACTS if any(map(read, people))]
    return ("email", *of_contacts, *[name for name in _OF_EVENTS if getattr(event, name)])


def count(seen: Mapping[Seen, int]) -> dict[tuple[str, str], Counts]:
    """Counts by source and event type of what was seen so and so often."""
    parts: dict[tuple[str, str], list[Counts]] = {}
    for one, times in seen.items():
        parts.setdefault((one.source, one.event_type), []).append(_counts(one, times))
    return {key: total(each) for key, each in parts.items()}


def _counts(one: Seen, times: int) -> Counts:
    if one.fate == "parked":
        return Counts(events=times, parked=times)
    if one.named is None:
        return Counts(events=times, ignored=times)
    return Counts(events=times, **dict.fromkeys(one.named, times))
