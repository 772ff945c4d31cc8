"""Drift: what a source sends lately against what it used to send."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from relay.core.traffic import OTHERS, Counts, EventType, day_of

RECENT = (1, 2, 7)
"""Days, today included, each compared with what came before: the shortest one that tells something counts."""

BEFORE = 28
"""Days before those, as far as there were any."""

_SETTLED = 7
_FEWEST_BEFORE, _FEWEST_NOW = 20, 5
_LEAST = 0.2
_STANDARD_ERRORS = 3.5


class Share(NamedTuple):
    """So many of so many."""

    part: int
    whole: int

    @property
    def share(self) -> float:
        """From 0 to 1; 0 of none."""
        return self.part / self.whole if self.whole else 0.0


@dataclass(frozen=True, slots=True)
class Drift:
    """One change of an event type in the last `days` days, today included.

    `what` is "new" (a type that this source never sent), or what grew: "parked", "ignored", or the name of a
    field of `Counts` that is missing more often. `now` and `before` are shares of the events that had it bad.
    """

    source: str
    event_type: str
    what: str
    days: int
    now: Share
    before: Share


def bad(counts: Counts) -> dict[str, Share]:
    """Everything that should not grow: events parked and ignored, and fields missing.

    An e-mail address is missing from an event that was read, other fields from one that has an address: what
    is lost with the address is told once.
    """
    shares = {
        "parked": Share(counts.parked, counts.events),
        "ignored": Share(counts.ignored, counts.events),
        "email": Share(counts.read - counts.email, counts.read),
    }
    for name in ("first_name", "last_name", "phone", "location", "employee"):
        shares[name] = Share(counts.email - getattr(counts, name), counts.email)
    return shares


def grew(now: Share, before: Share) -> bool:
    """Whether a share is so much larger than before that chance hardly explains it.

    Out of too few events nothing is concluded. The bar is a test of two proportions.
    """
    if before.whole < _FEWEST_BEFORE or now.whole < _FEWEST_NOW or now.share - before.share < _LEAST:
        return False
    overall = (now.part + before.part) / (now.whole + before.whole)
    variance = overall * (1 - overall) * (1 / now.whole + 1 / before.whole)
    return (now.share - before.share) ** 2 >= _STANDARD_ERRORS**2 * variance


def drifts(event_types: Iterable[EventType], today: int) -> list[Drift]:
    """What changed in the last week, by source and event type. `today` counts days from 1970."""
    ordered = sorted(event_types, key=attrgetter("source", "name"))
    return [
        drift
        for _, group in groupby(ordered, attrgetter("source"))
        for drift in _of_source(list(group), today)
    ]


def _of_source(event_types: Sequence[EventType], today: int) -> Iterable[Drift]:
    began = min(day_of(one.first_at) for one in event_types)
    for one in event_types:
        if _is_new(one, began, today):
            counts = one.between(today - max(RECENT) + 1, today)
            yield Drift(
                one.source, one.name, "new", max(RECENT), Share(counts.events, counts.events), Share(0, 0)
            )
        else:
            yield from _grown(one, today)


def _is_new(one: EventType, began: int, today: int) -> bool:
    """In its first days every type of a source is new, which says nothing."""
    first = day_of(one.first_at)
    recent = first > today - max(RECENT) and one.name != OTHERS
    return recent and first - began >= _SETTLED and one.between(first, today).events > 0


def _grown(one: EventType, today: int) -> Iterable[Drift]:
    found: dict[str, Drift] = {}
    for days in RECENT:
        start = today - days + 1
        now, before = bad(one.between(start, today)), bad(one.between(start - BEFORE, start - 1))
        for what, share in now.items():
            if what not in found and grew(share, before[what]):
                found[what] = Drift(one.source, one.name, what, days, share, before[what])
    return found.values()
