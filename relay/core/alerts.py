"""Alerts: what is wrong now that a person should know of. No sentence here names a person of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from relay.core.node import Node


class AlertKind(StrEnum):
    """What an alert is about."""

    DEAD = "dead"
    HELD = "held"
    BREAKER = "breaker"
    BUDGET = "budget"
    WAITING = "waiting"
    SILENT = "silent"
    UNVERIFIED = "unverified"
    IMBALANCE = "imbalance"
    NODE = "node"
    SPOOL = "spool"


class Severity(StrEnum):
    """Something needs a person some time, or everything of a destination stands still."""

    WARNING = "warning"
    CRITICAL = "critical"

    def reaches(self, least: Severity) -> bool:
        return self is Severity.CRITICAL or least is Severity.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that is wrong now.

    `key` is the same as long as the same is wrong with the same. `command` helps at a terminal, `page` is the
    console's path that does.
    """

    key: str
    kind: AlertKind
    severity: Severity
    text: str
    command: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """From when on something is wrong, and how often it is told. All in milliseconds.

    `waiting`: how long something may wait that is due; `breaker` and `budget`: how long calls may be stopped
    or used up; `cause`: a cause of dead letters counts as new again after so long without any. What is over
    for `calm` is told as over, and what goes on is told again after `remind` (0: never).
    """

    waiting: int = 3_600_000
    breaker: int = 300_000
    budget: int = 900_000
    cause: int = 86_400_000
    calm: int = 600_000
    remind: int = 86_400_000

    def patience(self, kind: AlertKind) -> int:
        """How long a condition must last before it is told."""
        return {
            AlertKind.BREAKER: self.breaker,
            AlertKind.BUDGET: self.budget,
            AlertKind.WAITING: _PASSING,
            AlertKind.NODE: _SUCCESSION,
        }.get(kind, 0)

    def calm_of(self, kind: AlertKind) -> int:
        """How long it must be over before that is told."""
        return self.cause if kind is AlertKind.DEAD else self.calm


DEFAULT_RULES = Rules()

_PASSING = 300_000
"""What an operator reads again is old already, and waits for a moment."""


_SUCCESSION = 60_000
"""Whoever takes the place of one that is gone makes it forgotten, a little after it is known to be gone."""


class Place(NamedTuple):
    """A destination, or one sequence of it."""

    destination: str
    sequence: str | None = None

    def __str__(self) -> str:
        return self.destination + (f", sequence {self.sequence}" if self.sequence else "")

    @property
    def key(self) -> str:
        return f"{self.destination}/{self.sequence}" if self.sequence else self.destination


class Letters(NamedTuple):
    """Dead letters that are alike (`core/letters.py`)."""

    source: str
    cause: str
    symptom: str


class Spent(NamedTuple):
    """Calls of an organization that are used up, and why; `destinations` are those that share them."""

    organization: str
    why: str
    destinations: frozenset[str]


class Unverified(NamedTuple):
    """Of so many requests in so many hours so many were not verified."""

    requests: int
    unverified: int
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that alerts are made of, as it is now (milliseconds since 1970).

    `up_since`: since when the relay has been at work. `held` and `broken` are places with reasons; `overdue`
    has the oldest enrollment that is due at each place, and `unread` the oldest request of each source.
    `letters` came since the last look, and `open` are the keys of alerts that are not over. `sources` are
    those that are configured, `came` their requests by the hour, `unverified` likewise. `gone` are nodes that
    nobody has followed, `spooling` those whose spools should be empty by now.
    """

    now: int
    up_since: int = 0
    held: Mapping[Place, str] = field(default_factory=dict)
    broken: Mapping[Place, str] = field(default_factory=dict)
    spent: tuple[Spent, ...] = ()
    overdue: Mapping[Place, int] = field(default_factory=dict)
    unread: Mapping[str, int] = field(default_factory=dict)
    letters: tuple[Letters, ...] = ()
    open: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    came: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    unverified: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    gone: tuple[Node, ...] = ()
    spooling: tuple[Node, ...] = ()


def show(moment: int) -> str:
    """A moment in UTC to the minute."""
    return f"{datetime.fromtimestamp(moment / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def lasting(span: int) -> str:
    """A time as people say it: `50 min`, `26 h`, `4 days`."""
    minutes = span // 60_000
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 60 * 72 else f"{minutes // 1440} days"
