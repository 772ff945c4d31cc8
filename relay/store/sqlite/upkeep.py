"""Upkeep of a file. It is done by commands, which have nothing else to do: their thread may wait."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw

from relay.core.growth import Compacted, Size
from relay.store.base import StoreFault
from relay.store.sqlite.compacting import compact
from relay.store.sqlite.connection import connect
from relay.store.sqlite.size import size_of
from relay.store.upkeep import Tell, Upkeep


class SqliteUpkeep(Upkeep):
    """Of a file that is there already."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def size(self, *, exact: bool = False) -> Size:
        try:
            with closing(connect(self._path)) as db:
                return size_of(db, self._path, exact=exact)
        except apsw.Error as error:
            raise StoreFault(f"store.path {self._path} cannot be read: {error}") from error

    async def compact(self, tell: Tell) -> Compacted:
        return compact(self._path, tell)
