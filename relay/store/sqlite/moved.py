"""A file whose ledger was moved elsewhere: it says where, and refuses to be written by anybody.

Triggers refuse, so that processes which have it open, and relays that know nothing of moves, are held off
as well: what they took in here would be lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import apsw

from relay.store.base import InUse, StoreFault
from relay.store.sql.database import row, rows
from relay.store.sqlite.connection import connect
from relay.store.sqlite.work import take_work

_TABLE = "CREATE TABLE moved (place TEXT NOT NULL, at INTEGER NOT NULL) STRICT"
_CHANGES = ("INSERT", "UPDATE", "DELETE")


def moved_to(db: apsw.Connection) -> str | None:
    """Where the ledger is now, described for people; None: here."""
    found = _found(db)
    return found[0] if found else None


def refuse_moved(db: apsw.Connection, path: Path) -> None:
    """Raises `StoreFault` where the ledger is elsewhere."""
    if found := _found(db):
        place, at = found
        day = datetime.fromtimestamp(at / 1000, UTC).date()
        raise StoreFault(
            f"the ledger store.path {path} was moved to {place} on {day}: set store.url to that database, or "
            "take this file up again with `relay store migrate --undo`"
        )


def mark_moved(db: apsw.Connection, place: str, at: int) -> None:
    """In the transaction of the caller. `place` is described, `at` in milliseconds since 1970."""
    message = f"the ledger was moved to {place}: set store.url, and start the relay again".replace("'", "''")
    for name, table, change in _fence(db):
        db.execute(
            f"CREATE TRIGGER {name} BEFORE {change} ON {table} BEGIN SELECT raise(ABORT, '{message}'); END"
        )
    db.execute(_TABLE)
    db.execute("INSERT INTO moved VALUES (?, ?)", (place, at))


def _unmark(db: apsw.Connection) -> None:
    db.execute("DROP TABLE moved")
    for name, _, _ in _fence(db):
        db.execute(f"DROP TRIGGER {name}")


def take_back(path: Path) -> str | None:
    """Let relays work on a file again whose ledger was moved, as it was then; where the ledger is.

    None: it was not moved. Raises `StoreFault`.
    """
    if not path.is_file():
        raise StoreFault(f"store.path {path} does not exist")
    with work_stopped(path), closing(connect(path)) as db, db:
        place = moved_to(db)
        if place is not None:
            _unmark(db)
    return place


@contextmanager
def work_stopped(path: Path) -> Iterator[None]:
    """Nobody works on the file. Raises `InUse`."""
    try:
        work = take_work(path)
    except InUse as error:
        raise InUse(f"{error}: stop all its processes, and run this again") from None
    try:
        yield
    finally:
        os.close(work)


def _found(db: apsw.Connection) -> tuple[str, int] | None:
    if row(db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'moved'") is None:
        return None
    place, at = row(db, "SELECT place, at FROM moved") or ("a database", 0)
    return place, at


def _fence(db: apsw.Connection) -> Iterator[tuple[str, str, str]]:
    names = rows(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    for (table,) in names:
        for change in _CHANGES:
            yield f"moved_{table}_{change.lower()}", table, change
