"""The one way to wait in these tests: look until a condition holds, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 30.0
"""Seconds; far more than anything here takes on a busy machine."""

_LOOK = 0.005


async def until(met: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Return once the condition holds. AssertionError that says what did not happen."""

    async def look() -> bool:
        return met()

    await until_seen(look, what, seconds)


async def until_seen(met: Callable[[], Awaitable[bool]], what: str, seconds: float = PATIENCE) -> None:
    """The same for a condition that has to be asked for."""
    try:
        async with asyncio.timeout(seconds):
            while not await met():  # noqa: ASYNC110  # other processes set no event
                await asyncio.sleep(_LOOK)  # polling other processes
    except TimeoutError:
        raise AssertionError(f"within {seconds:.0f} s: {what}") from None
