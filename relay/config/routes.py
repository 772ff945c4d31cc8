"""Routes checked against the sources, destinations and connectors that they name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from relay.config.faults import Findings, near
from relay.config.keys import Path
from relay.config.models import RouteSection
from relay.config.timing import timing_of
from relay.config.values import duration_text
from relay.core.attribution import NO_MAPS, Maps
from relay.core.connector import Connector
from relay.core.event import Kind
from relay.core.route import Lane, Route
from relay.core.timing import ANYTIME, Timing

Names = Collection[str] | None
"""Names that exist; None where nobody can tell, because the table that lists them is at fault."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a route may name. `connectors` are by the name of the source, where that is in order."""

    sources: Names
    destinations: Names
    connectors: Mapping[str, Connector]


@dataclass(frozen=True, slots=True)
class Routes:
    """Resolves routes one by one; what is wrong goes to the findings."""

    known: Known
    findings: Findings
    timezone: str
    """Of routes that name none."""

    maps: Mapping[str, Maps]
    """By the name of the destination."""

    def resolve(self, sections: Mapping[int, RouteSection]) -> tuple[Route, ...]:
        """`sections` by their number in the file."""
        seen: dict[str, int] = {}
        for number, section in sections.items():
            if (first := seen.setdefault(section.name, number)) != number:
                self._fault(number, section, ("name",), f"is the name of routes[{first}], too")
        return tuple(self._route(number, section) for number, section in sections.items())

    def _route(self, number: int, section: RouteSection) -> Route:
        for place, name in enumerate(section.sources):
            self._check_name(number, section, ("sources", place), name, self.known.sources)
        self._check_name(number, section, ("destination",), section.destination, self.known.destinations)
        for path, problem, hint in self._events_at_fault(section):
            self._fault(number, section, path, problem, hint)
        return Route(
            name=section.name,
            events=frozenset(section.events) or self._suggested(section),
            lane=Lane(section.destination, section.sequence, section.location, section.employee),
            sources=frozenset(section.sources),
            start=section.start,
            delay=section.delay,
            cooldown=section.cooldown,
            timing=self._timing(number, section),
            maps=self.maps.get(section.destination, NO_MAPS),
            enrol_tests=section.enrol_tests,
            respect_unsubscribed=section.respect_unsubscribed,
        )

    def _timing(self, number: int, section: RouteSection) -> Timing:
        if section.latest is not None and section.latest <= section.delay:
            problem = f"should be longer than the delay ({duration_text(section.delay)})"
            self._fault(number, section, ("latest",), problem)
        try:
            return timing_of(section, self.timezone)
        except ValueError as error:
            self._fault(number, section, ("quiet_hours",), str(error))
            return ANYTIME

    def _check_name(self, number: int, section: RouteSection, path: Path, name: str, known: Names) -> None:
        if known is not None and name not in known:
            what = str(path[0]).removesuffix("s")
            self._fault(
                number,
                section,
                path,
                f'there is no {what} "{name}"',
                near((name,), known) or f"add [{what}s.{name}]",
            )

    def _fault(self, number: int, section: RouteSection, path: Path, problem: str, hint: str = "") -> None:
        self.findings.fault(("routes", number, *path), f'{problem} (route "{section.name}")', hint)

    def _connectors(self, section: RouteSection) -> list[Connector]:
        names = section.sources or self.known.connectors
        return [self.known.connectors[name] for name in names if name in self.known.connectors]

    def _is_complete(self, section: RouteSection) -> bool:
        """Whether the connectors of all its sources are known; a source at fault is enough to name."""
        names = section.sources or self.known.sources
        return names is not None and all(name in self.known.connectors for name in names)

    def _suggested(self, section: RouteSection) -> frozenset[Kind]:
        return frozenset().union(*(connector.default_events for connector in self._connectors(section)))

    def _events_at_fault(self, section: RouteSection) -> Iterator[tuple[Path, str, str]]:
        complete = self._is_complete(section)
        readable = frozenset().union(*(c.enrolling_kinds for c in self._connectors(section)))
        if complete and not section.events and not self._suggested(section):
            yield ("events",), "is empty, and no connector of its sources suggests any", _choice(readable)
        for place, kind in enumerate(section.events):
            if kind.withdraws:
                problem = f"{kind} cannot enrol: it takes back what waits, by itself and for every route"
                yield ("events", place), problem, "leave it out"
            elif complete and self._connectors(section) and kind not in readable:
                yield ("events", place), f"none of its sources reports {kind}", _instead(kind, readable)


def _instead(kind: Kind, readable: frozenset[Kind]) -> str:
    if kind is Kind.APPOINTMENT_COMPLETED and Kind.APPOINTMENT_BOOKED in readable:
        return f"use {Kind.APPOINTMENT_BOOKED}: the relay waits for the appointment's end"
    return _choice(readable)


def _choice(readable: frozenset[Kind]) -> str:
    return f"they report {', '.join(sorted(readable))}" if readable else "add a source first"
