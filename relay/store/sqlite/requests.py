"""Requests: claimed for translation, given back, kept in quarantine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain, islice, zip_longest

import apsw
import orjson

from relay.store.base import ClaimedRequest, Incoming, Quarantined
from relay.store.queries import queries
from relay.store.sqlite import breakers
from relay.store.sqlite.connection import Row, row, rows
from relay.store.sqlite.hours import count_unverified
from relay.store.sqlite.writer import insert_requests

SQL = queries("relay.store.sqlite", "requests")
BATCHES = queries("relay.store.sqlite", "batches")


def claim(
    db: apsw.Connection, now: int, lease_until: int, limit: int, busy: Collection[str]
) -> list[ClaimedRequest]:
    due = _due_in_turns(db, now, limit, busy)
    if not due:
        return []
    ids = orjson.dumps(due).decode()
    leased = {number: given for number, *given in rows(db, SQL["claim"], (lease_until, ids))}
    return [_claimed(found, *leased[found[0]]) for found in rows(db, SQL["read"], (ids,))]


def _due_in_turns(db: apsw.Connection, now: int, limit: int, busy: Collection[str]) -> list[int]:
    """Dealt out one by one to each source, however long its queue, and at least one to each."""
    sources = [source for source, due_at in _first_due(db, busy) if due_at <= now]
    queues = [db.execute(SQL["due"], (source, now)) for source in sources]
    turns = chain.from_iterable(zip_longest(*queues))
    dealt = islice(filter(None, turns), max(limit, len(queues)))
    due = [number for (number,) in dealt]
    for queue in queues:
        queue.close()
    return due


def _first_due(db: apsw.Connection, busy: Collection[str]) -> list[tuple[str, int]]:
    """The sources that are not busy and have something to claim, each with the moment of its oldest."""
    found = rows(db, SQL["first_due"], (orjson.dumps(list(busy)).decode(),))
    return [(source, due_at) for source, due_at in found if due_at is not None]


def _claimed(found: Row, attempt: int, pending: str | None) -> ClaimedRequest:
    positions = None if pending is None else frozenset(orjson.loads(pending))
    number, source, received_at, method, query, headers, body = found
    return ClaimedRequest(number, source, received_at, method, query, headers, body, attempt, positions)


def next_due(db: apsw.Connection, busy: Collection[str]) -> int | None:
    return min((due_at for _, due_at in _first_due(db, busy)), default=None)


def one_request(db: apsw.Connection, number: int) -> Incoming | None:
    found = row(db, SQL["read"], (orjson.dumps([number]).decode(),))
    return Incoming(*found[1:]) if found else None


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
    count_unverified(db, request.source, request.received_at)


def quarantined(db: apsw.Connection, limit: int) -> list[tuple[int, Quarantined]]:
    return [(number, Quarantined(*rest)) for number, *rest in rows(db, SQL["quarantined"], (limit,))]


def release_quarantined(db: apsw.Connection, entry: int, incoming: Incoming) -> int | None:
    """Move a request from quarantine into the pipeline; None where it is not there any more."""
    if row(db, SQL["release_quarantined"], (entry,)) is None:
        return None
    return insert_requests(db, [incoming])[0]
