"""Routes: which events enrol whom, in which sequence, and when."""

from __future__ import annotations

from relay.config.models import RouteSection
from relay.config.values import duration_text
from relay.core.event import Kind
from relay.desk.desk import Desk
from relay.desk.model import Model
from relay.desk.operation import operation


class RouteModel(Model):
    """A route as it is configured. Spans are texts such as `2h`."""

    name: str
    sources: tuple[str, ...]
    """Empty: all of them."""
    events: tuple[Kind, ...]
    """Empty: what the connectors of its sources suggest."""
    destination: str
    sequence: str
    location: str | None
    employee: str | None
    start: str
    delay: str
    latest: str | None
    quiet_hours: tuple[str, ...]
    weekdays: tuple[str, ...]
    timezone: str
    cooldown: str
    respect_unsubscribed: bool
    enrol_tests: bool


class Routes(Model):
    """Every route, in the order of the configuration."""

    items: tuple[RouteModel, ...]


@operation("GET", "/routes")
async def list_routes(desk: Desk) -> Routes:
    """Every route as it is configured; each that takes an event applies."""
    return Routes(items=tuple(_route(one, desk.config.timezone) for one in desk.config.routes))


def _route(section: RouteSection, timezone: str) -> RouteModel:
    return RouteModel(
        name=section.name,
        sources=tuple(section.sources),
        events=tuple(section.events),
        destination=section.destination,
        sequence=section.sequence,
        location=section.location,
        employee=section.employee,
        start=section.start,
        delay=duration_text(section.delay),
        latest=None if section.latest is None else duration_text(section.latest),
        quiet_hours=tuple(map(str, section.quiet_hours)),
        weekdays=tuple(section.weekdays),
        timezone=section.timezone or timezone,
        cooldown=duration_text(section.cooldown),
        respect_unsubscribed=section.respect_unsubscribed,
        enrol_tests=section.enrol_tests,
    )
