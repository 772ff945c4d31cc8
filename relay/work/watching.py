"""Holds: looks whether what was refused would be accepted now, without enrolling anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from relay.config.installation import Installation
from relay.destination.inspection import Inspector
from relay.store.base import Held, Store

log = structlog.get_logger()

LOOK_SECONDS = 60.0


class Watching:
    """One step looks at everything that is held and resumes what is mended."""

    def __init__(
        self, store: Store, installation: Installation, inspector: Inspector, resumed: Callable[[], None]
    ) -> None:
        self._store = store
        self._destinations = installation.destinations
        self._inspector = inspector
        self._resumed = resumed

    async def tick(self) -> float:
        """Seconds until the next look. A destination that does not answer holds up no look at another."""
        by_destination: dict[str, list[Held]] = {}
        for held in await self._store.held():
            by_destination.setdefault(held.destination, []).append(held)
        async with asyncio.TaskGroup() as looks:
            for those in by_destination.values():
                looks.create_task(self._look(those))
        return LOOK_SECONDS

    async def _look(self, those: Sequence[Held]) -> None:
        for held in those:
            if await self._mended(held):
                await self._store.resume(held.destination, held.sequence)
                log.info("resumed", destination=held.destination, sequence=held.sequence)
                self._resumed()

    async def _mended(self, held: Held) -> bool:
        """A missing scope or a redirect cannot be seen without enrolling: those wait for a person."""
        destination = self._destinations.get(held.destination)
        if destination is None:
            return False
        if held.sequence is not None:
            return await self._inspector.is_active(destination, held.sequence)
        return held.reason.startswith("401") and await self._inspector.knows_key(destination)
