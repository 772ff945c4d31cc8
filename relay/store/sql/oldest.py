"""Since when there is anything: the first row of each table that grows with the traffic."""

from __future__ import annotations

from relay.store.queries import queries
from relay.store.sql.database import Database, row

SQL = queries("relay.store.sql", "growth")


def oldest(db: Database) -> dict[str, int]:
    """By table; milliseconds since 1970."""
    found = {table: row(db, statement) for table, statement in SQL.items()}
    return {table: first[0] for table, first in found.items() if first is not None and first[0] is not None}
