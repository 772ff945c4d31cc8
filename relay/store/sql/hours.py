"""Counting by the hour, in the transactions that write what is counted; forgotten in small steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from relay.core.hours import KEPT_HOURS, DestinationHour, Hours, SourceHour, hour_of
from relay.core.settlement import Settlement
from relay.core.traffic import Seen
from relay.store.base import AttemptRecord
from relay.store.queries import queries
from relay.store.sql.database import Database, one, rows

SQL = queries("relay.store.sql", "hours")


def count_read(db: Database, requests: Mapping[str, int], seen: Mapping[Seen, int], now: int) -> None:
    """Add requests by source and what was seen in them: one statement for each source."""
    events: Counter[str] = Counter()
    parked: Counter[str] = Counter()
    for each, times in seen.items():
        events[each.source] += times
        parked[each.source] += times * (each.fate == "parked")
    for source in requests.keys() | events.keys():
        counted = requests.get(source, 0), events[source], parked[source]
        _add(db, SourceHour(source, hour_of(now), *counted))


def count_unverified(db: Database, source: str, at: int) -> None:
    _add(db, SourceHour(source, hour_of(at), unverified=1))


def _add(db: Database, counted: SourceHour) -> None:
    if one(db, SQL["add_source"], counted) == counted[2:]:  # the first of its hour: as many go as come
        db.execute(SQL["forget_sources"], (counted.hour - KEPT_HOURS,))


def take_back(db: Database, source: str, at: int) -> None:
    """A parked event that was counted at this moment is read, and counted, again."""
    db.execute(SQL["take_back"], (hour_of(at), source))


def count_call(
    db: Database, destination: str, attempt: AttemptRecord, settled: Settlement | None, now: int
) -> None:
    """Add a call, and what it settled; None: nothing, since its claim was lost."""
    delivered, dead = (len(settled.delivered), len(settled.dead)) if settled else (0, 0)
    failed = int(attempt.certainty is not None)
    hour = hour_of(now)
    counted = DestinationHour(destination, hour, 1, failed, delivered, dead, attempt.took)
    if one(db, SQL["add_destination"], counted) == (1,):
        db.execute(SQL["forget_destinations"], (hour - KEPT_HOURS,))


def hours(db: Database, first: int) -> Hours:
    """From the hour `first` on."""
    return Hours(
        tuple(SourceHour(*found) for found in rows(db, SQL["sources"], (first,))),
        tuple(DestinationHour(*found) for found in rows(db, SQL["destinations"], (first,))),
    )
