"""Requests: claimed for translation, given back, kept in quarantine."""

from __future__ import annotations

from collections.abc import Sequence

import apsw
import orjson

from relay.store.base import ClaimedRequest, Incoming, Quarantined
from relay.store.queries import queries
from relay.store.sqlite import breakers
from relay.store.sqlite.connection import Row, one, row, rows
from relay.store.sqlite.writer import insert_requests

SQL = queries("relay.store.sqlite", "requests")
BATCHES = queries("relay.store.sqlite", "batches")


def claim(db: apsw.Connection, now: int, lease_until: int, limit: int) -> list[ClaimedRequest]:
    values = {"now": now, "lease_until": lease_until, "limit": limit}
    leased = {number: (attempt, pending) for number, attempt, pending in rows(db, SQL["claim"], values)}
    if not leased:
        return []
    ids = orjson.dumps(list(leased)).decode()
    return [_claimed(found, *leased[found[0]]) for found in rows(db, SQL["read"], (ids,))]


def _claimed(found: Row, attempt: int, pending: str | None) -> ClaimedRequest:
    positions = None if pending is None else frozenset(orjson.loads(pending))
    number, source, received_at, method, query, headers, body = found
    return ClaimedRequest(number, source, received_at, method, query, headers, body, attempt, positions)


def one_request(db: apsw.Connection, number: int) -> Incoming | None:
    found = row(db, SQL["read"], (orjson.dumps([number]).decode(),))
    return Incoming(*found[1:]) if found else None


def next_due(db: apsw.Connection) -> int | None:
    due: int | None = one(db, SQL["next_due"])[0]
    return due


def release(db: apsw.Connection, ids: Sequence[int], now: int) -> None:
    db.execute(SQL["release"], (now, orjson.dumps(list(ids)).decode()))


def renew(db: apsw.Connection, ids: Sequence[int], lease_until: int) -> None:
    db.execute(SQL["renew"], (lease_until, orjson.dumps(list(ids)).decode()))


def rescue(db: apsw.Connection, now: int) -> int:
    return len(rows(db, SQL["rescue"], (now,)))


def expire_leases(db: apsw.Connection) -> None:
    """Whoever held a lease is gone, and a start is a new try: everything is taken up at once."""
    db.execute(SQL["expire"])
    for statement in ("expire", "resume_lanes", "resume_destinations"):
        db.execute(BATCHES[statement])
    breakers.look_soon(db)


def add_quarantined(db: apsw.Connection, request: Quarantined, keep: int) -> None:
    db.execute(
        SQL["quarantine"],
        (
            request.source,
            request.received_at,
            request.method,
            request.query,
            request.token,
            request.headers,
            request.body,
            request.reason,
        ),
    )
    db.execute(SQL["quarantine_bound"], (keep,))


def quarantined(db: apsw.Connection, limit: int) -> list[tuple[int, Quarantined]]:
    return [(number, Quarantined(*rest)) for number, *rest in rows(db, SQL["quarantined"], (limit,))]


def release_quarantined(db: apsw.Connection, entry: int, incoming: Incoming) -> int | None:
    """Move a request from quarantine into the pipeline; None where it is not there any more."""
    if row(db, SQL["release_quarantined"], (entry,)) is None:
        return None
    return insert_requests(db, [incoming])[0]
