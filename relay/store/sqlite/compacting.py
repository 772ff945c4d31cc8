"""Giving back what is free in a file to whoever has the disk, and beginning its log anew."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw

from relay.core.growth import Compacted
from relay.store.base import InUse, StoreFault
from relay.store.sql.database import one
from relay.store.sqlite.connection import connect
from relay.store.sqlite.size import log_size, pages_of
from relay.store.sqlite.turn import Turn
from relay.store.upkeep import Tell

_FEW, _MOST = 8, 512
"""Pages that a step gives back."""

_LONGEST_STEP = 0.01
"""Seconds, after which a step gives back less."""

_TRIES = 20
_PAUSE = 0.1
"""Seconds between two tries to begin the log anew: somebody may be reading in it."""

_INCREMENTAL = 2
_WORTH = 20
"""A file is written anew where at least one page of so many is free."""

_LOG_IN_USE = "the log could not be shortened, since somebody reads in it: run this again later"


def compact(path: Path, tell: Tell) -> Compacted:
    """In small steps, between which others write. A file of an earlier version is written anew instead, once.

    Raises `InUse` where that is needed while a relay is at work, and `StoreFault`.
    """
    before = _on_disk(path)
    try:
        with closing(connect(path)) as db:
            is_incremental = one(db, "PRAGMA auto_vacuum")[0] == _INCREMENTAL
            pages = pages_of(db)
        if not is_incremental and pages.free * _WORTH >= pages.total:
            _write_anew(path, pages.used, tell)
        with closing(connect(path, busy_seconds=_PAUSE)) as db, closing(Turn(path)) as turn:
            if is_incremental:
                _step_by_step(db, turn, tell)
            notes = () if _begin_log_anew(db, turn) else (_LOG_IN_USE,)
    except apsw.Error as error:
        raise StoreFault(f"store.path {path} cannot be compacted: {error}") from error
    return Compacted(before, _on_disk(path), notes)


def _on_disk(path: Path) -> int:
    return path.stat().st_size + log_size(path)


def _step_by_step(db: apsw.Connection, turn: Turn, tell: Tell) -> None:
    """Rests as long as each step took: others need their turns."""
    free, done, most = pages_of(db).free, 0, _FEW
    while done < free:
        began = time.monotonic()
        with turn.taken_soon():
            had = pages_of(db).free
            db.execute(f"PRAGMA incremental_vacuum({most})").fetchall()
            gone = had - pages_of(db).free
        if gone <= 0:
            return
        done += gone
        tell(min(done, free), free, "free pages")
        took = time.monotonic() - began
        most = max(_FEW, most // 2) if took > _LONGEST_STEP else min(_MOST, most * 2)
        time.sleep(took)


def _begin_log_anew(db: apsw.Connection, turn: Turn) -> bool:
    """Whether the log is empty now. Whoever writes waits for a try, but none lasts."""
    for _ in range(_TRIES):
        try:
            with turn.taken_soon():
                db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.BusyError:
            time.sleep(_PAUSE)
        else:
            return True
    return False


def _write_anew(path: Path, used: int, tell: Tell) -> None:
    """In place, so that nobody can be left with a former file; from then on it can shrink in steps."""
    room = shutil.disk_usage(path.parent).free
    if room < 2 * used:
        raise StoreFault(
            f"store.path {path} has to be written anew, for which its disk needs {2 * used >> 20} MB free "
            f"and has {room >> 20} MB: make room; the free pages are used again by what comes in"
        )
    with _alone(path) as db:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL").fetchall()
        db.execute("PRAGMA temp_store = FILE").fetchall()
        tell(0, 0, "the file is written anew")
        with _beside(path):
            db.execute("VACUUM")
        db.execute("PRAGMA journal_mode = WAL").fetchall()


@contextmanager
def _alone(path: Path) -> Iterator[apsw.Connection]:
    with closing(Turn(path)) as turn, turn.taken_soon(), closing(connect(path, busy_seconds=_PAUSE)) as db:
        try:
            # Works only while nobody else has the file open.
            db.execute("PRAGMA journal_mode = DELETE").fetchall()
        except apsw.BusyError:
            raise InUse(
                f"the ledger store.path {path} was made by an earlier version and has to be written anew, "
                "this once, while nobody works on it: stop every relay and command, and run this again"
            ) from None
        yield db


@contextmanager
def _beside(path: Path) -> Iterator[None]:
    """Temporary files are on the disk that was looked at."""
    before = os.environ.get("SQLITE_TMPDIR")
    os.environ["SQLITE_TMPDIR"] = str(path.parent.absolute())
    try:
        yield
    finally:
        if before is None:
            del os.environ["SQLITE_TMPDIR"]
        else:
            os.environ["SQLITE_TMPDIR"] = before
