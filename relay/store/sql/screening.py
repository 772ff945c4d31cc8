"""The last look before anything goes out: what was right when it was made may not be any more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from relay.core.record import milliseconds
from relay.core.timing import Timings, held_until, next_common
from relay.store.queries import queries
from relay.store.sql import suppression
from relay.store.sql.database import Database, json_list, one, rows

SQL = queries("relay.store.sql", "screening")


def barred(db: Database, candidates: Collection[int], now: int, timings: Timings) -> set[int]:
    """Which of these enrollments must not go out now; each is suppressed or due later, with its reason."""
    found = rows(db, SQL["candidates"], (json_list(candidates),))
    listed = suppression.listed(db, {number: (email, person) for number, email, person, *_ in found}, now)
    for number, reason in listed.items():
        _suppress(db, number, reason, now)
    starts = {number: (route, start_at) for number, _, _, route, start_at in found if number not in listed}
    return listed.keys() | _untimely(db, starts, now, timings)


def _untimely(
    db: Database, starts: dict[int, tuple[str, int | None]], now: int, timings: Timings
) -> set[int]:
    """Suppress what is too late and hold what its route does not want out now; `starts` are by enrollment."""
    present = _moment(now)
    ruled = {route: timings[route] for route, _ in starts.values() if route in timings}
    openings = {route: timing.open.next_open(present) for route, timing in ruled.items()}
    out = set()
    for number, (route, start_at) in starts.items():
        if route not in ruled:
            continue
        opening = openings[route]
        late = ruled[route].lateness(None if start_at is None else _moment(start_at), opening)
        if late is not None:
            _suppress(db, number, late, now)
            out.add(number)
        elif opening > present:
            db.execute(SQL["hold"], (milliseconds(opening), held_until(opening), number))
            out.add(number)
    return out


def _suppress(db: Database, enrollment_id: int, reason: str, now: int) -> None:
    """Settle a waiting enrollment that must not go out; its key is free for a later report."""
    db.execute(SQL["suppress"], (now, reason, enrollment_id))
    db.execute(SQL["free_key"], (enrollment_id,))


def next_held(db: Database, lane_id: int, now: int) -> list[int]:
    """When the next enrollment of a lane is due, of which none may go out now."""
    (due_at,) = one(db, SQL["next_held"], (lane_id, now))
    return [] if due_at is None else [due_at]


def postponed(db: Database, batch_id: int, now: int, timings: Timings) -> bool:
    """Whether a frozen batch has to wait until the routes of all its members want it out."""
    present = _moment(now)
    routes = [route for (route,) in rows(db, SQL["routes_of"], (batch_id,))]
    opening = next_common([timings[route].open for route in routes if route in timings], present)
    if opening > present:
        db.execute(SQL["postpone"], (milliseconds(opening), batch_id))
    return opening > present


def _moment(milliseconds_: int) -> datetime:
    return datetime.fromtimestamp(milliseconds_ / 1000, UTC)
