"""A loop: one step, then rest until woken or due; it outlives what a step meets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from structlog.testing import capture_logs

from relay.store.base import StoreFault
from relay.work.loop import Loop


class Steps:
    """A tick that a test can watch. `waits` are its answers in turn, the last one for ever."""

    def __init__(self, *waits: float | Exception | None) -> None:
        self.taken = 0
        self._waits = list(waits)
        self._changed = asyncio.Condition()

    async def tick(self) -> float | None:
        async with self._changed:
            self.taken += 1
            self._changed.notify_all()
        wait = self._waits[0] if len(self._waits) == 1 else self._waits.pop(0)
        if isinstance(wait, Exception):
            raise wait
        return wait

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: self.taken >= count)


@asynccontextmanager
async def started(steps: Steps) -> AsyncIterator[Loop]:
    loop = Loop("test", steps.tick)
    loop.start()
    try:
        yield loop
    finally:
        await loop.stop()


async def test_a_started_loop_takes_a_step_at_once_and_then_rests() -> None:
    steps = Steps(None)
    async with started(steps):
        await steps.reach(1)
    assert steps.taken == 1


async def test_a_loop_takes_a_step_when_it_is_woken() -> None:
    steps = Steps(None)
    async with started(steps) as loop:
        for count in (1, 2, 3):
            await steps.reach(count)
            loop.wake()
        await steps.reach(4)


async def test_a_wake_during_a_step_is_not_lost() -> None:
    loop: Loop

    async def tick() -> float | None:
        if steps.taken == 0:
            loop.wake()
        return await steps.tick()

    steps = Steps(None)
    loop = Loop("test", tick)
    loop.start()
    await steps.reach(2)
    await loop.stop()


async def test_a_loop_goes_on_at_once_while_something_is_due() -> None:
    steps = Steps(0.0, 0.0, 0.0, None)
    async with started(steps):
        await steps.reach(4)


async def test_a_step_that_fails_is_logged_and_the_loop_goes_on() -> None:
    steps = Steps(ValueError("a payload nobody should read in a log"), None)
    with capture_logs() as logs:
        async with started(steps) as loop:
            await steps.reach(1)
            loop.wake()
            await steps.reach(2)
    (entry,) = logs
    assert (entry["event"], entry["loop"], entry["log_level"]) == ("loop failed", "test", "error")
    assert "a payload" not in str(entry)


async def test_a_store_that_is_away_is_told_once_and_once_that_the_loop_goes_on() -> None:
    steps = Steps(*[StoreFault("the database is gone")] * 3, None)
    with capture_logs() as logs:
        async with started(steps) as loop:
            for count in (1, 2, 3):
                await steps.reach(count)
                loop.wake()
            await steps.reach(4)
    told = [(entry["event"], entry["loop"], entry["log_level"]) for entry in logs]
    assert told == [("loop waits for the store", "test", "warning"), ("loop goes on", "test", "info")]
    assert logs[0]["fault"] == "the database is gone"


async def test_stopping_lets_the_present_step_end() -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def tick() -> None:
        begun.set()
        await go_on.wait()
        ended.set()

    loop = Loop("test", tick)
    loop.start()
    await begun.wait()
    stopping = asyncio.ensure_future(loop.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    go_on.set()
    await stopping
    assert ended.is_set()


async def test_a_loop_that_was_never_started_can_be_stopped() -> None:
    await Loop("test", Steps(None).tick).stop()
