"""Requests: claimed for translation, given back, kept in quarantine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import accumulate, chain, islice, zip_longest

import orjson

from relay.store.base import ClaimedRequest, Incoming, Quarantined
from relay.store.queries import queries
from relay.store.sql import breakers
from relay.store.sql.database import Database, Row, json_list, one, row, rows
from relay.store.sql.hours import count_unverified

SQL = queries("relay.store.sql", "requests")
BATCHES = queries("relay.store.sql", "batches")

MOST_BYTES = 4 * 1024**2
"""Of bodies and headers in one claim, so that large ones do not fill the memory."""


def claim(
    db: Database, now: int, lease_until: int, limit: int, busy: Collection[str]
) -> list[ClaimedRequest]:
    sources = [source for source, due_at in _first_due(db, busy) if due_at <= now]
    due = _due_in_turns(db, sources, now, limit)
    if not due:
        return []
    ids = json_list(_light(db, due, len(sources)))
    leased = {number: given for number, *given in rows(db, SQL["claim"], (lease_until, ids))}
    return [_claimed(found, *leased[found[0]]) for found in rows(db, SQL["read"], (ids,))]


def _due_in_turns(db: Database, sources: Sequence[str], now: int, limit: int) -> list[int]:
    """Dealt out one by one to each source, however long its queue, and at least one to each."""
    most = max(limit, len(sources))
    share = min(limit, 1 + 2 * limit // max(1, len(sources)))
    queues = [_due(db, source, now, share) for source in sources]
    if sum(map(len, queues)) < most:
        queues = [
            _due(db, s, now, most) if len(q) == share else q for s, q in zip(sources, queues, strict=True)
        ]
    turns = chain.from_iterable(zip_longest(*queues))
    return list(islice(filter(None, turns), most))


def _light(db: Database, ids: Sequence[int], least: int) -> list[int]:
    """As many of them as may be in memory at once, and `least` in any case."""
    if len(ids) <= least:
        return list(ids)
    sizes: dict[int, int] = dict(rows(db, SQL["sizes"], (json_list(ids),)))
    together = accumulate(sizes.get(number, 0) for number in ids)
    return list(ids[: max(least, sum(size <= MOST_BYTES for size in together))])


def _due(db: Database, source: str, now: int, most: int) -> list[int]:
    return [number for (number,) in rows(db, SQL["due"], (source, now, most))]


def _first_due(db: Database, busy: Collection[str]) -> list[tuple[str, int]]:
    """The sources that are not busy and have something to claim, each with the moment of its oldest."""
    found = rows(db, SQL["first_due"], (json_list(busy),))
    return [(source, due_at) for source, due_at in found if due_at is not None]


def _claimed(found: Row, attempt: int, pending: str | None) -> ClaimedRequest:
    positions = None if pending is None else frozenset(orjson.loads(pending))
    number, source, received_at, method, query, headers, body = found
    return ClaimedRequest(number, source, received_at, method, query, headers, body, attempt, positions)


def next_due(db: Database, busy: Collection[str]) -> int | None:
    return min((due_at for _, due_at in _first_due(db, busy)), default=None)


def one_request(db: Database, number: int) -> Incoming | None:
    found = row(db, SQL["read"], (json_list([number]),))
    return Incoming(*found[1:]) if found else None


def release(db: Database, ids: Sequence[int], now: int) -> None:
    db.execute(SQL["release"], (now, json_list(ids)))


def renew(db: Database, ids: Sequence[int], lease_until: int) -> None:
    db.execute(SQL["renew"], (lease_until, json_list(ids)))


def rescue(db: Database, now: int) -> int:
    return len(rows(db, SQL["rescue"], (now,)))


def expire_leases(db: Database) -> None:
    """Whoever held a lease is gone, and a start is a new try: everything is taken up at once."""
    db.execute(SQL["expire"])
    for statement in ("expire", "resume_lanes", "resume_destinations"):
        db.execute(BATCHES[statement])
    breakers.look_soon(db)


def add_quarantined(db: Database, request: Quarantined, keep: int) -> None:
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


def quarantined(db: Database, limit: int) -> list[tuple[int, Quarantined]]:
    return [(number, Quarantined(*rest)) for number, *rest in rows(db, SQL["quarantined"], (limit,))]


def release_quarantined(db: Database, entry: int, incoming: Incoming) -> int | None:
    """Move a request from quarantine into the pipeline; None where it is not there any more."""
    if row(db, SQL["release_quarantined"], (entry,)) is None:
        return None
    (number,) = one(db, SQL["insert_one"], incoming)
    db.execute(SQL["insert_states"], (number, number))
    return int(number)
