"""Reading beside the writer: one connection, in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from relay.store.base import StoreFault
from relay.store.sql.database import Database
from relay.store.sqlite.connection import connect

T = TypeVar("T")


class Reader:
    """Reads one thing after the other; what one reader is slow with holds up no other."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, name)
        self._db = connect(path)

    async def read(self, operation: Callable[[Database], T]) -> T:
        """What the operation returns, of one moment of the ledger. Raises `StoreFault`."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._snapshot, operation)
        except apsw.Error as error:
            raise StoreFault(f"store.path {self._path} cannot be read: {error}") from error

    def _snapshot(self, operation: Callable[[Database], T]) -> T:
        self._db.execute("BEGIN")
        try:
            return operation(self._db)
        finally:
            self._db.execute("COMMIT")

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
        self._db.close()
