"""Breakers: what keeps failing gets nothing more until a look that enrols nobody sees it answer.

There is one for each destination and one for each of its sequences, so that a sequence that always fails is
taken out of the way of the others. Closed: calls go out. Open: none does. Half open: a look succeeded, and
one call with one contact is let through to see whether that holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class State(StrEnum):
    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Health:
    """What a call or a look showed of whom it went to.

    `open_after` failures in a row are too many; `spread`, drawn evenly from [0, 1), keeps looks of many
    relays apart.
    """

    up: bool
    reason: str = ""
    open_after: int = 3
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """`failures` are those in a row; `look_at` is in milliseconds since 1970 and counts while it is open."""

    state: State = State.CLOSED
    failures: int = 0
    look_at: int = 0
    reason: str = ""


CLOSED = Breaker()

_FIRST_LOOK = 2.0
_LONGEST = 300.0
"""Seconds between two looks, at most: so long after the end of an outage things may stand still."""


def after_call(breaker: Breaker, health: Health, now: int) -> Breaker:
    """A call that succeeds closes a breaker, whatever its state; a failed trial opens it again."""
    if health.up:
        return CLOSED
    failures = breaker.failures + 1
    if breaker.state is not State.HALF_OPEN and failures < health.open_after:
        return replace(breaker, failures=failures, reason=health.reason)
    look_at = now + _wait(failures - health.open_after, health.spread)
    return Breaker(State.OPEN, failures, max(breaker.look_at, look_at), health.reason)


def after_look(breaker: Breaker, health: Health, now: int) -> Breaker:
    """A look only counts while the breaker is open: a call may have closed it meanwhile."""
    if breaker.state is not State.OPEN:
        return breaker
    if health.up:
        return replace(breaker, state=State.HALF_OPEN, look_at=0)
    # The reason stays that of the calls: it is what a person wants to know.
    failures = breaker.failures + 1
    look_at = now + _wait(failures - health.open_after, health.spread)
    return replace(breaker, failures=failures, look_at=look_at)


def _wait(steps: int, spread: float) -> int:
    """Milliseconds until the next look: doubling, and spread over the second half of each wait."""
    longest = min(_LONGEST, _FIRST_LOOK * 2.0 ** min(max(steps, 0), 16))
    return round(1000 * longest * (0.5 + spread / 2))
