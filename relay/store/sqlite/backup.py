"""A copy of the ledger while a relay works on it: one moment of it, whole, checked, and on disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import apsw

from relay.store.base import StoreFault
from relay.store.sql.database import one
from relay.store.sqlite.connection import APPLICATION_ID

_PAGES = 1000
"""Copied at a time: a few milliseconds, after which progress is told."""

Progress = Callable[[int, int], None]
"""Told how many pages are copied, of how many."""


def back_up(path: Path, to: Path, progress: Progress) -> int:
    """Copy the ledger at `path` to the new file `to`; its size in bytes. Nobody who writes is held up.

    `to` is there only once it is whole. Raises `StoreFault`.
    """
    if not path.is_file():
        raise StoreFault(f"store.path {path} does not exist")
    if to.exists():
        raise StoreFault(f"{to} exists already: name a new file")
    unfinished = to.with_name(f".{to.name}.unfinished")
    try:
        # Made by us, so that nobody else can read it: it holds people.
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        _copy(path, unfinished, progress)
        _sync(unfinished)
        # Unlike a renaming this refuses a file that has come into being meanwhile.
        os.link(unfinished, to)
        _sync(to.parent)
    except (apsw.Error, OSError) as error:
        raise StoreFault(f"{path} cannot be copied to {to}: {error}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return to.stat().st_size


def _copy(path: Path, to: Path, progress: Progress) -> None:
    reading = apsw.SQLITE_OPEN_READONLY
    with (
        closing(apsw.Connection(str(path), flags=reading)) as source,
        closing(apsw.Connection(str(to))) as copy,
    ):
        source.set_busy_timeout(10_000)
        # With a transaction of its own it stays in one moment; without, each commit would make it begin anew.
        source.execute("BEGIN")
        if one(source, "PRAGMA application_id")[0] != APPLICATION_ID:
            raise StoreFault(f"{path} is no ledger")
        one(source, "SELECT count(*) FROM migration")
        with copy.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(_PAGES)
                progress(backup.page_count - backup.remaining, backup.page_count)
        # A file that is read from a disk which forbids writing, as backups may be, has no log.
        copy.execute("PRAGMA journal_mode = DELETE").fetchall()
        found = one(copy, "PRAGMA quick_check(1)")[0]
        if found != "ok":
            raise StoreFault(f"the copy of {path} is damaged, and so may be the ledger: {found}")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
