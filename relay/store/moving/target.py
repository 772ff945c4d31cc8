"""The database that a ledger is moved to. What is noted of it and what is in it change in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from relay.core.audit import Change
from relay.store.base import Ledger, StoreFault
from relay.store.moving import ranges
from relay.store.moving.ranges import Range
from relay.store.moving.source import Chunk
from relay.store.moving.tables import Table
from relay.store.place import described
from relay.store.postgres.bridge import operate
from relay.store.postgres.connection import LOST, connect
from relay.store.postgres.database import PostgresDatabase
from relay.store.postgres.migrations import migrate
from relay.store.postgres.unfinished import BEGIN, END, unfinished
from relay.store.sql import audit
from relay.store.sql.database import Row
from relay.store.sql.ledger import ledger

if TYPE_CHECKING:
    from relay.store.postgres.connection import Connection

_OLDEST = 150000
"""PostgreSQL 15, as it writes its version."""

# Progress that a crash of the server takes with it is made anew, since what was noted goes with it.
_QUICK = "SET LOCAL synchronous_commit = off"
_SUM = "SELECT coalesce(sum(hashtextextended(CAST(one AS text), 0)), 0) FROM {table} AS one WHERE {condition}"
_NOTES = "SELECT after, until, rows, digest, sum FROM move_range WHERE place = $1"
_NOTE = "INSERT INTO move_range (place, after, until, rows, digest, sum) VALUES ($1, $2, $3, $4, $5, $6)"
_DROP_NOTE = "DELETE FROM move_range WHERE place = $1 AND after = $2"
_COLUMNS = """
SELECT table_name, column_name, is_identity = 'YES' FROM information_schema.columns
WHERE table_schema = current_schema()
"""
_NUMBER = "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) FROM {table}"
_ROWS = "SELECT coalesce(sum(rows), 0) FROM move_range"
_SAY_NOTHING = {"alert_look", "forgotten_event", "retired", "retiring"}
"""Tables with rows in every ledger, also where a relay was started and nothing came."""


class Copied(NamedTuple):
    """A range that is in the database as it was in the file, with the digest of the rows there."""

    span: Range
    rows: int
    digest: bytes
    sum: int


class Clash(Exception):
    """Rows that cannot stand beside others: what was unique in the file has changed places meanwhile."""


class Target:
    """One connection. Raises `StoreFault` where the database cannot be used."""

    def __init__(self, connection: Connection, url: str) -> None:
        self._connection = connection
        self.place = described(url)

    async def survey(self, source: str, wanted: Sequence[Table]) -> int:
        """How many rows are copied already. Raises `StoreFault` where no ledger can be moved here."""
        version = int(await self._connection.fetchval("SHOW server_version_num"))
        encoding = await self._connection.fetchval("SHOW server_encoding")
        if version < _OLDEST:
            raise StoreFault(f"{self.place} is PostgreSQL {version // 10000}: 15 is the oldest that will do")
        if encoding != "UTF8":
            raise StoreFault(f"{self.place} has the encoding {encoding}: create it with ENCODING 'UTF8'")
        other = await unfinished(self._connection)
        if other is None:
            await self._refuse_filled(wanted)
            return 0
        if other != source:
            raise StoreFault(f"{self.place} holds a part of another ledger, {other}: name an empty database")
        return int(await self._connection.fetchval(_ROWS))

    async def _refuse_filled(self, wanted: Sequence[Table]) -> None:
        found = await self._tables()
        for table in wanted:
            if table.name not in found or table.name in _SAY_NOTHING:
                continue
            if await self._connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table.name})"):  # noqa: S608
                raise StoreFault(f"{self.place} holds something already: name an empty database")

    async def is_unfinished(self) -> bool:
        return await unfinished(self._connection) is not None

    async def begin(self, source: str, wanted: Sequence[Table]) -> None:
        """Make what is missing there; nothing, where the move was begun before."""
        await migrate(self._connection)
        if await unfinished(self._connection) is not None:
            return
        found = await self._tables()
        for table in wanted:
            if set(table.columns) != found.get(table.name):
                raise StoreFault(f"table {table.name} has other columns in {self.place} than in {source}")
        async with self._connection.transaction():
            await self._connection.execute(BEGIN)
            await self._connection.execute("INSERT INTO move (id, source) VALUES (1, $1)", source)
            for table in wanted:
                await self._connection.execute(f"DELETE FROM {table.name}")  # noqa: S608

    async def _tables(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for table, column, _ in await self._connection.fetch(_COLUMNS):
            found.setdefault(table, set()).add(column)
        return found

    async def copied(self, table: Table) -> list[Copied]:
        found = await self._connection.fetch(_NOTES, table.name)
        return [
            Copied(Range(ranges.read(after), ranges.read(until)), rows, digest, total)
            for after, until, rows, digest, total in found
        ]

    async def forget(self, table: Table, span: Range) -> None:
        """Remove the rows of a range that was copied."""
        condition, values = table.within(span, "$")
        async with self._quickly():
            await self._connection.execute(f"DELETE FROM {table.name} WHERE {condition}", *values)  # noqa: S608
            await self._connection.execute(_DROP_NOTE, table.name, ranges.written(span.after))

    async def put(self, table: Table, chunk: Chunk) -> None:
        """Copy a range, and compare it. Raises `Clash`; `StoreFault` where it is not the same afterwards."""
        try:
            await self._put(table, chunk, chunk.rows)
        except asyncpg.CharacterNotInRepertoireError:
            await self._put(table, chunk, [_fitting(row) for row in chunk.rows])

    async def _put(self, table: Table, chunk: Chunk, rows: list[Row]) -> None:
        try:
            async with self._quickly():
                await self._connection.copy_records_to_table(table.name, records=rows, columns=table.columns)
                statement, values = table.select(chunk.span, "$")
                if [tuple(row) for row in await self._connection.fetch(statement, *values)] != rows:
                    raise StoreFault(f"{self._named(table, chunk.span)}, was copied and is another there")
                total = await self._sum(table, chunk.span)
                limits = map(ranges.written, chunk.span)
                await self._connection.execute(_NOTE, table.name, *limits, len(rows), chunk.digest, total)
        except asyncpg.UniqueViolationError as error:
            # What else it says is of people.
            raise Clash(
                f"{self._named(table, chunk.span)}: twice the same in {error.constraint_name}"
            ) from None

    async def difference(self, table: Table, copied: Sequence[Copied]) -> str | None:
        """Where the rows are not those that were copied and compared, for people; None: nowhere."""
        if await self._sum(table, Range()) == sum(one.sum for one in copied):
            return None
        for one in copied:
            if await self._sum(table, one.span) != one.sum:
                return self._named(table, one.span)
        return f"{table.name}, between the ranges that were copied"

    async def _sum(self, table: Table, span: Range) -> int:
        condition, values = table.within(span, "$")
        statement = _SUM.format(table=table.name, condition=condition)
        return int(await self._connection.fetchval(statement, *values, timeout=None))

    async def ledger(self) -> Ledger:
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            return await operate(lambda: ledger(PostgresDatabase(self._connection)))

    async def analyze(self) -> None:
        """Without it the database would choose its ways through large tables as if they were empty."""
        await self._connection.execute("ANALYZE", timeout=None)

    async def end(self, change: Change) -> None:
        """Let relays work here: numbers go on behind the highest, and the audit log tells of the move."""
        async with self._connection.transaction():
            for table, column, is_identity in await self._connection.fetch(_COLUMNS):
                if is_identity:
                    await self._connection.execute(_NUMBER.format(table=table, column=column))
            await operate(lambda: audit.add(PostgresDatabase(self._connection), change))
            await self._connection.execute(END)

    @asynccontextmanager
    async def _quickly(self) -> AsyncIterator[None]:
        async with self._connection.transaction():
            await self._connection.execute(_QUICK)
            yield

    def _named(self, table: Table, span: Range) -> str:
        return ranges.told(table.name, table.key, span)


@asynccontextmanager
async def open_target(url: str) -> AsyncIterator[Target]:
    """Raises `StoreFault` where the database cannot be reached, or is lost on the way."""
    try:
        connection = await connect(url)
    except (*LOST, asyncpg.PostgresError, ValueError) as error:
        raise _fault(url, "reached", error) from error
    try:
        yield Target(connection, url)
    except (*LOST, asyncpg.PostgresError) as error:
        raise _fault(url, "used", error) from error
    finally:
        connection.terminate()


def _fault(url: str, what: str, error: BaseException) -> StoreFault:
    # Details of the database's own faults are values of rows.
    told = error.args[0] if isinstance(error, asyncpg.PostgresError) else str(error)
    return StoreFault(f"{described(url)} cannot be {what}: {told or type(error).__name__}")


def _fitting(row: Row) -> Row:
    """PostgreSQL's texts lack one character, which the store replaces there as well."""
    return tuple(value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in row)
