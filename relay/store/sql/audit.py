"""The audit log as rows: entries are added in the transaction of the change that they tell of."""

from __future__ import annotations

import sys

from relay.core.audit import FIRST, Change, Entry, seal
from relay.store.queries import queries
from relay.store.sql.database import Database, Row, row, rows

SQL = queries("relay.store.sql", "audit")


def add(db: Database, made: Change) -> int:
    """The number of its entry."""
    last, before = row(db, SQL["last"]) or (0, FIRST)
    values = (last + 1, made.at, made.who, made.action, made.detail, seal(before, last + 1, made))
    db.execute(SQL["add"], values)
    return int(last) + 1


def page(db: Database, after: int, limit: int) -> list[Entry]:
    """Entries in the order in which they were written."""
    return [_entry(found) for found in rows(db, SQL["page"], {"after": after, "limit": limit})]


def newest(db: Database, limit: int, before: int | None) -> list[Entry]:
    values = {"before": sys.maxsize if before is None else before, "limit": limit}
    return [_entry(found) for found in rows(db, SQL["newest"], values)]


def _entry(found: Row) -> Entry:
    number, at, who, action, detail, its_seal = found
    return Entry(number, Change(who, at, action, detail), its_seal)
