"""The one way to a concrete store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from relay.store.base import Store, StoreFault, Unfit
from relay.store.place import Place, described
from relay.store.sql.engine import Engine
from relay.store.sql.store import SqlStore
from relay.store.sqlite.backup import back_up
from relay.store.sqlite.engine import SqliteEngine
from relay.store.sqlite.moved import take_back

__all__ = ["Place", "back_up", "described", "open_store", "take_back"]


@asynccontextmanager
async def open_store(
    place: Place, *, exclusive: bool = False, must_exist: bool = False
) -> AsyncIterator[Store]:
    """The ledger at `place`, created when missing. `exclusive`: no other process may work on its file.

    Raises `StoreFault` where it cannot be used.
    """
    store = SqlStore(await _engine(place, exclusive=exclusive, must_exist=must_exist))
    try:
        yield store
    finally:
        await store.close()


async def _engine(place: Place, *, exclusive: bool, must_exist: bool) -> Engine:
    if isinstance(place, str):
        try:
            from relay.store.postgres.engine import open_engine  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise Unfit(
                f"store.url needs the package {error.name}: pip install 'sequence-relay[postgres]'"
            ) from None
        return await open_engine(place)
    if must_exist and not await asyncio.to_thread(place.is_file):
        raise StoreFault(f"store.path {place} does not exist yet: start the relay once with `relay serve`")
    return SqliteEngine(place, exclusive=exclusive)
