"""A database into which a ledger is being moved: until it holds all of it, no relay works on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relay.store.base import StoreFault

if TYPE_CHECKING:
    from relay.store.postgres.connection import Connection

BEGIN = """
CREATE TABLE move (id BIGINT PRIMARY KEY CHECK (id = 1), source TEXT NOT NULL);
CREATE TABLE move_range (
  place TEXT COLLATE "C" NOT NULL,  -- a table
  after TEXT COLLATE "C" NOT NULL,  -- JSON list, the key before the range; null: it begins with the table
  until TEXT COLLATE "C" NOT NULL,  -- the last key that may be in it; null: it has no end
  rows BIGINT NOT NULL,
  digest BYTEA NOT NULL,  -- of the rows in the file
  sum NUMERIC NOT NULL,  -- of hashes of the rows here
  PRIMARY KEY (place, after)
);
ALTER TABLE audit DISABLE TRIGGER audit_keeps;  -- its last range is copied anew when it has grown
"""
END = "ALTER TABLE audit ENABLE TRIGGER audit_keeps; DROP TABLE move_range; DROP TABLE move"
_SOURCE = "SELECT source FROM move"
_IS_THERE = "SELECT to_regclass('move') IS NOT NULL"


async def unfinished(connection: Connection) -> str | None:
    """Which file is being moved into the database; None: no move is under way."""
    if not await connection.fetchval(_IS_THERE):
        return None
    source: str | None = await connection.fetchval(_SOURCE)
    return source


async def refuse_unfinished(connection: Connection) -> None:
    """Raises `StoreFault` where only a part of a ledger may be in the database."""
    if source := await unfinished(connection):
        raise StoreFault(
            f"the ledger {source} is being moved here, and not all of it is here yet: end the move with "
            "`relay store migrate --finish`"
        )
