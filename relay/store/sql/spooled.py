"""Requests that were spooled while the ledger was away: each comes in once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from relay.store.queries import queries
from relay.store.rows import Incoming, Spooled
from relay.store.sql.database import Database, for_rows, json_list, row, rows

SQL = queries("relay.store.sql", "spooled")
REQUESTS = queries("relay.store.sql", "requests")

KEPT = 365 * 86_400_000
"""Milliseconds: nobody starts a relay again on files that are older."""

_LARGEST_INSERT = 32


def add_spooled(db: Database, spooled: Spooled, now: int) -> int:
    """Add what is not here yet; how far the file has come, which is where it goes on."""
    found = row(db, SQL["upto"], (spooled.file,))
    upto = int(found[0]) if found else 0
    if upto != spooled.start:
        return upto
    for first in range(0, len(spooled.requests), _LARGEST_INSERT):
        _insert(db, spooled.requests[first : first + _LARGEST_INSERT])
    db.execute(SQL["reach"], {"file": spooled.file, "upto": spooled.end, "now": now})
    db.execute(SQL["forget"], (now - KEPT,))
    return spooled.end


def _insert(db: Database, requests: Sequence[Incoming]) -> None:
    statement = for_rows(REQUESTS["insert_one"], len(requests))
    ids = [number for (number,) in rows(db, statement, tuple(chain.from_iterable(requests)))]
    db.execute(REQUESTS["insert_states_of"], (json_list(ids),))
