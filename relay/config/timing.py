"""A route's hours, weekdays and lateness as the core counts them."""

from __future__ import annotations

from datetime import time
from typing import get_args

from relay.config.models import RouteSection
from relay.config.values import Weekday, zone_of
from relay.core.timing import Hours, OpenTimes, Timing

_DAYS: tuple[Weekday, ...] = get_args(Weekday)


def timing_of(section: RouteSection, default_zone: str) -> Timing:
    """Raises `ValueError` where the hours and days leave no moment open."""
    open_times = OpenTimes(
        zone=zone_of(section.timezone or default_zone),
        quiet=tuple(map(_hours, section.quiet_hours)),
        weekdays=frozenset(map(_DAYS.index, section.weekdays or _DAYS)),
    )
    return Timing(open=open_times, latest=section.latest)


def is_timed(section: RouteSection) -> bool:
    """Whether its time zone matters."""
    return bool(section.quiet_hours or section.weekdays)


def _hours(span: str) -> Hours:
    start, _, end = span.partition("-")
    return Hours(time.fromisoformat(start), time() if end == "24:00" else time.fromisoformat(end))
