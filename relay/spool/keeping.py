"""Where intake keeps a verified request: in the store, or what is done while that is away."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import structlog

from relay.clock import Clock, milliseconds
from relay.spool.spool import Spool
from relay.store.base import Incoming, StoreFault

log = structlog.get_logger()

PAUSE = 1.0
"""Seconds between two tries whether the store is back."""


class Patient:
    """The store for those who cannot wait long: after so many seconds it counts as away.

    All wait for as long, so that the one who came first is the first to hear: one timer is enough.
    """

    def __init__(self, add: Callable[[Incoming], asyncio.Future[int]], seconds: float) -> None:
        self._add = add
        self._seconds = seconds
        self._waiting: deque[tuple[float, asyncio.Future[int]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, request: Incoming) -> asyncio.Future[int]:
        future, loop = self._add(request), asyncio.get_running_loop()
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()
        self._waiting.append((loop.time() + self._seconds, future))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, loop)
        return future

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._waiting and self._waiting[0][0] <= now:
            _, future = self._waiting.popleft()
            if not future.done():
                # It may be kept all the same, a little later: then it is there twice.
                future.set_exception(StoreFault(f"the store did not answer within {self._seconds:g} s"))
        self._timer = loop.call_at(self._waiting[0][0], self._look, loop) if self._waiting else None


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
