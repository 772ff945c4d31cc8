"""The last look before enrollments are frozen: what was right when they were made may not be any more."""

from __future__ import annotations

from collections.abc import Iterable

import apsw
import orjson

from relay.store.queries import queries
from relay.store.sqlite import suppression
from relay.store.sqlite.connection import rows

SQL = queries("relay.store.sqlite", "screening")


def barred(db: apsw.Connection, candidates: Iterable[int], now: int) -> set[int]:
    """Which of these enrollments must not go out now; each is left in another state, with its reason."""
    ids = orjson.dumps(list(candidates)).decode()
    people = {number: (email, contact) for number, email, contact in rows(db, SQL["people"], (ids,))}
    listed = suppression.listed(db, people, now)
    for number, reason in listed.items():
        suppress(db, number, reason, now)
    return set(listed)


def suppress(db: apsw.Connection, enrollment_id: int, reason: str, now: int) -> None:
    """Settle a waiting enrollment that must not go out; its key is free for a later report."""
    db.execute(SQL["suppress"], (now, reason, enrollment_id))
    db.execute(SQL["free_key"], (enrollment_id,))
