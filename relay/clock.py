"""The one place that reads the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since 1970 in UTC."""
        ...


class SystemClock:
    def now(self) -> float:
        return time.time()


def milliseconds(clock: Clock) -> int:
    return int(clock.now() * 1000)


def moment(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock.now(), UTC)
