"""Counting what sources send, in the transaction that saves it; bounded in types and in days."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from relay.core.traffic import KEPT_DAYS, MOST_TYPES, OTHERS, Counts, EventType, Seen, count, day_of
from relay.store.queries import queries
from relay.store.sql.database import Database, one, row, rows
from relay.store.sql.hours import take_back

SQL = queries("relay.store.sql", "traffic")


def add_counts(db: Database, seen: Mapping[Seen, int], now: int) -> None:
    """Add what was seen to the day of `now`: one statement for each type, however many events there were."""
    for (source, name), counts in count(seen).items():
        _add(db, source, name, counts, now)


def _add(db: Database, source: str, name: str, counts: Counts, now: int) -> None:
    today = day_of(now)
    type_id = _find_type(db, source, name)
    if type_id is None:
        name = _room_for(db, source, name)
        type_id = one(db, SQL["add_type"], (source, name, now))[0]
    (events,) = one(db, SQL["add"], (type_id, today, now, *counts))
    if events == counts.events:  # the first of the day: a type that went silent keeps its last days
        _forget(db, type_id, source if name == OTHERS else None, today - KEPT_DAYS + 1)


def _find_type(db: Database, source: str, name: str) -> int | None:
    found = row(db, SQL["find_type"], (source, name))
    return found[0] if found else None


def _room_for(db: Database, source: str, name: str) -> str:
    return name if one(db, SQL["count_types"], (source,))[0] < MOST_TYPES else OTHERS


def _forget(db: Database, type_id: int, full: str | None, oldest: int) -> None:
    """Forget days that are too old, and in a source that is `full` the types that went silent."""
    db.execute(SQL["forget_days"], (type_id, oldest))
    if full is not None:
        db.execute(SQL["forget_types"], (full, oldest))
        db.execute(SQL["forget_strays"])


def uncount(db: Database, source: str, name: str, at: int) -> None:
    """Take back a parked event that was counted at this moment: it is read, and counted, again."""
    type_id = _find_type(db, source, name) or _find_type(db, source, OTHERS)
    db.execute(SQL["uncount"], (type_id, day_of(at)))
    take_back(db, source, at)


def traffic(db: Database) -> list[EventType]:
    """Every event type of every source with its days, by source and name."""
    found = groupby(rows(db, SQL["traffic"]), lambda entry: entry[:4])
    event_types = []
    for (_, source, name, first_at), entries in found:
        days = list(entries)
        last_at = max(entry[4] for entry in days)
        counts = {entry[5]: Counts(*entry[6:]) for entry in days}
        event_types.append(EventType(source, name, first_at, last_at, counts))
    return event_types
