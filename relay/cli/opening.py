"""A start that waits for its store: a database may still be starting, or a former relay still be stopping."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import structlog

from relay.store import Store
from relay.store.base import InUse, StoreFault, Unfit

log = structlog.get_logger()

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
_REMIND_SECONDS = 60.0
_LOOK_SECONDS = 0.02
"""Between two looks whether somebody has left: nobody delivers in the meantime."""


class GivenUp(StoreFault):
    """The relay was stopped before its store could be opened."""


Opening = Callable[[], AbstractAsyncContextManager[Store]]


def pauses(total: float) -> Iterator[float]:
    """Seconds between tries, each twice the one before up to a longest; together `total`."""
    pause, left = _FIRST_PAUSE, total
    while left > 0:
        yield min(pause, left)
        left -= pause
        pause = min(2 * pause, _LONGEST_PAUSE)


async def opened_in_time(
    stack: AsyncExitStack, opening: Opening, seconds: float, *, stop: asyncio.Event, waiting: asyncio.Event
) -> Store:
    """The store, which the stack closes. `GivenUp` once stopped; `StoreFault` after `seconds` of tries, or at
    once where waiting does not help.

    `waiting` is set once the first try failed.
    """
    loop = asyncio.get_running_loop()
    begun, tell_at = loop.time(), 0.0
    for pause in pauses(seconds):
        try:
            store = await stack.enter_async_context(opening())
        except Unfit:
            raise
        except StoreFault as fault:
            waiting.set()
            if (now := loop.time()) >= tell_at:
                tell_at = now + _REMIND_SECONDS
                log.warning("waiting for the store", fault=str(fault), seconds=round(now - begun))
            if await _stopped(stop, pause):
                raise GivenUp(str(fault)) from fault
        else:
            if waiting.is_set():
                log.info("the store is open", seconds=round(loop.time() - begun))
            return store
    return await stack.enter_async_context(opening())


async def opened_once_free(
    stack: AsyncExitStack, opening: Opening, seconds: float, stop: asyncio.Event
) -> Store:
    """The store the moment its former holder is gone. `InUse` after `seconds`, `GivenUp` once stopped."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        try:
            return await stack.enter_async_context(opening())
        except InUse as fault:
            if loop.time() >= deadline:
                raise
            if await _stopped(stop, _LOOK_SECONDS):
                raise GivenUp(str(fault)) from fault


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Whether it was set within that time."""
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False
