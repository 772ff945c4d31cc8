"""What came and went by the hour, counted from 1970 in UTC. Nobody can be recognised in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

HOUR = 3_600_000
"""Milliseconds."""

WEEK = 168
"""Hours."""

KEPT_HOURS = 10 * WEEK
"""So many hours are kept, which is what tells of the usual hours of a source (`core/silence.py`)."""


class SourceHour(NamedTuple):
    """One hour of a source: what was read in it, and what was refused as not verified.

    `requests` are those that were read for the first time, or from the start again; `events` are without what
    was sent again, and `parked` those of them that could not be read.
    """

    source: str
    hour: int
    requests: int = 0
    events: int = 0
    parked: int = 0
    unverified: int = 0


class DestinationHour(NamedTuple):
    """One hour of a destination: calls, how many of them failed, and what became of their enrollments.

    `took` is the sum of the calls' durations in milliseconds; `dead` is without those that never went out.
    """

    destination: str
    hour: int
    calls: int = 0
    failed: int = 0
    delivered: int = 0
    dead: int = 0
    took: int = 0


@dataclass(frozen=True, slots=True)
class Hours:
    """By hour and name; an hour in which nothing happened is not there."""

    sources: tuple[SourceHour, ...] = ()
    destinations: tuple[DestinationHour, ...] = ()


def hour_of(milliseconds: int) -> int:
    return milliseconds // HOUR
