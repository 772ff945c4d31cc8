"""The `retention` part of the store: steps that retire, and looks at what they would do."""

from __future__ import annotations

from relay.core.retention import MOST_IN_A_STEP, Ahead, Kept, Place, Reach, Retired
from relay.store.retention import RetentionStore
from relay.store.sql import foreseeing, retention
from relay.store.sql.engine import Run


class SqlRetention(RetentionStore):
    def __init__(self, look: Run, write: Run) -> None:
        self._look = look
        self._write = write

    async def step(self, kept: Kept, now: int, most: int = MOST_IN_A_STEP) -> Retired:
        return await self._write(lambda db: retention.step(db, kept, now, most))

    async def begin(self, now: int) -> None:
        await self._write(lambda db: retention.begin(db, now))

    async def look(
        self, kept: Kept, now: int, place: Place | None = None, most: int = MOST_IN_A_STEP
    ) -> Ahead:
        return await self._look(lambda db: foreseeing.ahead(db, kept, now, place, most))

    async def reach(self, kept: Kept, now: int) -> list[Reach]:
        return await self._look(lambda db: foreseeing.reach(db, kept, now))
