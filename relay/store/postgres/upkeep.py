"""Upkeep of a database: what its tables take, and vacuuming them one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg

from relay.core.growth import Compacted, Size, TableSize
from relay.store.base import StoreFault
from relay.store.place import described
from relay.store.postgres.bridge import operate
from relay.store.postgres.connection import LOST, connect, plainly
from relay.store.postgres.database import PostgresDatabase
from relay.store.sql.oldest import oldest
from relay.store.upkeep import Tell, Upkeep

if TYPE_CHECKING:
    from relay.store.postgres.connection import Connection

QUICKLY_COUNTED = 8 << 20
"""Bytes of a table whose rows are counted in a moment."""

_LONGEST = 86_400.0
"""Seconds for the vacuum of one table."""

_TABLES = """
SELECT c.relname, pg_total_relation_size(c.oid), pg_relation_size(c.oid),
  CAST(greatest(c.reltuples, s.n_live_tup, 0) AS BIGINT), s.n_dead_tup,
  CAST(extract(epoch FROM greatest(s.last_vacuum, s.last_autovacuum)) * 1000 AS BIGINT)
FROM pg_class AS c LEFT JOIN pg_stat_all_tables AS s ON s.relid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = to_regnamespace(current_schema()) ORDER BY c.relname
"""


class PostgresUpkeep(Upkeep):
    """On one connection. Rows are counted where that is quick, else as PostgreSQL's statistics have them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def size(self, *, exact: bool = False) -> Size:
        found = await self._connection.fetch(_TABLES)
        counted = [each for each in found if exact or each[2] <= QUICKLY_COUNTED]
        counts = {name: await self._count(name) for name, *_ in counted}
        tables = tuple(
            TableSize(name, size, counts.get(name, about), dead or 0, vacuumed_at)
            for name, size, _, about, dead, vacuumed_at in found
        )
        return Size(
            tables=tables,
            total=sum(table.size for table in tables),
            oldest=await operate(lambda: oldest(PostgresDatabase(self._connection))),
            is_exact=len(counts) == len(tables),
        )

    async def _count(self, table: str) -> int:
        statement = f"SELECT count(*) FROM {table}"  # noqa: S608
        return int(await self._connection.fetchval(statement, timeout=_LONGEST))

    async def compact(self, tell: Tell) -> Compacted:
        """Nobody waits for it: what is free at the end of a table is given back, and the rest used again."""
        found: list[Any] = await self._connection.fetch(_TABLES)
        before, done = sum(size for _, size, *_ in found), 0
        for name, size, *_ in sorted(found, key=lambda each: -each[1]):
            tell(done, before, name)
            await self._connection.execute(f"VACUUM (ANALYZE) {name}", timeout=_LONGEST)
            done += size
        tell(before, before, "")
        after = sum(size for _, size, *_ in await self._connection.fetch(_TABLES))
        return Compacted(before, after)


@asynccontextmanager
async def open_postgres_upkeep(url: str) -> AsyncIterator[PostgresUpkeep]:
    """Raises `StoreFault`."""
    try:
        connection = await connect(url)
        try:
            yield PostgresUpkeep(connection)
        finally:
            connection.terminate()
    except (*LOST, asyncpg.PostgresError, ValueError) as error:
        raise StoreFault(f"store.url {described(url)} cannot be used: {plainly(error)}") from error
