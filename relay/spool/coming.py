"""A store that may be opened later, for those who are at work before it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from relay.store.base import Incoming, Quarantined, Spooled, Store, StoreFault


class Coming:
    """Until it `came` it is away: everything here raises `StoreFault`."""

    def __init__(self) -> None:
        self._store: Store | None = None

    def came(self, store: Store) -> None:
        self._store = store

    @property
    def store(self) -> Store:
        if self._store is None:
            raise StoreFault("the store is not open yet")
        return self._store

    # Not coroutines of their own: every request passes here.
    def add_request(self, request: Incoming) -> asyncio.Future[int]:
        return self.store.add_request(request)

    def add_spooled(self, spooled: Spooled, now: int) -> Awaitable[int]:
        return self.store.add_spooled(spooled, now)

    def add_quarantined(self, request: Quarantined, keep: int) -> Awaitable[None]:
        return self.store.add_quarantined(request, keep)

    async def look(self) -> None:
        """A turn of its writer that changes nothing."""
        await self.store.rescue_requests(0)  # nothing has a lease that ended in 1970

    async def ahead(self) -> float:
        return await self.store.ahead()
