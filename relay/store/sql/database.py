"""What the statements of the ledger run on, whichever engine is behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

import orjson

Row = tuple[Any, ...]
Bindings = Sequence[Any] | Mapping[str, Any]


class Found(Protocol):
    """The end of a statement that has run."""

    def fetchall(self) -> list[Any]: ...


class Database(Protocol):
    """A connection in a transaction.

    Statements are written as SQLite understands them, in forms that another engine can turn into its own:
    values stand as `?` or `:name`, and many of them as one JSON list that `json_each` takes apart.
    """

    def execute(self, statements: str, bindings: Bindings = (), /) -> Found: ...

    def executemany(self, statements: str, sequenceofbindings: Iterable[Bindings], /) -> object:
        """The same statement once for each, with nothing to find."""
        ...


def rows(db: Database, statement: str, values: Bindings = ()) -> list[Row]:
    return db.execute(statement, values).fetchall()


def row(db: Database, statement: str, values: Bindings = ()) -> Row | None:
    """The first row, or None; the statement runs to its end, as one that writes must."""
    return next(iter(rows(db, statement, values)), None)


def one(db: Database, statement: str, values: Bindings = ()) -> Row:
    """The first row of a statement that always has one."""
    return rows(db, statement, values)[0]


_ROW = re.compile(r"(?<=\bVALUES )\((?:\?, )*\?\)")


@cache
def for_rows(insert: str, size: int) -> str:
    """An INSERT of one row as one of many: the same text each time, so that it is prepared once."""
    return _ROW.sub(lambda row: ", ".join([row[0]] * size), insert)


def puts_in_a_row(statement: str) -> bool:
    """Whether it can be made one of many rows."""
    return _ROW.search(statement) is not None


def json_list(values: Iterable[object]) -> str:
    """Many values as the one that `json_each` takes apart."""
    return orjson.dumps(list(values)).decode()
