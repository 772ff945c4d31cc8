"""Rate budgets: how many calls an organization may still get, so that it never has to refuse one.

The API limits an organization, whatever its key, in two windows at once, and says neither which of them its
headers describe nor whether they slide (`docs/destination.md`). Sliding ones keep below both kinds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

MINUTE = 60
HOUR = 3600
SLACK = 2
"""Seconds that a window is taken longer than it is: a call arrives a little after it was counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the API has said of an organization's limits. None: nothing yet.

    `remaining` of `allowed` calls are left until `resets_at`; nothing at all goes out before `rests_until`.
    Both are milliseconds since 1970.
    """

    per_minute: int | None = None
    per_hour: int | None = None
    allowed: int | None = None
    remaining: int | None = None
    resets_at: int = 0
    rests_until: int = 0


UNKNOWN_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one destination may use of its organization's limits.

    `per_minute` and `per_hour` are calls of our own choosing, None: as many as the API allows, but for
    `reserve`, the share of what it allows that is left to others. `replays` is the share of the calls that
    may be spent on what an operator sends again, so that it does not hold up what is new.
    """

    organization: str
    per_minute: int | None = None
    per_hour: int | None = None
    reserve: float = 0.0
    replays: float = 0.2

    def windows(self, limits: Limits = UNKNOWN_LIMITS) -> tuple[tuple[int, int], ...]:
        """Length in seconds and calls of each limited window."""
        both = (
            (MINUTE, self._least(self.per_minute, limits.per_minute)),
            (HOUR, self._least(self.per_hour, limits.per_hour)),
        )
        return tuple((length + SLACK, calls) for length, calls in both if calls is not None)

    def _least(self, chosen: int | None, allowed: int | None) -> int | None:
        ours = None if allowed is None else max(1, allowed - self.left_to_others(allowed))
        return min((calls for calls in (chosen, ours) if calls is not None), default=None)

    def left_to_others(self, allowed: int) -> int:
        return math.ceil(self.reserve * allowed)


Budgets = Mapping[str, Budget]
"""By destination; one that is not there is limited by what its API says alone."""

NO_BUDGETS: Budgets = MappingProxyType({})


class Used(NamedTuple):
    """Calls in a window, how many of them replays, and the second of the oldest of each."""

    calls: int
    replays: int
    oldest: int | None
    oldest_replay: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """What may still be sent: calls (None: not limited), and how many of them replays.

    Where there are none left, `again_at` and `replays_again_at` say when there will be; `pace` is how many
    milliseconds apart the calls should be, which is 0 while there is plenty.
    """

    calls: int | None = None
    replays: int | None = None
    again_at: int = 0
    replays_again_at: int = 0
    pace: int = 0


class _Bound(NamedTuple):
    """One of the things that limit: what it leaves, out of how many in how long."""

    left: int
    allowed: int
    length: int
    again_at: int
    replays: int | None = None
    replays_again_at: int = 0


def spare(budget: Budget, limits: Limits, used: Callable[[int], Used], now: int) -> Spare:
    """What is left at `now` (milliseconds); `used` counts a window, by its length in seconds."""
    bounds = list(_bounds(budget, limits, used, now))
    replays = [bound for bound in bounds if bound.replays is not None]
    return Spare(
        calls=min((bound.left for bound in bounds), default=None),
        again_at=max((bound.again_at for bound in bounds if not bound.left), default=now),
        replays=min((bound.replays for bound in replays if bound.replays is not None), default=None),
        replays_again_at=max((bound.replays_again_at for bound in replays if not bound.replays), default=now),
        pace=max((_pace(bound) for bound in bounds), default=0),
    )


def _bounds(budget: Budget, limits: Limits, used: Callable[[int], Used], now: int) -> Iterator[_Bound]:
    for length, allowed in budget.windows(limits):
        yield _window(budget, length, allowed, used(length), now)
    if limits.remaining is not None and limits.resets_at > now:
        allowed = max(1, limits.allowed or limits.remaining)
        left = max(0, limits.remaining - budget.left_to_others(allowed))
        yield _Bound(left, allowed, (limits.resets_at - now) // 1000 + 1, limits.resets_at)
    if limits.rests_until > now:
        yield _Bound(0, 1, 0, limits.rests_until)


def _window(budget: Budget, length: int, allowed: int, used: Used, now: int) -> _Bound:
    # At least one, or what is sent again would wait for ever where the limit is small.
    share = max(1, int(allowed * budget.replays))
    return _Bound(
        left=max(0, allowed - used.calls),
        allowed=allowed,
        length=length,
        again_at=now if used.oldest is None else (used.oldest + length) * 1000,
        replays=max(0, share - used.replays),
        replays_again_at=now if used.oldest_replay is None else (used.oldest_replay + length) * 1000,
    )


def _pace(bound: _Bound) -> int:
    """Nothing until half is used; then ever nearer to the rate that could go on for ever."""
    scarcity = max(0.0, 1 - 2 * bound.left / bound.allowed)
    return round(scarcity * 1000 * bound.length / bound.allowed)
