"""The loops of a relay put together: what each needs, whom it wakes, and how they are stopped in order."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import aiohttp
import structlog

from relay.channels.sending import Sender
from relay.clock import Clock
from relay.config.installation import Installation
from relay.destination.client import Client
from relay.destination.inspection import Inspector
from relay.store import Store
from relay.store.base import StoreFault
from relay.telemetry import Metrics
from relay.work.alerting import LOOK_SECONDS as ALERT_SECONDS
from relay.work.alerting import Alerting
from relay.work.delivering import Delivering
from relay.work.jobs import Jobs
from relay.work.loop import Loop
from relay.work.reading import Reader
from relay.work.repairing import Repairing
from relay.work.retiring import LONGEST_WAIT as RETIRING_SECONDS
from relay.work.retiring import Retiring
from relay.work.telling import Telling
from relay.work.translating import Translating
from relay.work.watching import LOOK_SECONDS, Watching

log = structlog.get_logger()

RESCUE_SECONDS = 5.0
_LOOK_AGAIN = 1.0
_FOR_OTHERS = ("translate", "deliver", "jobs", "tell")
"""The loops that another process may have put something in front of."""


class Loops:
    """Takes what is in the ledger to its end. Nothing happens before `start`."""

    def __init__(
        self,
        store: Store,
        installation: Installation,
        http: aiohttp.ClientSession,
        clock: Clock,
        metrics: Metrics,
        reader: Reader,
        repairing: Repairing,
    ) -> None:
        self._store = store
        self._grace = installation.config.server.shutdown_grace.total_seconds()
        self._heeding: asyncio.Task[None] | None = None
        self._translating = Translating(
            store,
            installation,
            reader,
            clock,
            metrics,
            spread=random.random,
            enrolled=self._waker("deliver"),
            more=self._waker("translate"),
        )
        self._delivering = Delivering(
            store,
            installation,
            Client(http),
            clock,
            metrics,
            spread=random.random,
            more=self._waker("deliver"),
            failing=self._waker("watch"),
        )
        self._jobs = Jobs(store, installation, repairing, clock, spread=random.random, released=self._take_up)
        self._loops = {
            "rescue": Loop("rescue", self._rescue),
            "translate": Loop("translate", self._translating.tick),
            "deliver": Loop("deliver", self._delivering.tick),
            "jobs": Loop("jobs", self._jobs.tick),
            "retire": Loop(
                "retire",
                Retiring(store, installation.kept, clock, time.monotonic).tick,
                longest=RETIRING_SECONDS,
            ),
            **self._lookouts(installation, http, clock, metrics),
        }

    def _lookouts(
        self, installation: Installation, http: aiohttp.ClientSession, clock: Clock, metrics: Metrics
    ) -> dict[str, Loop]:
        """Those that look whether something is wrong, and tell it."""
        watching = Watching(
            self._store,
            installation,
            Inspector(http),
            clock,
            metrics,
            spread=random.random,
            resumed=self._waker("deliver"),
        )
        alerting = Alerting(self._store, installation, clock, metrics, to_tell=self._waker("tell"))
        telling = Telling(
            self._store,
            installation.channels,
            Sender(http, clock).send,
            clock,
            metrics,
            spread=random.random,
        )
        return {
            "watch": Loop("watch", watching.tick, longest=LOOK_SECONDS),
            "alert": Loop("alert", alerting.tick, longest=ALERT_SECONDS),
            "tell": Loop("tell", telling.tick, longest=LOOK_SECONDS),
        }

    def wake(self, name: str) -> None:
        self._loops[name].wake()

    def _waker(self, name: str) -> Callable[[], None]:
        return lambda: self.wake(name)

    def _take_up(self) -> None:
        """What a job released is sent, or read."""
        self.wake("deliver")
        self.wake("translate")

    async def _rescue(self) -> float:
        await self._translating.rescue()
        await self._delivering.rescue()
        return RESCUE_SECONDS

    async def start(self) -> None:
        """Take up what a former process left, then go on with everything."""
        if not self._store.is_shared:
            await self._store.expire_leases()
        await self._delivering.take_up()
        for loop in self._loops.values():
            loop.start()
        self._heeding = asyncio.create_task(self._heed_others(), name="relay-heed")

    async def _heed_others(self) -> None:
        """What another process took in is read at once, and not when a loop next looks by itself."""
        while True:
            try:
                await self._store.watch()
            except StoreFault as fault:
                log.warning("cannot see what other processes write", fault=str(fault))
                await asyncio.sleep(_LOOK_AGAIN)
            for name in _FOR_OTHERS:
                self.wake(name)

    async def stop(self) -> None:
        """Finish what is under way, and give back what cannot be finished in time."""
        if self._heeding is not None:
            self._heeding.cancel()
        self._jobs.cut_short()
        for loop in self._loops.values():
            await loop.stop()
        await _within(self._grace, self._translating.settle_down, self._translating.give_back)
        await _within(self._grace, self._delivering.settle_down, self._delivering.cut_short)


async def _within(
    seconds: float, finish: Callable[[], Awaitable[None]], end: Callable[[], Awaitable[None]]
) -> None:
    try:
        async with asyncio.timeout(seconds):
            await finish()
    except TimeoutError:
        log.warning("not finished in time, leases are given back", seconds=seconds)
        await end()
