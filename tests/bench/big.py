"""A large ledger in no time: months of traffic of thirty senders, written as rows in bulk."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import apsw

from relay.core.record import digest
from relay.store.sqlite.connection import connect, migrate
from tests.bench.bench import Setting, tell
from tests.factories import DAY, NOW_MS

STATES = ("waiting", "sending", "delivered", "dead", "withdrawn", "suppressed", "merged", "discarded")

_FILL = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True)
class Size:
    """How much is in a ledger, and when its first request came (milliseconds).

    The first `history` enrollments are settled, the others wait; `lanes` take turns.
    """

    enrollments: int
    history: int
    lanes: int
    requests: int
    people: int
    start: int
    pace: int


def size(enrollments: int, waiting: int | None = None, lanes: int = 40) -> Size:
    """Ninety days that end now, in which most people came thrice; three of a hundred wait, unless said."""
    requests = enrollments * 4 // 5
    history = enrollments - (enrollments * 3 // 100 if waiting is None else waiting)
    people = max(1, requests // 3)
    return Size(enrollments, history, lanes, requests, people, NOW_MS - 90 * DAY, 90 * DAY // requests)


def fill(path: Path, wanted: Size) -> None:
    """A new ledger whose books balance."""
    with closing(connect(path)) as db:
        migrate(db)
        for pragma in ("journal_mode = OFF", "synchronous = OFF"):
            db.execute(f"PRAGMA {pragma}").fetchall()
        db.create_scalar_function("contact_key", _contact_key)
        values = {
            "enrollments": wanted.enrollments,
            "history": wanted.history,
            "lanes": wanted.lanes,
            "requests": wanted.requests,
            "people": wanted.people,
            "start": wanted.start,
            "pace": wanted.pace,
        }
        db.execute(_FILL.read_text("utf-8"), values)
        db.execute("PRAGMA journal_mode = WAL").fetchall()


def ledger(setting: Setting, wanted: Size) -> Path:
    """A file of its own, as large as wanted. The first of a size is kept, for whoever wants as much."""
    kept = setting.cache / f"{wanted.enrollments}-{wanted.history}-{wanted.lanes}.db"
    if not kept.exists():
        started = time.perf_counter()
        fill(kept, wanted)
        tell(f"filled {kept.stat().st_size >> 20} MB in {time.perf_counter() - started:.0f} s")
    own = setting.own("ledger") / "relay.db"
    shutil.copyfile(kept, own)
    os.sync()  # what filling left to be written is no part of what is measured
    return own


def _contact_key(*given: apsw.SQLiteValue) -> bytes:
    lane, identity = given
    assert isinstance(lane, int)
    return digest("main" if lane % 4 else "second", sequence(lane), str(identity))


def sequence(number: int) -> str:
    """The id of a sequence, 1 to 40."""
    return f"{number:08x}-0000-4000-8000-{number:012x}"
