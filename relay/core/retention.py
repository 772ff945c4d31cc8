"""Retention: how long what is over is kept, and what a step of retiring it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

DAY = 86_400_000

SHORTEST = 30 * DAY
"""So long at least records are kept: they are what a sender's repeat is known by."""

MOST_IN_A_STEP = 50
"""Requests, or calls."""


class Stage(StrEnum):
    """What is retired: first what was said in requests and calls, later that they ever were."""

    BODIES = "bodies"
    CALL_BODIES = "call_bodies"
    RECORDS = "records"
    CALLS = "calls"
    QUARANTINE = "quarantine"
    JOBS = "jobs"

    @property
    def is_of_bodies(self) -> bool:
        return self in (Stage.BODIES, Stage.CALL_BODIES, Stage.QUARANTINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Milliseconds that bodies and records are kept after all that became of them is over; 0: for ever."""

    bodies: int = 30 * DAY
    records: int = 365 * DAY

    def before(self, stage: Stage, now: int) -> int | None:
        """What ended before this moment is to go; None: nothing."""
        kept = self.bodies if stage.is_of_bodies else self.records
        return now - kept if kept else None


USUALLY_KEPT = Kept()


class Retired(NamedTuple):
    """What a step did: how many of what; and when the next one is due, in milliseconds since 1970."""

    counts: Mapping[str, int]
    next_due: int


class Place(NamedTuple):
    """How far somebody has looked ahead, who changes nothing: the numbers that were looked at last."""

    stage: Stage
    seen: int
    again: int


class Ahead(NamedTuple):
    """A part of what a step would do now; `next` is where the part after it begins, None: that was all."""

    counts: Mapping[str, int]
    next: Place | None


class Reach(NamedTuple):
    """About how many requests, calls, … a stage looks at now, and `soon`: in the time after that.

    Of those that were looked at some `linger`, since they are not over. `next_at`: when the next one comes to
    its time, in milliseconds since 1970.
    """

    stage: Stage
    due: int
    soon: int
    lingering: int
    next_at: int | None


SOON = 7 * DAY
