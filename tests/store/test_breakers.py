"""Breakers as rows: what is held back, what is let through as a trial, and for whom it counts."""

from __future__ import annotations

from relay.core.breaker import Health, State
from relay.core.outcome import Certainty, Scope
from relay.store import Store
from relay.store.base import OpenBreaker
from tests.factories import FOREIGN_LANE, LANE, MINUTE, NOW_MS, OTHER_LANE, SECOND, failure, policy
from tests.store.desk import Desk, lanes

NO_ANSWER = failure(Certainty.UNKNOWN, Scope.DESTINATION, reason="no answer within 30 s")
NOT_SENT = failure(Certainty.NOT_SENT, Scope.DESTINATION, reason="no connection")
HOLD = policy(on_unknown_outcome="hold")
LOOK = Health(up=True)


async def fail(desk: Desk, times: int = 3, who: str = "guest") -> None:
    """So many calls of unknown outcome, whose contacts become dead letters."""
    for number in range(times):
        await desk.enrol_at(LANE, f"{who}{number}@example.com")
        await desk.end(await desk.freeze(), NO_ANSWER, HOLD)


async def states(store: Store) -> dict[str, State]:
    return {f"{one.sequence or 'all'}": one.breaker.state for one in await store.open_breakers()}


async def destinations(store: Store) -> OpenBreaker:
    (found,) = [one for one in await store.open_breakers() if one.sequence is None]
    return found


async def test_after_three_failures_nothing_goes_to_the_destination_and_all_goes_elsewhere(
    store: Store, desk: Desk
) -> None:
    await fail(desk)
    await desk.enrol_in(LANE, OTHER_LANE, FOREIGN_LANE)
    assert lanes(await desk.look()) == [FOREIGN_LANE]
    desk.move(100 * 86400 * SECOND)
    assert lanes(await desk.look()) == []
    assert await states(store) == {"all": State.OPEN, LANE.sequence: State.OPEN}


async def test_while_it_is_open_no_moment_is_named_at_which_more_could_go(store: Store, desk: Desk) -> None:
    await fail(desk)
    await desk.enrol_in(LANE, OTHER_LANE)
    assert (await desk.look()).next_due is None


async def test_after_a_look_one_call_with_one_contact_goes_out(store: Store, desk: Desk) -> None:
    await fail(desk)
    await desk.enrol("ana@example.com", "ben@example.com", "cem@example.com", key="P-9")
    for found in await store.open_breakers():
        assert await store.looked(found, LOOK, desk.now) is State.HALF_OPEN
    trial = await desk.freeze()
    assert len(trial.members) == 1
    assert await desk.nothing_due()
    await desk.deliver(trial)
    assert await states(store) == {}
    assert len((await desk.freeze()).members) == 2


async def test_a_trial_that_fails_costs_one_contact_and_opens_it_again(store: Store, desk: Desk) -> None:
    await fail(desk)
    await desk.enrol("ana@example.com", "ben@example.com", key="P-9")
    for found in await store.open_breakers():
        await store.looked(found, LOOK, desk.now)
    await desk.end(await desk.freeze(), NO_ANSWER, HOLD)
    assert await states(store) == {"all": State.OPEN, LANE.sequence: State.OPEN}
    assert await desk.nothing_due()
    assert (await desk.counts())["waiting"] == 1


async def test_a_sequence_that_always_fails_does_not_hold_up_another_for_long(
    store: Store, desk: Desk
) -> None:
    await fail(desk)
    await store.looked(await destinations(store), LOOK, desk.now)
    await desk.enrol_in(LANE, OTHER_LANE)
    (trial,) = (await desk.look()).batches
    assert trial.lane == OTHER_LANE
    await desk.deliver(trial)
    assert await states(store) == {LANE.sequence: State.OPEN}
    await desk.enrol_at(OTHER_LANE, "cem@example.com")
    assert lanes(await desk.look()) == [OTHER_LANE]


async def test_many_repeats_of_a_sequence_that_fails_do_not_hide_those_of_another(
    store: Store, desk: Desk
) -> None:
    for number in range(12):
        await desk.enrol_at(LANE, f"guest{number}@example.com", key=f"P-{number}")
        claimed = await desk.look({"main": 99})
        if not claimed.batches:
            break
        await desk.end(claimed.batches[0], NO_ANSWER)
    await store.looked(await destinations(store), LOOK, desk.now)
    await desk.enrol_at(OTHER_LANE, "cem@example.com")
    (trial,) = (await desk.look({"main": 1})).batches
    await desk.end(trial, NO_ANSWER)
    desk.move(MINUTE)
    await store.looked(await destinations(store), LOOK, desk.now)
    assert lanes(await desk.look({"main": 1})) == [OTHER_LANE]


async def test_the_pause_of_a_destination_that_answers_again_is_over(store: Store, desk: Desk) -> None:
    for number in range(3):
        await desk.enrol_at(LANE, f"guest{number}@example.com")
        desk.move(MINUTE * 60)
        await desk.end(await desk.freeze(), NOT_SENT)
    for found in await store.open_breakers():
        await store.looked(found, LOOK, desk.now)
    assert not await desk.nothing_due()


async def test_a_look_that_fails_is_followed_by_a_later_one(store: Store, desk: Desk) -> None:
    await fail(desk)
    before = await destinations(store)
    down = Health(up=False, open_after=3, spread=1.0)
    assert await store.looked(before, down, desk.now) is State.OPEN
    after = await destinations(store)
    assert (before.breaker.look_at, after.breaker.look_at) == (NOW_MS + 2 * SECOND, NOW_MS + 4 * SECOND)


async def test_a_person_can_let_one_call_through(store: Store, desk: Desk) -> None:
    await fail(desk)
    assert await store.resume("main", None) == 1
    assert await store.resume("main", LANE.sequence) == 1
    assert set((await states(store)).values()) == {State.HALF_OPEN}


async def test_a_restart_looks_at_once(store: Store, desk: Desk) -> None:
    await fail(desk)
    await store.expire_leases()
    assert (await destinations(store)).breaker.look_at == 0
    assert await desk.nothing_due()


async def test_refusals_and_rate_limits_are_answers(store: Store, desk: Desk) -> None:
    await fail(desk, 2)
    await desk.enrol_at(LANE, "ana@example.com")
    await desk.end(await desk.freeze(), failure(Certainty.REFUSED, Scope.CONTACTS))
    await fail(desk, 2, "other")
    assert await states(store) == {}
