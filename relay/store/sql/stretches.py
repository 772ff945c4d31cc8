"""Pages over tables of any size: a bounded stretch of ids at a time, from the newest to the oldest."""

from __future__ import annotations

import sys
from typing import NamedTuple

from relay.store.queries import queries
from relay.store.sql.database import Database, one, row

SQL = queries("relay.store.sql", "lists")


_LATE = 1000
"""So many together may be older than what stands before them: let out of quarantine, for instance."""


class Timeline(NamedTuple):
    """Statements about a table whose ids are given in the order of time: its last id, the first row from an
    id on, and the newest time just before an id."""

    last: str
    start: str
    newest: str


REQUESTS = Timeline("last_request", "request_from", "newest_requests")
ENROLLMENTS = Timeline("last_enrollment", "enrollment_from", "newest_enrollments")


def begin(db: Database, table: Timeline, before: int | None, until: int | None) -> int:
    """The id before which a page begins; a time is found by bisection, since no index has it."""
    end = one(db, SQL[table.last])[0] + 1
    end = min(end, sys.maxsize if before is None else before)
    return end if until is None else _first_from(db, table, until, end)


def _first_from(db: Database, table: Timeline, at: int, end: int) -> int:
    low, high = 1, max(end, 1)
    while low < high:
        middle = (low + high) // 2
        found = row(db, SQL[table.start], (middle,))
        if found is None or found[1] >= at:
            high = middle
        else:
            low = found[0] + 1
    return min(low, end)


def goes_on(db: Database, table: Timeline, before: int | None, since: int | None) -> int | None:
    """`before`, where something that is meant may come before it; a few that came late hide nothing."""
    look = 1 if since is None else _LATE
    newest = None if before is None else one(db, SQL[table.newest], (before, look))[0]
    return before if newest is not None and newest >= (since or 0) else None
