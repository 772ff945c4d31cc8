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
        requests=dict(rows(db, SQL["requests"])),
        accepted=_count(db, "accepted") + retired["requests"],
        events=dict(rows(db, SQL["events"])),
        promised_events=_count(db, "promised_events") + retired["events"],
        enrollments=dict(rows(db, SQL["enrollments"])),
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


def _count(db: Database, name: str) -> int:
    return int(one(db, SQL[name])[0])
