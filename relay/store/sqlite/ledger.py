"""The books: counts of everything in one snapshot."""

from __future__ import annotations

import apsw

from relay.store.base import Ledger
from relay.store.queries import queries
from relay.store.sqlite.connection import one, rows

SQL = queries("relay.store.sqlite", "ledger")


def ledger(db: apsw.Connection) -> Ledger:
    """Every count, from one snapshot, so that they can be compared with each other."""
    db.execute("BEGIN")
    try:
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
    finally:
        db.execute("COMMIT")
