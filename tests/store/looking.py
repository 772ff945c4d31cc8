"""What stands in the ledger about each enrollment, of which commands show only a part."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import apsw

_EACH = """
SELECT enrollment.email, delivery.state, delivery.reason, delivery.due_at, enrollment.note
FROM delivery JOIN enrollment ON enrollment.id = delivery.enrollment_id ORDER BY enrollment.id
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One enrollment. `due_at` is in milliseconds since 1970."""

    email: str
    state: str
    reason: str | None
    due_at: int
    note: str | None


def look(path: Path) -> list[Seen]:
    """Every enrollment of the ledger at `path`, oldest first."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        return [Seen(*found) for found in db.execute(_EACH)]


def look_at_one(path: Path) -> Seen:
    (seen,) = look(path)
    return seen
