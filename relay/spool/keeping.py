"""Where intake keeps a verified request: in the store, or what is done while that is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from relay.clock import Clock, milliseconds
from relay.spool.spool import Spool
from relay.store.base import Incoming, StoreFault

log = structlog.get_logger()

PAUSE = 1.0
"""Seconds between two tries whether the store is back."""


class Patient:
    """The store for those who cannot wait long: after so many seconds it counts as away."""

    def __init__(self, add: Callable[[Incoming], Awaitable[int]], seconds: float) -> None:
        self._add = add
        self._seconds = seconds

    async def keep(self, request: Incoming) -> int:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._add(request)
        except TimeoutError:
            # It may be kept all the same, a little later: then it is there twice.
            raise StoreFault(f"the store did not answer within {self._seconds:g} s") from None


class Refusing:
    """While the store is away one request a second tries whether it is back; all others hear at once."""

    def __init__(self, store: Patient, pause: float = PAUSE) -> None:
        self._store = store
        self._pause = pause
        self._fault: str | None = None
        self._is_trying = False
        self._next_try = 0.0

    async def keep(self, request: Incoming) -> int:
        now = asyncio.get_running_loop().time()
        if self._fault is not None and (self._is_trying or now < self._next_try):
            raise StoreFault(self._fault)
        self._is_trying = self._fault is not None
        try:
            number = await self._store.keep(request)
        except StoreFault as fault:
            self._fault = str(fault)
            self._next_try = asyncio.get_running_loop().time() + self._pause
            raise
        finally:
            self._is_trying = False
        self._fault = None
        return number


class Spooling:
    """While the store is away requests are spooled; `Draining` finds out when it is back.

    `away_since` in milliseconds since 1970, None while it is there. `begun` is called once something is in
    the spool that may come into the store.
    """

    def __init__(self, store: Patient, spool: Spool, clock: Clock, begun: Callable[[], None]) -> None:
        self.away_since: int | None = None
        self._store = store
        self._clock = clock
        self._spool = spool
        self._begun = begun

    @property
    def is_away(self) -> bool:
        return self.away_since is not None

    async def keep(self, request: Incoming) -> int | None:
        """Its number in the store, or None where it was spooled."""
        if not self.is_away:
            try:
                return await self._store.keep(request)
            except StoreFault as fault:
                self.leave(str(fault))
        first = self._spool.requests == 0
        try:
            await self._spool.add(request)
        finally:
            if first or not self.is_away:
                self._begun()
        return None

    def leave(self, fault: str) -> None:
        """The store is away."""
        if not self.is_away:
            self.away_since = milliseconds(self._clock)
            log.warning("the store is away, requests are spooled", fault=fault, spool=str(self._spool.folder))

    def come_back(self) -> None:
        if self.away_since is not None:
            seconds = (milliseconds(self._clock) - self.away_since) // 1000
            self.away_since = None
            log.info("the store is back", seconds=seconds, spooled=self._spool.requests)
