"""The tables of a ledger, and the statements with which ranges of them are read and removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import apsw

from relay.store.moving.ranges import Key, Range
from relay.store.sql.database import rows

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "migration": "each engine notes its own migrations",
        "moved": "says of a file that it was moved",
        "turn": "is locked by those who write to PostgreSQL",
        "move": "says of a database that it does not hold everything yet",
        "move_range": "notes what is copied already",
        "node": "says which processes are at work on the one ledger",
    }
)
"""Tables of either engine that are not copied, and why. Every other one is."""

Mark = Literal["?", "$"]
"""What stands before the number of a value: SQLite's, or PostgreSQL's."""


@dataclass(frozen=True, slots=True)
class Table:
    """`key` orders the rows: the primary key, or all columns where there is none."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def select(self, span: Range, mark: Mark) -> tuple[str, Key]:
        """A statement that reads a range in the order of its keys, and its values."""
        condition, values = self.within(span, mark)
        columns, key = ", ".join(self.columns), ", ".join(self.key)
        return f"SELECT {columns} FROM {self.name} WHERE {condition} ORDER BY {key}", values  # noqa: S608

    def within(self, span: Range, mark: Mark) -> tuple[str, Key]:
        """A condition that the rows of a range fulfil, and its values."""
        terms: list[str] = []
        values: Key = ()
        for operator, limit in ((">", span.after), ("<=", span.until)):
            if limit is not None:
                marks = ", ".join(f"{mark}{len(values) + place}" for place in range(1, len(limit) + 1))
                terms.append(f"({', '.join(self.key)}) {operator} ({marks})")
                values += limit
        return " AND ".join(terms) or "true", values

    def key_of(self, row: tuple[object, ...]) -> Key:
        found = (row[self.columns.index(column)] for column in self.key)
        return tuple(value for value in found if isinstance(value, int | str))


def tables(db: apsw.Connection) -> list[Table]:
    """All that are copied, as the file's schema has them."""
    names = rows(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return sorted((_table(db, name) for (name,) in names if name not in LEFT_OUT), key=lambda one: one.name)


def _table(db: apsw.Connection, name: str) -> Table:
    found = rows(db, "SELECT name, pk FROM pragma_table_info(?)", (name,))
    columns = tuple(column for column, _ in found)
    key = tuple(column for column, place in sorted(found, key=lambda each: each[1]) if place)
    return Table(name, columns, key or columns)
