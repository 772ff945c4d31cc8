"""Looks that grow dear with the ledger take a bounded share of the time, however often somebody looks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

CHEAP = 0.2
"""Seconds: what takes less is always looked at anew."""

REST = 20
"""Times as long as a look took what it found is good for."""


class Paced(Generic[T]):
    """What a look found, a little old where looking is dear; who comes meanwhile waits for the same look."""

    def __init__(self, look: Callable[[], Awaitable[T]], clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._turn = asyncio.Lock()
        self._found: T | None = None
        self._good_until = 0.0

    async def look(self) -> T:
        async with self._turn:
            if self._found is not None and self._clock() < self._good_until:
                return self._found
            began = self._clock()
            found = await self._look()
            took = self._clock() - began
            self._found, self._good_until = found, self._clock() + (REST * took if took > CHEAP else 0.0)
            return found
