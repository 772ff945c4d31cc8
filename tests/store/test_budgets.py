"""Rate budgets over the ledger's rows: never over either window, and never stuck below it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.core.budget import HOUR, MINUTE, SLACK, UNKNOWN_LIMITS, Budget, Limits, Spare
from relay.core.outcome import Certainty, Delivered, Scope
from relay.core.route import Lane
from relay.core.settlement import Settlement
from relay.store import Store
from relay.store.sql import limits
from relay.store.sqlite.connection import migrate
from tests.factories import FOREIGN_LANE, LANE, NOW_MS, OTHER_LANE, SECOND, failure
from tests.store.conftest import Engine
from tests.store.desk import ROOM, Desk, attempt_of

THROTTLED = failure(Certainty.REFUSED, Scope.ORGANIZATION, throttled=True, retry_after=30.0)


def main(per_minute: int | None = None, per_hour: int | None = None, **more: float) -> Budget:
    return Budget(organization="main", per_minute=per_minute, per_hour=per_hour, **more)


@contextmanager
def rows() -> Iterator[apsw.Connection]:
    """A ledger in memory: what a store does in its transactions, without one around each step."""
    with apsw.Connection(":memory:") as db:
        migrate(db)
        yield db


async def test_calls_stop_at_the_budget_and_go_on_when_the_window_has_moved(store: Store, desk: Desk) -> None:
    budgets = {"main": main(per_minute=1)}
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
    budgets = {"second": Budget(organization="second", per_minute=1)}
    claimed = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, budgets=budgets)
    assert len(claimed.batches) == 2


async def test_destinations_of_one_organization_share_its_limits(store: Store, desk: Desk) -> None:
    await desk.enrol_in(LANE, FOREIGN_LANE)
    budgets = {name: main(per_minute=1) for name in ("main", "second")}
    claimed = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, budgets=budgets)
    assert len(claimed.batches) == 1
    assert [batch.organization for batch in claimed.batches] == ["main"]


async def test_a_refusal_rests_the_whole_organization_and_no_other(store: Store, desk: Desk) -> None:
    await desk.enrol_in(LANE)
    await desk.end(await desk.freeze(), THROTTLED)
    await desk.enrol_in(OTHER_LANE, FOREIGN_LANE)
    assert [batch.lane for batch in (await desk.look()).batches] == [FOREIGN_LANE]
    assert (await desk.look()).next_due == NOW_MS + 30 * SECOND
    desk.move(30 * SECOND)
    assert {batch.lane for batch in (await desk.look()).batches} == {LANE, OTHER_LANE}


async def test_a_rest_outlives_a_restart(store: Store, desk: Desk) -> None:
    await desk.enrol_in(LANE)
    await desk.end(await desk.freeze(), THROTTLED)
    await store.expire_leases()
    assert await desk.nothing_due()


async def test_what_an_answer_says_is_left_is_not_overdrawn(store: Store, desk: Desk) -> None:
    await desk.enrol_in(LANE)
    batch = await desk.freeze()
    said = Limits(allowed=1, remaining=1, resets_at=desk.now + 20 * SECOND)
    delivered = Settlement(delivered=((batch.members[0].enrollment_id, None),), limits=said)
    await store.settle(batch, attempt_of(batch, [Delivered(None)], desk.now), delivered, desk.now)
    await desk.enrol_in(OTHER_LANE, replace(LANE, location="L"), replace(LANE, location="M"))
    assert len((await desk.look()).batches) == 1
    assert (await desk.look()).next_due == desk.now + 20 * SECOND
    desk.move(20 * SECOND)
    assert len((await desk.look()).batches) == 2


async def test_replays_use_their_share_and_what_is_new_goes_first(store: Store, desk: Desk) -> None:
    refused = failure(Certainty.REFUSED, Scope.CONTACTS)
    lanes = [replace(LANE, location=f"L{number}") for number in range(4)]
    await desk.enrol_in(*lanes)
    for batch in (await desk.look()).batches:
        await desk.end(batch, refused)
    desk.move(MINUTE * SECOND * 2)
    await store.retry_dead(await desk.letters(), desk.now)
    await desk.enrol_in(OTHER_LANE)
    budgets = {"main": main(per_minute=10, replays=0.2)}
    claimed = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, budgets=budgets)
    assert [batch.replay for batch in claimed.batches] == [False, True, True]
    assert claimed.next_due is not None
    again = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, budgets=budgets)
    assert (again.batches, again.next_due) == ((), (desk.now // 1000 + MINUTE + SLACK) * 1000)


async def test_where_no_limit_is_known_replays_keep_to_their_connections(store: Store, desk: Desk) -> None:
    await desk.enrol_in(LANE, OTHER_LANE)
    for batch in (await desk.look()).batches:
        await desk.end(batch, failure(Certainty.REFUSED, Scope.CONTACTS))
    await store.retry_dead(await desk.letters(), desk.now)
    claimed = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, replay_room={"main": 1})
    assert len(claimed.batches) == 1
    full = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, replay_room={"main": 0})
    assert full.batches == ()


async def test_where_calls_are_scarce_they_wait_to_be_fuller(store: Store, desk: Desk) -> None:
    budgets = {"main": main(per_hour=10)}
    waits = []
    for number in range(9):
        await desk.enrol(f"guest{number}@example.com", key=f"P-{number}")
        claimed = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, budgets=budgets)
        start = desk.now
        while not claimed.batches:
            assert claimed.next_due is not None
            desk.now = claimed.next_due
            claimed = await store.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, budgets=budgets)
        waits.append((desk.now - start) // SECOND)
        await desk.deliver(claimed.batches[0])
    assert waits[:5] == [0] * 5
    assert waits[5:] == sorted(waits[5:])
    assert 0 < waits[-1] <= HOUR / 10


async def test_what_was_used_and_said_can_be_seen(store: Store, desk: Desk) -> None:
    await desk.enrol_in(LANE)
    await desk.end(await desk.freeze(), THROTTLED)
    desk.move(2 * MINUTE * SECOND)
    (rate,) = await store.rates(desk.now)
    assert (rate.organization, rate.used_minute, rate.used_hour) == ("main", 0, 1)
    assert (rate.limits.rests_until, rate.reason) == (NOW_MS + 30 * SECOND, THROTTLED.reason)


class Caller:
    """Makes calls as far as the rows allow, of any mixture, and remembers when."""

    def __init__(self, db: apsw.Connection, budget: Budget) -> None:
        self._db, self._budget = db, budget
        self.now = NOW_MS
        self.made: list[tuple[int, bool]] = []

    def left(self) -> Spare:
        return limits.left(self._db, self._budget, self.now)

    def call(self, wanted: int, *, replay: bool) -> None:
        for _ in range(wanted):
            spare = self.left()
            assert spare.calls != 0 or spare.again_at > self.now
            if spare.calls == 0 or (replay and spare.replays == 0):
                return
            limits.spend(self._db, self._budget.organization, 1, int(replay), self.now)
            self.made.append((self.now, replay))

    def most(self, length: int, *, replays: bool = False) -> int:
        """The most calls in any window of this length."""
        moments = [at for at, replay in self.made if replay or not replays]
        return max((sum(s <= m < s + length * SECOND for m in moments) for s in moments), default=0)


STEPS = st.lists(
    st.tuples(st.integers(0, 40 * MINUTE * SECOND), st.integers(1, 6), st.booleans()), max_size=40
)


@settings(deadline=None)
@given(chosen=st.integers(1, 8), said=st.none() | st.integers(1, 8), per_hour=st.integers(1, 20), steps=STEPS)
def test_no_order_of_calls_is_over_either_window(
    chosen: int, said: int | None, per_hour: int, steps: list[tuple[int, int, bool]]
) -> None:
    with rows() as db:
        budget = main(chosen, per_hour)
        limits.learn(db, "main", Limits(per_minute=said), 0)
        caller = Caller(db, budget)
        for wait, wanted, replay in steps:
            caller.now += wait
            caller.call(wanted, replay=replay)
        assert caller.most(MINUTE) <= min(chosen, said or chosen)
        assert caller.most(HOUR) <= per_hour
        assert caller.most(HOUR, replays=True) <= max(1, int(per_hour * budget.replays))


@settings(deadline=None)
@given(
    budget=st.builds(main, st.integers(1, 3), st.integers(1, 5), reserve=st.sampled_from([0.0, 0.5])),
    remaining=st.none() | st.integers(0, 3),
)
def test_a_used_up_budget_has_room_again_when_it_says_so(budget: Budget, remaining: int | None) -> None:
    with rows() as db:
        caller = Caller(db, budget)
        said = Limits(allowed=4, remaining=remaining, resets_at=NOW_MS + 9 * SECOND)
        limits.learn(db, "main", UNKNOWN_LIMITS if remaining is None else said, 0)
        for _ in range(12):
            spare = caller.left()
            if spare.calls:
                caller.call(1, replay=False)
            else:
                caller.now = spare.again_at
                assert caller.left().calls


@pytest.mark.parametrize("under_way", [0, 3])
def test_calls_under_way_may_not_be_counted_in_an_answer_yet(under_way: int) -> None:
    with rows() as db:
        limits.learn(db, "main", Limits(allowed=9, remaining=5, resets_at=NOW_MS + SECOND), under_way)
        assert limits.left(db, main(), NOW_MS).calls == 5 - under_way


async def test_nodes_that_claim_at_once_share_one_budget(engine: Engine) -> None:
    """Each of them sees plenty to send, and none of them may take what another has taken."""
    lanes = [Lane("main", f"sequence-{number}") for number in range(12)]
    async with engine.open() as store, engine.open(exclusive=False) as other:
        desk = Desk(store)
        await desk.enrol_in(*lanes)
        claims = [
            node.claim_batches(desk.now, desk.now + SECOND, 0, ROOM, budgets={"main": main(7)})
            for node in (store, other) * 6
        ]
        claimed = [batch.lane for found in await asyncio.gather(*claims) for batch in found.batches]
        assert len(claimed) == len(set(claimed)) == 7
        (rate,) = await store.rates(desk.now)
        assert rate.used_minute == 7
