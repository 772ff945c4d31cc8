"""The one place that reads the time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since 1970 in UTC."""
        ...


class SystemClock:
    def now(self) -> float:
        return time.time()


class AgreedClock:
    """The time of a ledger that several machines share, as far as `ahead` knows: leases, limits and due times
    are compared with those that other machines wrote."""

    def __init__(self, own: Clock, ahead: Callable[[], Awaitable[float]]) -> None:
        self._own = own
        self._ask = ahead
        self._ahead = 0.0

    def now(self) -> float:
        return self._own.now() + self._ahead

    async def agree(self) -> None:
        """Ask anew how many seconds the ledger's clock is ahead of this machine's."""
        self._ahead = await self._ask()


def milliseconds(clock: Clock) -> int:
    return int(clock.now() * 1000)


def moment(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock.now(), UTC)
