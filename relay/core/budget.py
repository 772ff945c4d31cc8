"""Rate budgets: how many calls a destination may still get, so that it never has to refuse one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

MINUTE = 60
HOUR = 3600
SLACK = 2
"""Seconds that a window is taken longer than it is: a call arrives a little after it was counted."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Calls in any minute and in any hour; None: not limited by us.

    Windows slide, which keeps below the limits of fixed ones, too: which kind the API has is not documented.
    """

    per_minute: int | None = None
    per_hour: int | None = None

    def windows(self) -> tuple[tuple[int, int], ...]:
        """Length in seconds and calls of each limited window."""
        both = ((MINUTE, self.per_minute), (HOUR, self.per_hour))
        return tuple((length + SLACK, calls) for length, calls in both if calls is not None)


Budgets = Mapping[str, Budget]
"""By destination; those that are not limited by us need not be there."""

NO_BUDGETS: Budgets = MappingProxyType({})


def used_up_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the limit resets that an answer says is used up; None where there is something left.

    `X-RateLimit-Remaining` and `X-RateLimit-Reset` (Unix seconds); a reset more than an hour away is no
    window of this API, and is not believed.
    """
    remaining, reset = headers.get("x-ratelimit-remaining", ""), headers.get("x-ratelimit-reset", "")
    if remaining.strip() != "0" or not (reset.isascii() and reset.isdigit() and len(reset) < 12):
        return None
    moment = datetime.fromtimestamp(int(reset), UTC)
    return moment if now < moment <= now + timedelta(seconds=HOUR + SLACK) else None
