"""The books: counts of everything in one snapshot."""

from __future__ import annotations

from relay.store.base import Ledger
from relay.store.queries import queries
from relay.store.sql.database import Database, one, rows

SQL = queries("relay.store.sql", "ledger")


def ledger(db: Database) -> Ledger:
    """Every count; they can be compared with each other where all are of one moment."""
    return Ledger(
        requests=dict(rows(db, SQL["requests"])),
        events=dict(rows(db, SQL["events"])),
        enrollments=dict(rows(db, SQL["enrollments"])),
        letters=dict(rows(db, SQL["letters"])),
        pauses=tuple((name, until, reason) for name, until, reason in rows(db, SQL["pauses"])),
        **{
            name: one(db, SQL[name])[0]
            for name in (
                "accepted",
                "promised_events",
                "promised_enrollments",
                "stray",
                "quarantined",
                "oldest_waiting",
                "open_batches",
                "calls",
            )
        },
    )
