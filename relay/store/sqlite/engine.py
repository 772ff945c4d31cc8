"""One SQLite file as the engine of a ledger: a thread that writes, and two that read beside it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import apsw

from relay.store.base import Incoming, InUse, StoreFault
from relay.store.sql.database import Database
from relay.store.sql.engine import Engine
from relay.store.sqlite.connection import connect, migrate
from relay.store.sqlite.moved import refuse_moved
from relay.store.sqlite.reader import Reader
from relay.store.sqlite.turn import Turn
from relay.store.sqlite.watching import Watcher
from relay.store.sqlite.work import take_work
from relay.store.sqlite.writer import Writer

T = TypeVar("T")


class SqliteEngine(Engine):
    """One file, one process at work on it (`exclusive`); others may take in requests, read, and repair."""

    is_shared = False

    def __init__(self, path: Path, *, exclusive: bool) -> None:
        self._path = path
        self._lock = _lock(path) if exclusive else None
        try:
            # Others that start at the same moment find it done.
            with closing(Turn(path)) as turn, turn.taken_soon(), closing(connect(path)) as db:
                refuse_moved(db, path)
                migrate(db)
        except BaseException as error:
            self._unlock()
            if isinstance(error, apsw.Error):
                raise StoreFault(f"store.path {path} cannot be used: {error}") from error
            raise
        self._writer = Writer(path)
        self._writer.start()
        self._reader = Reader(path, "relay-reader")
        self._desk = Reader(path, "relay-desk")
        self._watcher: Watcher | None = None

    def add_request(self, incoming: Incoming) -> asyncio.Future[int]:
        return self._writer.add_request(incoming)

    async def write(self, operation: Callable[[Database], T], /) -> T:
        written: T = await self._writer.run(operation)
        return written

    async def write_soon(self, operation: Callable[[Database], T], /) -> T:
        written: T = await self._writer.run(operation, durably=False)
        return written

    async def claim(self, operation: Callable[[Database], T], /) -> T:
        return await self.write_soon(operation)

    async def read(self, operation: Callable[[Database], T], /) -> T:
        return await self._reader.read(operation)

    async def look(self, operation: Callable[[Database], T], /) -> T:
        return await self._desk.read(operation)

    async def ahead(self) -> float:
        return 0.0

    def tell(self) -> None:
        """Whoever watches the file sees every change."""

    async def watch(self) -> None:
        if self._watcher is None:
            self._watcher = Watcher(self._path)
        await self._watcher.changed()

    async def close(self) -> None:
        if self._watcher is not None:
            self._watcher.close()
        await self._writer.close()
        await self._reader.close()
        await self._desk.close()
        self._unlock()

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)


def _lock(path: Path) -> int:
    try:
        return take_work(path)
    except InUse as error:
        raise InUse(
            f"{error}: stop it first, or start this one with --role intake or --role web, which go beside it"
        ) from None
