"""The file that a ledger is moved from. A relay may be at work on it: reads are short and hold nobody up."""

from __future__ import annotations

import asyncio
import marshal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import apsw

from relay.core.audit import Change, Entry, broken
from relay.store.base import Ledger, StoreFault
from relay.store.moving.ranges import Range
from relay.store.moving.tables import Table, tables
from relay.store.queries import queries
from relay.store.sql.database import Row, one
from relay.store.sql.ledger import ledger
from relay.store.sqlite.connection import connect, migrations
from relay.store.sqlite.moved import mark_moved, moved_to

T = TypeVar("T")

AUDIT = queries("relay.store.sql", "audit")

_MOST_ROWS = 2048
_MOST_BYTES = 4 << 20
"""A range is copied at once, and copied again when one of its rows is another."""

_STEP = 64
"""Rows between two looks at how many bytes they are: some of them hold large requests."""


class Chunk(NamedTuple):
    """A range as it is in the file: its rows in the order of their keys, and their digest."""

    span: Range
    rows: list[Row]
    digest: bytes


class Source:
    """One connection, in a thread of its own. Raises `StoreFault` where the file cannot be read."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise StoreFault(f"store.path {path} does not exist: there is no ledger to move")
        self._path = path
        self._db = connect(path)
        self._thread = ThreadPoolExecutor(1, "relay-moving")
        try:
            _refuse_other_schema(self._db, path)
        except BaseException:
            self._db.close()
            raise
        self.tables = tables(self._db)

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except apsw.BusyError:
            raise StoreFault(
                f"somebody else keeps writing to the ledger store.path {self._path}: stop every relay and "
                "command that works on it"
            ) from None
        except apsw.Error as error:
            raise StoreFault(f"store.path {self._path} cannot be read: {error}") from error

    async def estimate(self, table: Table) -> int:
        """About how many rows there are, in no time."""
        return await self._do(lambda: _estimate(self._db, table))

    async def chunk(self, table: Table, span: Range) -> Chunk:
        """The first rows of a range, as many as are copied at once; its `span` says how far they go."""
        return await self._do(lambda: _chunk(self._db, table, span))

    async def digest(self, table: Table, span: Range) -> tuple[int, bytes]:
        """How many rows a range has, and the digest that `chunk` would give of all of them."""
        return await self._do(lambda: _digest(self._db, table, span))

    async def ledger(self) -> Ledger:
        return await self._do(lambda: ledger(self._db))

    async def broken_seals(self) -> list[str]:
        """Where the audit log is not what was written, as sentences; the first few."""
        return await self._do(lambda: list(islice(broken(_entries(self._db)), 3)))

    async def hold(self) -> None:
        """From here on nobody else writes, till the connection is closed."""
        await self._do(lambda: self._db.execute("BEGIN IMMEDIATE"))

    async def moved_to(self) -> str | None:
        return await self._do(lambda: moved_to(self._db))

    async def give_up(self, place: str, at: int) -> None:
        """From here on nobody writes at all: the ledger is at `place`."""

        def mark() -> None:
            mark_moved(self._db, place, at)
            self._db.execute("COMMIT")

        await self._do(mark)

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
        self._db.close()


def _refuse_other_schema(db: apsw.Connection, path: Path) -> None:
    """A relay of another version may be at work: its schema is not changed under it."""
    newest = int(migrations()[-1][0][:4])
    found = one(db, "SELECT max(number) FROM migration")[0]
    if found != newest:
        raise StoreFault(
            f"the ledger store.path {path} is at migration {found}, this relay at {newest}: run the same "
            "version of the relay on it first"
        )


def _estimate(db: apsw.Connection, table: Table) -> int:
    (first, *more) = table.key
    kind = one(db, "SELECT type FROM pragma_table_info(?) WHERE name = ?", (table.name, first))[0]
    if more or kind != "INTEGER":
        return int(one(db, f"SELECT count(*) FROM {table.name}")[0])  # noqa: S608
    # Each end alone is found by the index; asked for both, SQLite reads every row.
    ends = f"SELECT (SELECT max({first}) FROM {table.name}) - (SELECT min({first}) FROM {table.name}) + 1"  # noqa: S608
    return int(one(db, ends)[0] or 0)


def _chunk(db: apsw.Connection, table: Table, span: Range) -> Chunk:
    found: list[Row] = []
    hasher, size = blake2b(digest_size=16), 0
    with closing(db.execute(*table.select(span, "?"))) as cursor:
        while len(found) < _MOST_ROWS and size < _MOST_BYTES:
            some = list(islice(cursor, _STEP))
            if not some:
                return Chunk(span, found, hasher.digest())
            written = _written(some)
            hasher.update(written)
            size += len(written)
            found += some
    return Chunk(Range(span.after, table.key_of(found[-1])), found, hasher.digest())


def _digest(db: apsw.Connection, table: Table, span: Range) -> tuple[int, bytes]:
    hasher, count = blake2b(digest_size=16), 0
    with closing(db.execute(*table.select(span, "?"))) as cursor:
        while some := list(islice(cursor, _STEP)):
            hasher.update(_written(some))
            count += len(some)
    return count, hasher.digest()


def _written(some: list[Row]) -> bytes:
    # The fastest that there is. Later versions of the format note what is the same object, which says nothing
    # of the rows; and digests are compared with those of this module alone.
    return marshal.dumps(some, 2)


def _entries(db: apsw.Connection) -> Iterator[Entry]:
    for number, at, who, action, detail, seal in db.execute(
        "SELECT number, at, who, action, detail, seal FROM audit ORDER BY number"
    ):
        values: Any = (who, at, action, detail)
        yield Entry(int(str(number)), Change(*values), str(seal))
