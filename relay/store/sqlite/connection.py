"""Opening the file: durability settings and numbered migrations."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

import apsw

from relay.store.base import StoreFault, Unfit
from relay.store.sql.database import for_rows, one, puts_in_a_row, rows

_MIGRATIONS = """
CREATE TABLE IF NOT EXISTS migration (
  number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL
) STRICT
"""


_MOST_ROWS = 32
"""More at once are prepared more slowly than they are put in."""

if not apsw.connections():
    # Nobody asks how much memory SQLite has, and counting it takes a lock at every piece. A choice for the
    # process, to be made before anything is opened.
    apsw.shutdown()
    apsw.config(apsw.SQLITE_CONFIG_MEMSTATUS, False)  # noqa: FBT003  # positional only
    apsw.initialize()

APPLICATION_ID = 0x52454C59
"""Marks the file as a ledger, so that no other program's is taken for one."""


class Connection(apsw.Connection):
    """Puts in many rows by few statements: between two of them a thread waits for the interpreter."""

    _waits = True

    def wait_for_disk(self, *, wait: bool) -> None:
        """Whether what is committed from now on is on disk when the commit returns."""
        if wait != self._waits:
            self.execute(f"PRAGMA synchronous = {'FULL' if wait else 'NORMAL'}")
            self._waits = wait

    def executemany(  # type: ignore[override]  # what the protocol asks for, without the library's settings
        self, statements: str, sequenceofbindings: Iterable[Any]
    ) -> None:
        if not puts_in_a_row(statements):
            super().executemany(statements, sequenceofbindings)
            return
        left = list(sequenceofbindings)
        while left:
            # Few sizes, so that few texts are prepared.
            size = min(_MOST_ROWS, 1 << len(left).bit_length() - 1)
            self.execute(for_rows(statements, size), tuple(chain.from_iterable(left[:size])))
            del left[:size]


def connect(path: Path, *, busy_seconds: float = 10.0, cache: int = 2048) -> Connection:
    """A connection whose commits are on disk when they return; `cache` in kilobytes. Raises `StoreFault`."""
    try:
        _make(path)
        db = Connection(str(path), statementcachesize=256)
        db.set_busy_timeout(round(busy_seconds * 1000))
        # A plan that no value can change is made once, and not again for each value.
        db.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        _prepare(db, path)
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = OFF",  # the writer keeps them; checking each would double the index reads
            f"cache_size = -{cache}",  # the system keeps the file's pages, too
            "temp_store = MEMORY",
            "secure_delete = ON",  # what is deleted is overwritten: it may name people
        ):
            db.execute(f"PRAGMA {pragma}").fetchall()
    except (apsw.Error, OSError) as error:
        raise StoreFault(f"store.path {path} cannot be opened as an SQLite file: {error}") from error
    return db


def _make(path: Path) -> None:
    """Made by us, so that nobody else can read it: it holds people.

    A file that is there is never opened here: closing it would drop the locks that this process has on it,
    and another program that reads the ledger would take its log away as nobody's.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _prepare(db: apsw.Connection, path: Path) -> None:
    """What a file is made with. Another program's is left as it is, down to its journal mode."""
    if one(db, "SELECT count(*) FROM sqlite_master")[0] == 0:
        # A webhook and its headers fill half a page of 4096, and the log keeps pages.
        db.execute("PRAGMA page_size = 8192").fetchall()
        # So that free pages can be given back in small steps.
        db.execute("PRAGMA auto_vacuum = INCREMENTAL").fetchall()
    elif one(db, "PRAGMA application_id")[0] != APPLICATION_ID:
        raise Unfit(f"store.path {path} is another program's SQLite file: name a file of its own")


def _lower(*given: Any) -> str | None:
    """SQLite's own knows the letters of ASCII alone."""
    (text,) = given
    return None if text is None else str(text).lower()


def migrations() -> list[tuple[str, str]]:
    """Every migration in order: its name, which begins with its number, and its statements."""
    folders = [files(package).joinpath("migrations") for package in ("relay.store.sqlite", "relay.store.sql")]
    scripts = [entry for folder in folders if folder.is_dir() for entry in folder.iterdir()]
    return sorted((entry.name, entry.read_text("utf-8")) for entry in scripts if entry.name.endswith(".sql"))


def migrate(db: apsw.Connection, scripts: Sequence[tuple[str, str]] | None = None) -> None:
    """Bring the schema up to date, all or nothing. Raises `Unfit` for a newer or altered file."""
    scripts = migrations() if scripts is None else scripts
    db.create_scalar_function("lower", _lower, 1, deterministic=True)
    with db:
        db.execute(_MIGRATIONS)
        applied: dict[int, str] = dict(rows(db, "SELECT number, checksum FROM migration"))
        if not applied:
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        known = {int(name[:4]) for name, _ in scripts}
        if newer := sorted(applied.keys() - known):
            raise Unfit(f"the ledger has migration {newer[-1]}, which this relay does not know: upgrade it")
        for name, script in scripts:
            _apply(db, name, script, applied.get(int(name[:4])))


def _apply(db: apsw.Connection, name: str, script: str, applied: object) -> None:
    checksum = hashlib.sha256(script.encode()).hexdigest()
    if applied is None:
        db.execute(script)
        db.execute("INSERT INTO migration VALUES (?, ?, ?)", (int(name[:4]), name, checksum))
    elif applied != checksum:
        raise Unfit(f"migration {name} was applied in another form: this is another relay's ledger")
