"""The books: counts of everything in one snapshot."""

from __future__ import annotations

from relay.store.base import Ledger
from relay.store.queries import queries
from relay.store.sql.database import Database, one, rows

SQL = queries("relay.store.sql", "ledger")


def ledger(db: Database) -> Ledger:
    """Every count; they can be compared with each other where all are of one moment."""
    retired: dict[str, int] = dict(rows(db, SQL["retired"]))
    return Ledger(
        requests=_by_name(db, "requests"),
        accepted=_count(db, "accepted") + retired["requests"],
        events=_by_name(db, "events"),
        promised_events=_count(db, "promised_events") + retired["events"],
        enrollments=_by_name(db, "enrollments"),
        promised_enrollments=_count(db, "promised_enrollments") + retired["enrollments"],
        letters=dict(rows(db, SQL["letters"])),
        retired=retired,
        stray=_count(db, "stray"),
        quarantined=_count(db, "quarantined"),
        oldest_waiting=one(db, SQL["oldest_waiting"])[0],
        open_batches=_count(db, "open_batches"),
        calls=_count(db, "calls") + retired["calls"],
        pauses=tuple((name, until, reason) for name, until, reason in rows(db, SQL["pauses"])),
    )


def _by_name(db: Database, name: str) -> dict[str, int]:
    """Of a row of names and counts in turns, those that there are."""
    found = one(db, SQL[name])
    return {each: count for each, count in zip(found[::2], found[1::2], strict=True) if count}


def _count(db: Database, name: str) -> int:
    return int(one(db, SQL[name])[0])
