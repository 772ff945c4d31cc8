"""Batches: frozen before a byte is sent, claimed once, settled in one piece."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import orjson

from relay.core.batching import compose
from relay.core.outcome import Certainty, Delivered, Scope, Unconfirmed
from relay.store import Store
from relay.store.base import ClaimedBatch
from tests.factories import (
    FOREIGN_LANE,
    HOUR,
    LANE,
    MINUTE,
    NOW_MS,
    OTHER_LANE,
    SECOND,
    failure,
    new_enrollment,
    policy,
    read_event,
    withdrawal,
)
from tests.store.conftest import Engine
from tests.store.desk import LEASE, ROOM, Desk, emails, lanes

NOT_SENT = failure(Certainty.NOT_SENT, Scope.DESTINATION, reason="no connection")
NO_ANSWER = failure(Certainty.UNKNOWN, Scope.DESTINATION, reason="no answer")
BLOCKED = failure(Certainty.REFUSED, Scope.SEQUENCE, reason="400 X: Sequence is not active")
THROTTLED = failure(Certainty.REFUSED, Scope.DESTINATION, throttled=True, retry_after=7.0)
NEVER = policy(on_unknown_outcome="hold")


def crowd(count: int, key: str = "P") -> list[str]:
    return [f"{key.lower()}{number}@example.com" for number in range(count)]


async def test_a_batch_is_whole_in_the_ledger_before_a_byte_is_sent(engine: Engine) -> None:
    async with engine.open() as store:
        await Desk(store).enrol("ana@example.com", "ben@example.com")
        frozen = await Desk(store).freeze()
    async with engine.open() as store:
        await store.expire_leases()
        (rescued,) = await store.rescue_batches(NOW_MS, NOW_MS + LEASE)
    assert rescued == frozen
    assert [one["email"] for one in orjson.loads(frozen.body)["contacts"]] == emails(frozen)
    assert frozen.key == compose(LANE, frozen.members).key


async def test_members_go_out_in_the_order_in_which_they_are_due(desk: Desk) -> None:
    late, early = (new_enrollment(f"{at}@example.com", due_at=NOW_MS + at) for at in (2, 1))
    await desk.report(read_event(enrollments=(late, early)))
    desk.move(SECOND)
    assert emails(await desk.freeze()) == ["1@example.com", "2@example.com"]


async def test_nothing_goes_out_before_it_is_due_and_the_next_due_time_is_told(desk: Desk) -> None:
    await desk.report(read_event(enrollments=(new_enrollment(due_at=NOW_MS + HOUR),)))
    looked = await desk.look()
    assert (looked.batches, looked.next_due) == ((), NOW_MS + HOUR)
    desk.move(HOUR)
    assert emails(await desk.freeze()) == ["ana@example.com"]


async def test_an_enrollment_waits_for_company_as_long_as_it_may_linger(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    looked = await desk.look(linger=50)
    assert (looked.batches, looked.next_due) == ((), NOW_MS + 50)
    desk.move(50)
    (batch,) = (await desk.look(linger=50)).batches
    assert emails(batch) == ["ana@example.com"]


async def test_a_full_call_does_not_linger(desk: Desk) -> None:
    await desk.enrol(*crowd(100))
    (batch,) = (await desk.look(linger=MINUTE)).batches
    assert len(batch.members) == 100


async def test_no_call_has_more_than_a_hundred(desk: Desk) -> None:
    await desk.enrol(*crowd(101))
    sizes = [len((await desk.freeze()).members) for _ in range(2)]
    assert sizes == [100, 1]


async def test_claimers_never_get_the_same_member(desk: Desk) -> None:
    for number in range(5):
        await desk.enrol(*crowd(60, key=f"P{number}"), key=f"P-{number}")
    looks = await asyncio.gather(*(desk.look() for _ in range(8)))
    sent = [email for looked in looks for batch in looked.batches for email in emails(batch)]
    assert len(sent) == len(set(sent)) == 300


async def test_each_sequence_location_and_employee_has_calls_of_its_own(desk: Desk) -> None:
    places = [LANE, replace(LANE, location="a"), replace(LANE, employee="b"), OTHER_LANE, FOREIGN_LANE]
    await desk.enrol_in(*places)
    assert set(lanes(await desk.look())) == set(places)


async def test_a_destination_gets_no_more_calls_than_it_has_room_for(desk: Desk) -> None:
    await desk.enrol_in(LANE, OTHER_LANE, FOREIGN_LANE)
    looked = await desk.look({"main": 1, "second": 0})
    assert lanes(looked) == [LANE]


async def test_a_destination_without_room_is_not_looked_at_again_before_it_has_some(desk: Desk) -> None:
    await desk.enrol_in(LANE, FOREIGN_LANE)
    for batch in (await desk.look()).batches:
        await desk.end(batch, NO_ANSWER)
    desk.move(HOUR)
    assert (await desk.look({"main": 0, "second": 0})).next_due is None
    assert lanes(await desk.look({"main": 0, "second": 1})) == [FOREIGN_LANE]


async def test_repeats_for_a_destination_that_is_gone_do_not_keep_others_from_theirs(desk: Desk) -> None:
    gone = [replace(FOREIGN_LANE, employee=str(number)) for number in range(3)]
    await desk.enrol_in(*gone, LANE)
    for batch in (await desk.look()).batches:
        await desk.end(batch, NO_ANSWER)
        desk.move(SECOND)
    desk.move(HOUR)
    assert lanes(await desk.look({"main": 2})) == [LANE]
    assert (await desk.look({"main": 2})).next_due is None


async def test_delivered_and_unconfirmed_members_are_settled_together(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com", "ben@example.com")
    await desk.end(await desk.freeze(), [Delivered("c-1"), Unconfirmed("no result for this contact")])
    assert await desk.counts() == {"delivered": 1, "dead": 1}
    (letter,) = await store.dead_letters(10)
    assert (letter.email, letter.cause) == ("ben@example.com", "unconfirmed")
    assert (await store.ledger()).open_batches == 0


async def test_a_lost_claim_settles_nothing(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    batch = await desk.freeze()
    await desk.end(batch, NO_ANSWER)
    desk.move(HOUR)
    again = await desk.freeze()
    await desk.end(batch, failure())
    assert await desk.counts() == {"sending": 1}
    await desk.deliver(again)
    await desk.end(again, failure())
    assert await desk.counts() == {"delivered": 1}
    assert (await store.ledger()).calls == 4


async def test_a_batch_of_unknown_outcome_goes_out_again_byte_for_byte_under_the_same_key(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    batch = await desk.freeze()
    await desk.end(batch, NO_ANSWER)
    await desk.enrol("ben@example.com", key="P-2")
    assert emails(await desk.freeze()) == ["ben@example.com"]
    desk.move(5 * SECOND)
    again = await desk.freeze()
    assert (again.key, again.body, again.members) == (batch.key, batch.body, batch.members)
    assert (batch.attempt, again.attempt) == (1, 2)


async def test_a_kept_batch_keeps_its_key_through_a_rate_limit_and_an_outage(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    batch = await desk.freeze()
    await desk.end(batch, NO_ANSWER)
    await desk.enrol("ben@example.com", key="P-2")
    for verdict in (THROTTLED, NOT_SENT, THROTTLED):
        desk.move(HOUR)
        await desk.end(_of(batch.id, (await desk.look()).batches), verdict)
    desk.move(HOUR)
    again = _of(batch.id, (await desk.look()).batches)
    assert (again.key, again.body) == (batch.key, batch.body)
    assert again.attempt == 3


async def test_a_repeat_cannot_be_withdrawn_since_it_may_have_been_delivered(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), NO_ANSWER)
    await desk.report(withdrawal())
    assert await desk.counts() == {"sending": 1}


async def test_a_failure_that_did_nothing_dissolves_the_batch_so_that_others_can_join(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    batch = await desk.freeze()
    await desk.end(batch, NOT_SENT)
    await desk.enrol("ben@example.com", key="P-2")
    desk.move(5 * SECOND)
    joined = await desk.freeze()
    assert emails(joined) == ["ana@example.com", "ben@example.com"]
    assert joined.key != batch.key
    assert [one.attempts for one in joined.members] == [1, 0]


async def test_a_rate_limit_counts_no_attempt(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), THROTTLED)
    desk.move(7 * SECOND)
    assert [one.attempts for one in (await desk.freeze()).members] == [0]


async def test_a_refused_batch_is_split_until_the_bad_contact_stands_alone(store: Store, desk: Desk) -> None:
    await desk.enrol(*crowd(8))
    calls, bad = 0, "p5@example.com"
    while batches := (await desk.look()).batches:
        for batch in batches:
            calls += 1
            await (desk.end(batch, failure()) if bad in emails(batch) else desk.deliver(batch))
    assert calls == 7
    assert await desk.counts() == {"delivered": 7, "dead": 1}
    assert [letter.email for letter in await store.dead_letters(9)] == [bad]


async def test_a_batch_whose_sender_died_is_rescued_and_sent_again_as_it_was(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com")
    batch = await desk.freeze()
    assert await store.rescue_batches(desk.now, desk.now + LEASE) == []
    desk.move(LEASE)
    (rescued,) = await store.rescue_batches(desk.now, desk.now + LEASE)
    assert rescued == batch
    await desk.end(rescued, NO_ANSWER)
    desk.move(5 * SECOND)
    assert (await desk.freeze()).key == batch.key


async def test_a_batch_whose_sender_died_is_held_where_nothing_may_be_sent_twice(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com")
    await desk.freeze()
    desk.move(LEASE)
    (rescued,) = await store.rescue_batches(desk.now, desk.now + LEASE)
    await desk.end(rescued, NO_ANSWER, NEVER)
    assert await desk.counts() == {"dead": 1}
    assert [letter.cause for letter in await store.dead_letters(9)] == ["unknown"]


async def test_an_empty_ledger_has_nothing_to_wait_for(desk: Desk) -> None:
    looked = await desk.look(ROOM)
    assert (looked.batches, looked.next_due) == ((), None)


async def test_the_last_attempt_gives_up_and_says_so(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    for _ in range(3):
        await desk.end(await desk.freeze(), NOT_SENT, policy(attempts=3))
        desk.move(HOUR)
    (letter,) = await store.dead_letters(9)
    assert (letter.cause, letter.reason) == ("gave_up", "no connection")
    assert await desk.counts() == {"dead": 1}


def _of(number: int, batches: Sequence[ClaimedBatch]) -> ClaimedBatch:
    return next(batch for batch in batches if batch.id == number)
