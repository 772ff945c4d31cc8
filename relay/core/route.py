"""Routes: which events of which sources enrol whom, in which sequence, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from relay.core.attribution import NO_MAPS, Maps, Place
from relay.core.event import Event, Kind
from relay.core.timing import ANYTIME, Timing
from relay.core.values import valueclass


@valueclass(frozen=True, slots=True)
class Lane:
    """What enrollments share to go out in one call, which has one sequence, location and employee."""

    destination: str
    sequence: str
    location: str | None = None
    employee: str | None = None

    @property
    def place(self) -> Place:
        return Place(self.location, self.employee)

    def at(self, place: Place) -> Lane:
        """The same lane with this location and employee."""
        return Lane(self.destination, self.sequence, place.location, place.employee)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`sources` empty: of every source. `delay` counts from `start`; `cooldown` is for each contact.

    `start` "auto" is the appointment's end for `appointment.booked` and the event's time otherwise.
    """

    name: str
    events: frozenset[Kind]
    lane: Lane
    sources: frozenset[str] = frozenset()
    start: Literal["auto", "event", "end"] = "auto"
    delay: timedelta = timedelta(0)
    cooldown: timedelta = timedelta(days=1)
    timing: Timing = ANYTIME
    maps: Maps = NO_MAPS
    enrol_tests: bool = False
    respect_unsubscribed: bool = True

    def takes(self, source: str, event: Event) -> bool:
        return event.kind in self.events and (not self.sources or source in self.sources)

    def start_of(self, event: Event) -> datetime:
        """What the delay and the lateness of the enrollment count from."""
        booked = event.kind is Kind.APPOINTMENT_BOOKED
        from_end = self.start == "end" or (self.start == "auto" and booked)
        return event.ends_at if from_end and event.ends_at is not None else event.occurred_at

    def due(self, event: Event) -> datetime:
        """When the enrollment may go out at any hour, which may lie in the past."""
        return self.start_of(event) + self.delay
