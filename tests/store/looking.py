"""What stands in the ledger about each enrollment."""

from __future__ import annotations

from relay.store import Store
from relay.store.rows import EnrollmentRow


async def look(store: Store) -> list[EnrollmentRow]:
    """Every enrollment, oldest first."""
    return list(reversed((await store.enrollments_page(1000)).rows))


async def look_at_one(store: Store) -> EnrollmentRow:
    (seen,) = await look(store)
    return seen
