"""Rate budgets as rows: what was spent in the windows, and what may still be spent."""

from __future__ import annotations

import apsw

from relay.core.budget import HOUR, SLACK, Budget
from relay.store.queries import queries
from relay.store.sqlite.connection import one

SQL = queries("relay.store.sqlite", "budgets")


def spare(db: apsw.Connection, destination: str, budget: Budget, now: int) -> tuple[int | None, int]:
    """Calls left now (None: not limited), and, where there are none, when there will be one again."""
    left: int | None = None
    again_at = now
    second = now // 1000
    for length, allowed in budget.windows():
        used, oldest = one(db, SQL["window"], (destination, second - length))
        if used >= allowed:
            again_at = max(again_at, (oldest + length) * 1000)
        left = max(0, allowed - used) if left is None else min(left, max(0, allowed - used))
    return left, again_at


def spend(db: apsw.Connection, destination: str, now: int) -> None:
    second = now // 1000
    db.execute(SQL["spend"], (destination, second))
    db.execute(SQL["forget"], (destination, second - HOUR - SLACK))
