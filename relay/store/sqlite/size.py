"""How large a file is, and what is in it: read page by page where that is quick, else by samples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import apsw

from relay.core.growth import Size, TableSize, fitted
from relay.store.sql.database import Row, one, rows
from relay.store.sql.oldest import oldest

QUICKLY_READ = 64 << 20
"""Bytes whose pages are gone through in a tenth of a second, where the system has them in memory."""

_SAMPLES = 100
_ROW, _ENTRY = 10, 12
"""Bytes that a row, and an entry of an index, take beside their columns."""

_PAGES = """
SELECT coalesce(sum(pgsize), 0), coalesce(sum(CASE WHEN pagetype = 'leaf' OR :all THEN ncell ELSE 0 END), 0)
FROM dbstat WHERE name = :name
"""
_TREES = """
SELECT tbl_name, name FROM sqlite_schema
WHERE rootpage > 0 AND tbl_name NOT LIKE 'sqlite_%' ORDER BY tbl_name
"""


class Pages(NamedTuple):
    """`total` pages of `size` bytes, of which `free` hold nothing."""

    size: int
    total: int
    free: int

    @property
    def used(self) -> int:
        """Bytes of those that hold something."""
        return (self.total - self.free) * self.size


class _Table(NamedTuple):
    name: str
    without_rowid: bool
    trees: Sequence[str]
    """Its own, and those of its indexes."""


def size_of(db: apsw.Connection, path: Path, *, exact: bool) -> Size:
    """Each table is read in a moment of its own, so that the log may begin anew in between."""
    pages, tables = pages_of(db), _tables(db)
    is_exact = exact or pages.total * pages.size <= QUICKLY_READ
    found = [_read(db, each) for each in tables] if is_exact else _estimated(db, tables, pages)
    return Size(
        tables=tuple(found),
        total=pages.total * pages.size,
        oldest=oldest(db),
        free=pages.free * pages.size,
        log=log_size(path),
        is_exact=is_exact,
    )


def pages_of(db: apsw.Connection) -> Pages:
    return Pages(*(one(db, f"PRAGMA {name}")[0] for name in ("page_size", "page_count", "freelist_count")))


def log_size(path: Path) -> int:
    """Bytes of the write-ahead log beside the file."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size
    except FileNotFoundError:
        return 0


def _tables(db: apsw.Connection) -> list[_Table]:
    without_rowid = {name for name, is_so in rows(db, "SELECT name, wr FROM pragma_table_list") if is_so}
    trees: dict[str, list[str]] = {}
    for table, tree in rows(db, _TREES):
        trees.setdefault(table, []).append(tree)
    return [_Table(name, name in without_rowid, found) for name, found in trees.items()]


def _read(db: apsw.Connection, table: _Table) -> TableSize:
    size, count = 0, 0
    for tree in table.trees:
        taken, cells = one(db, _PAGES, {"name": tree, "all": table.without_rowid})
        size += taken
        count = cells if tree == table.name else count
    return TableSize(table.name, size, count)


def _estimated(db: apsw.Connection, tables: Sequence[_Table], pages: Pages) -> list[TableSize]:
    """From some rows of each table; together they take the pages that are in use."""
    counts = {table.name: _count(db, table) for table in tables}
    weights = {
        each.name: counts[each.name] * _weight(db, each) + len(each.trees) * pages.size for each in tables
    }
    sizes = fitted(weights, pages.used)
    return [TableSize(table.name, sizes[table.name], counts[table.name]) for table in tables]


def _count(db: apsw.Connection, table: _Table) -> int:
    """Rows; of tables with numbers, how many there may be between the first and the last."""
    if table.without_rowid:
        return int(one(db, f"SELECT count(*) FROM {table.name}")[0])  # noqa: S608
    first, last = _ends(db, table)
    return last - first + 1


def _weight(db: apsw.Connection, table: _Table) -> int:
    """Bytes of a row on average, with its entries in whole indexes; in others there are few."""
    columns = [name for (name,) in rows(db, "SELECT name FROM pragma_table_info(?)", (table.name,))]
    lengths = _lengths(db, table, columns)
    weight = _ROW + sum(lengths.values())
    whole = "SELECT name FROM pragma_index_list(?) WHERE NOT partial AND origin <> 'pk'"
    for (index,) in rows(db, whole, (table.name,)):
        within = rows(db, "SELECT name FROM pragma_index_info(?)", (index,))
        weight += _ENTRY + sum(lengths[column] for (column,) in within)
    return weight


def _lengths(db: apsw.Connection, table: _Table, columns: Sequence[str]) -> dict[str, int]:
    """Bytes of each column on average."""
    chosen = ", ".join(f"coalesce(octet_length({column}), 0)" for column in columns)
    found = _samples(db, table, chosen)
    sums = map(sum, zip(*found, strict=True)) if found else [0] * len(columns)
    return {column: total // max(1, len(found)) for column, total in zip(columns, sums, strict=True)}


def _samples(db: apsw.Connection, table: _Table, chosen: str) -> list[Row]:
    """What is chosen of rows that lie evenly between the first and the last."""
    if table.without_rowid:
        return rows(db, f"SELECT {chosen} FROM {table.name} LIMIT {_SAMPLES}")  # noqa: S608
    first, last = _ends(db, table)
    numbers = range(first, last + 1, max(1, (last - first) // _SAMPLES))
    nearest = f"SELECT {chosen} FROM {table.name} WHERE rowid >= ? ORDER BY rowid LIMIT 1"  # noqa: S608
    return [one(db, nearest, (number,)) for number in numbers]


def _ends(db: apsw.Connection, table: _Table) -> tuple[int, int]:
    """The first and the last number; of an empty table the last is before the first."""
    # Each end alone is found by the index; asked for both, SQLite reads every row.
    ends = "SELECT (SELECT min(rowid) FROM {0}), (SELECT max(rowid) FROM {0})"
    first, last = one(db, ends.format(table.name))
    return (1, 0) if first is None else (first, last)
