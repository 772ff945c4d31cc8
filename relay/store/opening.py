"""The one way to a concrete store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from relay.store.base import Store, StoreFault
from relay.store.sql.store import SqlStore
from relay.store.sqlite.backup import back_up
from relay.store.sqlite.engine import SqliteEngine

__all__ = ["back_up", "open_store"]


@asynccontextmanager
async def open_store(
    path: Path, *, exclusive: bool = False, must_exist: bool = False
) -> AsyncIterator[Store]:
    """The ledger at `path`, created when missing. `exclusive`: this process does the relay's work on it.

    Raises `StoreFault` where the file cannot be used.
    """
    if must_exist and not await asyncio.to_thread(path.is_file):
        raise StoreFault(f"store.path {path} does not exist yet: start the relay once with `relay serve`")
    store = SqlStore(SqliteEngine(path, exclusive=exclusive))
    try:
        yield store
    finally:
        await store.close()
