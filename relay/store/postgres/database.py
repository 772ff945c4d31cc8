"""One transaction's connection, for the operations of the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relay.store.postgres.bridge import wait_for
from relay.store.postgres.statements import for_many, statement
from relay.store.sql.database import Bindings, Database

if TYPE_CHECKING:
    from relay.store.postgres.connection import Connection


_FOR_MANY: dict[str, str] = {}
"""Statements that are run for many, by those for one: only the database knows the types of their values."""


@dataclass(frozen=True, slots=True)
class _Found:
    rows: list[Any]

    def fetchall(self) -> list[Any]:
        return self.rows


class PostgresDatabase(Database):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statements: str, bindings: Bindings = (), /) -> _Found:
        made = statement(statements)
        return _Found(wait_for(self._connection.fetch(made.text, *made.values(bindings))))

    def executemany(self, statements: str, sequenceofbindings: Iterable[Bindings], /) -> None:
        """All of them in one statement, which takes each value's column as an array."""
        made = statement(statements)
        each = [made.values(bindings) for bindings in sequenceofbindings]
        if each:
            columns = [list(column) for column in zip(*each, strict=True)]
            wait_for(self._connection.execute(self._for_many(made.text), *columns))

    def _for_many(self, text: str) -> str:
        if text not in _FOR_MANY:
            prepared = wait_for(self._connection.prepare(text))
            _FOR_MANY[text] = for_many(text, [type_.name for type_ in prepared.get_parameters()])
        return _FOR_MANY[text]
