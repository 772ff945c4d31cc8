"""One transaction's connection, for the operations of the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relay.store.postgres.bridge import wait_for
from relay.store.postgres.statements import statement
from relay.store.sql.database import Bindings, Database

if TYPE_CHECKING:
    from relay.store.postgres.connection import Connection


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
        made = statement(statements)
        values = [made.values(bindings) for bindings in sequenceofbindings]
        if values:
            wait_for(self._connection.executemany(made.text, values))
