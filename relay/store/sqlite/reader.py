"""A connection that only reads, in a thread of its own, so that neither commits nor the event loop wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from relay.store.base import StoreFault
from relay.store.sqlite.connection import connect

T = TypeVar("T")


class Reader:
    """One reads after the other. What takes long belongs to a reader of its own."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, f"relay-{name}")
        self._db = connect(path)

    async def __call__(self, operation: Callable[[apsw.Connection], T]) -> T:
        """What the operation returns. Raises `StoreFault` where the ledger cannot be read."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, operation, self._db)
        except apsw.Error as error:
            raise StoreFault(f"store.path {self._path} cannot be read: {error}") from error

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
        self._db.close()
