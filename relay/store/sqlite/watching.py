"""Seeing that something was written, by whichever process: the file counts its changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import apsw

from relay.store.base import StoreFault
from relay.store.sql.database import one
from relay.store.sqlite.connection import connect

LOOK_SECONDS = 0.02
"""Between two looks, each of which takes some microseconds and no disk; half of it is the usual delay."""


class Watcher:
    """A connection that does nothing but look. What this process writes itself is a change as well."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Never waits: it looks on the event loop, and whoever holds the file up is writing.
        self._db = connect(path, busy_seconds=0)
        self._seen: int | None = None

    async def changed(self) -> None:
        """Returns after the next change; at the first call at once. Raises `StoreFault`."""
        before = self._seen
        pause = 0.0 if before is None else LOOK_SECONDS
        # The pause comes first: under load there is always a change, and whoever is told looks no more often.
        while self._seen == before:
            await asyncio.sleep(pause)
            self._seen = self._version() or before
            pause = LOOK_SECONDS

    def _version(self) -> int | None:
        """None: it cannot be seen just now."""
        try:
            return int(one(self._db, "PRAGMA data_version")[0])
        except apsw.BusyError:
            return None
        except apsw.Error as error:
            raise StoreFault(f"store.path {self._path} cannot be read: {error}") from error

    def close(self) -> None:
        self._db.close()
