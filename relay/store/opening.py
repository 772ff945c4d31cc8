"""The one way to a concrete store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from relay.store.base import Store, StoreFault, Unfit
from relay.store.place import Place, described
from relay.store.sql.engine import Engine
from relay.store.sql.store import SqlStore
from relay.store.sqlite.backup import back_up
from relay.store.sqlite.engine import SqliteEngine
from relay.store.sqlite.moved import take_back
from relay.store.sqlite.upkeep import SqliteUpkeep
from relay.store.upkeep import Upkeep

__all__ = ["Place", "back_up", "described", "open_store", "open_upkeep", "take_back"]


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


@asynccontextmanager
async def open_upkeep(place: Place) -> AsyncIterator[Upkeep]:
    """For what is done to the place of a ledger that is there. Raises `StoreFault`."""
    if isinstance(place, Path):
        await _refuse_missing(place)
        yield SqliteUpkeep(place)
        return
    with _needing_packages():
        from relay.store.postgres.upkeep import open_postgres_upkeep  # noqa: PLC0415
    async with open_postgres_upkeep(place) as upkeep:
        yield upkeep


async def _engine(place: Place, *, exclusive: bool, must_exist: bool) -> Engine:
    if isinstance(place, str):
        with _needing_packages():
            from relay.store.postgres.engine import open_engine  # noqa: PLC0415
        return await open_engine(place)
    if must_exist:
        await _refuse_missing(place)
    return SqliteEngine(place, exclusive=exclusive)


@contextmanager
def _needing_packages() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise Unfit(
            f"store.url needs the package {error.name}: pip install 'sequence-relay[postgres]'"
        ) from None


async def _refuse_missing(path: Path) -> None:
    if not await asyncio.to_thread(path.is_file):
        raise StoreFault(f"store.path {path} does not exist yet: start the relay once with `relay serve`")
