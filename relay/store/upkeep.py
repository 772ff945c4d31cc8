"""What can be done to the place of a ledger, past the rows in it; also while relays are at work on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from relay.core.growth import Compacted, Size

Tell = Callable[[int, int, str], None]
"""Told how much is done, of how much, and what is under way."""


class Upkeep(Protocol):
    """Raises `StoreFault` where the ledger cannot be used."""

    async def size(self, *, exact: bool = False) -> Size:
        """Nobody who writes is held up. Large ledgers are estimated, unless `exact`."""
        ...

    async def compact(self, tell: Tell) -> Compacted:
        """Give back what is free to whoever has the disk, in small steps where a relay is at work."""
        ...
