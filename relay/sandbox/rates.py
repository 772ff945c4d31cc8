"""Two request windows for each organization, shared by its keys.

Source: https://demeterrr.mintlify.app/guides/rate-limits
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from relay.sandbox.answers import Answer, error
from relay.sandbox.profiles import Budget, budget_of
from relay.sandbox.switches import NO_OVERRIDE, Switches
from relay.sandbox.times import http_date

# Refused calls can be counted too; a hammering client must not fill the memory with them.
_HITS_KEPT = 100_000


class Reading(NamedTuple):
    """One window at one moment; `resets_at` is Unix seconds."""

    label: str
    limit: int
    remaining: int
    resets_at: float


@dataclass(slots=True)
class Window:
    """The times of the calls counted in the last `seconds`."""

    seconds: int
    label: str
    hits: deque[float] = field(default_factory=lambda: deque(maxlen=_HITS_KEPT))

    def read(self, limit: int, now: float, *, sliding: bool) -> Reading:
        """The window now; a fixed one begins at whole minutes or hours of Unix time."""
        begins = now - self.seconds if sliding else now - now % self.seconds
        while self.hits and (self.hits[0] <= begins if sliding else self.hits[0] < begins):
            self.hits.popleft()
        oldest = self.hits[0] if sliding and self.hits else begins if not sliding else now
        remaining = max(0, limit - len(self.hits))
        return Reading(self.label, limit, remaining, oldest + self.seconds)


@dataclass(slots=True)
class Meter:
    """Both windows of one organization."""

    minute: Window = field(default_factory=lambda: Window(60, "1 minute"))
    hour: Window = field(default_factory=lambda: Window(3600, "1 hour"))

    def read(self, budget: Budget, switches: Switches, now: float) -> tuple[Reading, Reading]:
        """Minute and hour."""
        sliding = switches.rate_window == "sliding"
        return (
            self.minute.read(budget.per_minute, now, sliding=sliding),
            self.hour.read(budget.per_hour, now, sliding=sliding),
        )

    def count(self, now: float) -> None:
        """One more call in both windows."""
        self.minute.hits.append(now)
        self.hour.hits.append(now)

    def uncount(self) -> None:
        """Take the newest call back."""
        self.minute.hits.pop()
        self.hour.hits.pop()


def budget_for(organization_id: str, switches: Switches) -> Budget:
    """The limits of one organization under these switches."""
    override = switches.rate_overrides.get(organization_id, NO_OVERRIDE)
    budget = budget_of(switches.rate_table, switches.rate_profile, override)
    assert budget is not None, "Switches accepts only plans that have figures"  # noqa: S101 - held by its validator
    return budget


def admit(meter: Meter, budget: Budget, switches: Switches, now: float) -> Answer | None:
    """Count one call; the 429 instead when a window is spent, the longer wait being named."""
    if not switches.rate_limits:
        return None
    readings = meter.read(budget, switches, now)
    spent = [reading for reading in readings if reading.remaining == 0]
    if not spent or switches.count_refused:
        meter.count(now)
    if not spent:
        return None
    reading = max(spent, key=lambda reading: reading.resets_at)
    wait = max(1, math.ceil(reading.resets_at - now))
    return too_many(wait, reading.limit, reading.label, switches, now)


def settle(meter: Meter, answer: Answer, switches: Switches) -> None:
    """Take a counted call back when its answer should not count."""
    if switches.rate_limits and not switches.count_failed and 400 <= answer.status < 500:
        meter.uncount()


def stamp(answer: Answer, meter: Meter, budget: Budget, switches: Switches, now: float) -> Answer:
    """The answer with the three `X-RateLimit` headers, for the window that the switches choose."""
    if switches.rate_headers == "none" or not switches.rate_limits:
        return answer
    minute, hour = meter.read(budget, switches, now)
    tighter = min(minute, hour, key=lambda reading: reading.remaining)
    shown = {"minute": minute, "hour": hour, "tighter": tighter}[switches.rate_headers]
    named = {
        "X-RateLimit-Limit": str(shown.limit),
        "X-RateLimit-Remaining": str(shown.remaining),
        "X-RateLimit-Reset": str(math.ceil(shown.resets_at)),
    }
    return replace(answer, headers={**answer.headers, **named})


def too_many(wait: int, limit: int, label: str, switches: Switches, now: float) -> Answer:
    """The 429 of the guide; `wait` is the true number of seconds until the window resets."""
    named = max(1, wait // 2) if switches.retry_after == "shorter" else wait
    hinted = switches.retry_after != "none"
    details: dict[str, object] = {"retryAfter": named} if hinted else {}
    details.update(limit=limit, window=label)
    answer = error(429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded. Please try again later.", details)
    text = http_date(now + named) if switches.retry_after == "http-date" else str(named)
    return Answer(429, answer.body, {"Retry-After": text} if hinted else {})
