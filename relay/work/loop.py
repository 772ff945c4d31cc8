"""One loop: a step is taken, then it waits until it is woken or the next thing is due."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from relay.store.base import StoreFault
from relay.telemetry import place_of

log = structlog.get_logger()

LONGEST_WAIT = 5.0
"""Seconds: other processes may have put work into the ledger, so every loop looks now and then."""

AFTER_CRASH = 1.0


class Loop:
    """`tick` takes one step and returns the seconds until the next (None: when woken, or after a while).

    Tests call `tick` themselves; only here is anything waited for.
    """

    def __init__(
        self, name: str, tick: Callable[[], Awaitable[float | None]], longest: float = LONGEST_WAIT
    ) -> None:
        self._name = name
        self._longest = longest
        self._tick = tick
        self._awake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_waiting = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"relay-{self._name}")

    @property
    def is_running(self) -> bool:
        return self._task is not None

    def wake(self) -> None:
        self._awake.set()

    async def stop(self) -> None:
        """Let the present step end, then stop."""
        task, self._task = self._task, None
        self.wake()
        if task is not None:
            await task

    async def _run(self) -> None:
        while self._task is not None:
            self._awake.clear()
            try:
                wait = await self._tick()
                self._goes_on()
            except StoreFault as fault:
                self._waits(str(fault))
                wait = AFTER_CRASH
            except Exception as error:  # noqa: BLE001  # a loop outlives whatever a step meets
                log.error("loop failed", loop=self._name, error=place_of(error))  # noqa: TRY400  # see place_of
                wait = AFTER_CRASH
            if self._task is not None:
                await self._rest(self._longest if wait is None else min(wait, self._longest))

    def _waits(self, fault: str) -> None:
        """Told once, however long the store is away."""
        if not self._is_waiting:
            self._is_waiting = True
            log.warning("loop waits for the store", loop=self._name, fault=fault)

    def _goes_on(self) -> None:
        if self._is_waiting:
            self._is_waiting = False
            log.info("loop goes on", loop=self._name)

    async def _rest(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), seconds)
