"""Where and by whom: a source's own ids of locations and employees as those of the destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from relay.core.values import valueclass

Unknown = Literal["drop", "hold", "dead"]
"""What becomes of an enrollment whose id is in no map: it goes out without, or becomes a dead letter.

One that is held goes out by itself once the map has the id, a dead one when a person retries it.
"""

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class IdMap:
    """Ids of one kind, `what`: the source's own, or `source:id` where that is ambiguous, to UUIDs.

    `key` is where the configuration has them.
    """

    what: str
    key: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    unknown: Unknown = "drop"

    def find(self, source: str, own: str) -> str | None:
        return self.ids.get(f"{source}:{own}", self.ids.get(own))

    def missing(self, source: str, own: str) -> str:
        """A sentence about an id that is not there, for the person who can add it."""
        return f'{self.what} "{own[:_SHOWN]}" of {source} is not in {self.key}'


@dataclass(frozen=True, slots=True)
class Maps:
    """The maps of one destination."""

    locations: IdMap = IdMap("location")
    employees: IdMap = IdMap("employee")


NO_MAPS = Maps()


@valueclass(frozen=True, slots=True)
class Place:
    """Where and by whom, in the words of a source or of the destination."""

    location: str | None = None
    employee: str | None = None


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Why an enrollment becomes a dead letter: an id is in no map. `held`: only until it is in one."""

    cause: Literal["held", "unmapped"]
    reason: str


@valueclass(frozen=True, slots=True)
class Attributed:
    """The destination's ids as far as they are known, a note on what was left out, what has to be mapped."""

    place: Place
    note: str | None = None
    unmapped: Unmapped | None = None


def attribute(maps: Maps, source: str, own: Place, fixed: Place) -> Attributed:
    """A source's `own` ids as the destination's; what is `fixed` by the route wins over them."""
    if not (own.location or own.employee):
        return Attributed(fixed)
    location = fixed.location or _find(maps.locations, source, own.location)
    employee = fixed.employee or _find(maps.employees, source, own.employee)
    lost = [
        (ids, ids.missing(source, name))
        for ids, name, found in (
            (maps.locations, own.location, location),
            (maps.employees, own.employee, employee),
        )
        if name and not found
    ]
    # Where there is no map at all, nobody wanted anything attributed, and nothing is missed.
    notes = [f"{missing}: left out" for ids, missing in lost if ids.unknown == "drop" and ids.ids]
    kept = {missing: ids.unknown for ids, missing in lost if ids.unknown != "drop"}
    return Attributed(Place(location, employee), "; ".join(notes) or None, _unmapped(kept))


def _find(ids: IdMap, source: str, own: str | None) -> str | None:
    return ids.find(source, own) if own else None


def _unmapped(kept: Mapping[str, Unknown]) -> Unmapped | None:
    if not kept:
        return None
    return Unmapped("unmapped" if "dead" in kept.values() else "held", "; ".join(kept))
