"""Rate budgets over the ledger's rows: never over either window, and never stuck below it."""

from __future__ import annotations

import apsw
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.core.budget import HOUR, MINUTE, Budget
from relay.store import Store
from relay.store.sqlite.budgets import spare, spend
from tests.factories import LANE, NOW_MS, OTHER_LANE, SECOND
from tests.store.desk import Desk

ROOM = {"main": 9, "second": 9}


def counted() -> apsw.Connection:
    """A ledger of nothing but counted calls."""
    db = apsw.Connection(":memory:")
    db.execute(
        "CREATE TABLE call_count (destination TEXT, second INTEGER, calls INTEGER, "
        "PRIMARY KEY (destination, second))"
    )
    return db


async def test_calls_stop_at_the_budget_and_go_on_when_the_window_has_moved(store: Store, desk: Desk) -> None:
    budgets = {"main": Budget(per_minute=1)}
    await desk.enrol_in(LANE, OTHER_LANE)
    first = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, budgets=budgets)
    second = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, budgets=budgets)
    assert (len(first.batches), second.batches) == (1, ())
    assert second.next_due is not None
    assert NOW_MS + MINUTE * SECOND < second.next_due <= NOW_MS + (MINUTE + 3) * SECOND
    desk.move(second.next_due - desk.now)
    third = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, budgets=budgets)
    assert len(third.batches) == 1


async def test_a_destination_without_a_budget_is_not_held_up_by_anothers(store: Store, desk: Desk) -> None:
    await desk.enrol_in(LANE, OTHER_LANE)
    budgets = {"second": Budget(per_minute=1)}
    claimed = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, budgets=budgets)
    assert len(claimed.batches) == 2


@settings(deadline=None)
@given(
    per_minute=st.integers(1, 5),
    per_hour=st.integers(1, 20),
    steps=st.lists(st.tuples(st.integers(0, 40 * MINUTE * SECOND), st.integers(1, 6)), max_size=40),
)
def test_no_order_of_calls_is_over_either_window(
    per_minute: int, per_hour: int, steps: list[tuple[int, int]]
) -> None:
    db, budget, now, made = counted(), Budget(per_minute, per_hour), NOW_MS, list[int]()
    for wait, wanted in steps:
        now += wait
        left, again_at = spare(db, "main", budget, now)
        assert left is not None
        assert (left > 0) or (now < again_at <= now + (HOUR + 3) * SECOND)
        for _ in range(min(left, wanted)):
            spend(db, "main", now)
            made.append(now)
    for length, allowed in ((MINUTE, per_minute), (HOUR, per_hour)):
        for start in made:
            assert sum(start <= call < start + length * SECOND for call in made) <= allowed


@settings(deadline=None)
@given(budget=st.builds(Budget, st.integers(1, 3), st.integers(1, 5)))
def test_a_used_up_budget_has_room_again_when_it_says_so(budget: Budget) -> None:
    db, now = counted(), NOW_MS
    for _ in range(12):
        left, again_at = spare(db, "main", budget, now)
        if left:
            spend(db, "main", now)
        else:
            now = again_at
            assert (spare(db, "main", budget, now)[0] or 0) > 0
