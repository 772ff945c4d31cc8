"""Who is enrolled once although many reports say so: delivery ids, business keys, withdrawals, cool-down."""

from __future__ import annotations

from typing import Any

from relay.core.outcome import Certainty, Scope, Unconfirmed
from relay.core.record import EventRecord, digest
from relay.store import Store
from tests.factories import (
    DAY,
    FOREIGN_LANE,
    HOUR,
    LANE,
    MINUTE,
    NOW_MS,
    OTHER_LANE,
    SECOND,
    failure,
    incoming,
    new_enrollment,
    parked_event,
    policy,
    read_event,
    withdrawal,
)
from tests.store.desk import Desk, emails

DELIVERY = digest("shop", "D-1")
THROTTLED = failure(Certainty.REFUSED, Scope.ORGANIZATION, throttled=True)


async def test_a_delivery_that_is_sent_again_is_a_duplicate(desk: Desk) -> None:
    await desk.report(read_event("ana@example.com", delivery_key=DELIVERY))
    await desk.report(read_event("ana@example.com", key="P-2", delivery_key=DELIVERY))
    assert await desk.fates() == {"read": 1, "duplicate": 1}
    assert await desk.counts() == {"waiting": 1}


async def test_one_delivery_id_twice_in_one_request_is_a_duplicate(desk: Desk) -> None:
    twice = (read_event("ana@example.com", position=place, delivery_key=DELIVERY) for place in (0, 1))
    await desk.report(*twice)
    assert await desk.fates() == {"read": 1, "duplicate": 1}


async def test_a_withdrawal_that_is_sent_again_withdraws_nothing_newer(desk: Desk) -> None:
    await desk.report(withdrawal(delivery_key=DELIVERY))
    await desk.report(read_event("ana@example.com", occurred_at=NOW_MS + HOUR))
    await desk.report(withdrawal(delivery_key=DELIVERY, occurred_at=NOW_MS + 2 * HOUR))
    assert await desk.counts() == {"waiting": 1}


async def test_a_parked_event_can_be_read_from_a_resend(desk: Desk) -> None:
    await desk.report(parked_event())
    await desk.report(read_event("ana@example.com", delivery_key=DELIVERY))
    assert await desk.fates() == {"parked": 1, "read": 1}


async def test_a_purchase_that_is_reported_five_times_enrols_once(desk: Desk) -> None:
    for _ in range(5):
        await desk.enrol("ana@example.com")
    assert await desk.counts() == {"waiting": 1, "merged": 4}
    assert emails(await desk.freeze()) == ["ana@example.com"]


async def test_a_purchase_is_still_the_same_after_it_was_delivered(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.deliver(await desk.freeze())
    desk.move(DAY)
    await desk.enrol("ana@example.com")
    assert await desk.counts() == {"delivered": 1, "merged": 1}


async def test_another_purchase_of_the_same_person_enrols_again(desk: Desk) -> None:
    await desk.enrol("ana@example.com", key="P-1")
    await desk.enrol("ana@example.com", key="P-2")
    assert await desk.counts() == {"waiting": 2}


async def test_a_purchase_that_is_reported_again_still_goes_out_when_it_was_to(desk: Desk) -> None:
    await desk.report(_due("ana@example.com", NOW_MS + HOUR))
    await desk.report(_due("ana@example.com", NOW_MS + 3 * HOUR, occurred_at=NOW_MS + SECOND))
    desk.move(HOUR)
    assert emails(await desk.freeze()) == ["ana@example.com"]


async def test_a_newer_report_of_an_appointment_moves_the_waiting_enrollment(desk: Desk) -> None:
    booked = "appointment.booked"
    await desk.report(_due("ana@example.com", NOW_MS + HOUR, kind=booked))
    await desk.report(_due("ana@example.com", NOW_MS + 3 * HOUR, occurred_at=NOW_MS + SECOND, kind=booked))
    assert await desk.counts() == {"waiting": 1, "merged": 1}
    desk.move(2 * HOUR)
    assert await desk.nothing_due()
    desk.move(HOUR)
    assert emails(await desk.freeze()) == ["ana@example.com"]


async def test_an_older_report_that_arrives_late_moves_nothing(desk: Desk) -> None:
    booked = "appointment.booked"
    await desk.report(_due("ana@example.com", NOW_MS + HOUR, kind=booked))
    await desk.report(_due("ana@example.com", NOW_MS + 3 * HOUR, occurred_at=NOW_MS - SECOND, kind=booked))
    desk.move(HOUR)
    assert emails(await desk.freeze()) == ["ana@example.com"]


async def test_an_enrollment_of_the_past_is_due_when_it_is_known(store: Store, desk: Desk) -> None:
    await desk.report(_due("ana@example.com", NOW_MS - DAY))
    assert (await store.ledger()).oldest_waiting == NOW_MS


async def test_a_cancellation_withdraws_what_still_waits(desk: Desk) -> None:
    await desk.enrol("ana@example.com", "ben@example.com")
    await desk.enrol("eve@example.com", key="P-2")
    await desk.report(withdrawal("P-1"))
    assert await desk.counts() == {"withdrawn": 2, "waiting": 1}


async def test_a_cancellation_frees_the_key_for_the_next_booking(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.report(withdrawal())
    await desk.report(read_event("ana@example.com", occurred_at=NOW_MS + MINUTE))
    assert await desk.counts() == {"withdrawn": 1, "waiting": 1}


async def test_a_cancellation_that_arrives_before_its_booking_withdraws_it(desk: Desk) -> None:
    await desk.report(withdrawal(occurred_at=NOW_MS + MINUTE))
    await desk.report(read_event("ana@example.com", occurred_at=NOW_MS))
    assert await desk.counts() == {"withdrawn": 1}


async def test_an_older_cancellation_does_not_withdraw_a_newer_booking(desk: Desk) -> None:
    await desk.report(read_event("ana@example.com", occurred_at=NOW_MS + MINUTE))
    await desk.report(withdrawal(occurred_at=NOW_MS))
    assert await desk.counts() == {"waiting": 1}


async def test_a_cancellation_does_not_touch_what_was_delivered(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.deliver(await desk.freeze())
    await desk.report(withdrawal())
    assert await desk.counts() == {"delivered": 1}


async def test_a_cancellation_during_a_call_that_did_nothing_counts_afterwards(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    batch = await desk.freeze()
    await desk.report(withdrawal())
    assert await desk.counts() == {"sending": 1}
    await desk.end(batch, THROTTLED)
    assert await desk.counts() == {"withdrawn": 1}


async def test_a_booking_made_anew_during_a_call_that_did_nothing_is_not_lost_with_the_cancelled_one(
    desk: Desk,
) -> None:
    await desk.enrol("ana@example.com")
    batch = await desk.freeze()
    await desk.report(withdrawal(occurred_at=NOW_MS + MINUTE))
    await desk.report(read_event("ana@example.com", occurred_at=NOW_MS + 2 * MINUTE))
    await desk.end(batch, THROTTLED)
    assert await desk.counts() == {"waiting": 1, "merged": 1}


async def test_a_dead_letter_of_a_cancelled_purchase_is_withdrawn_when_it_is_retried(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), failure())
    await desk.report(withdrawal())
    assert await store.retry_dead(["dead-1"], desk.now) == ["dead-1"]
    assert await desk.counts() == {"withdrawn": 1}


async def test_a_suppressed_enrollment_is_counted_and_never_sent(desk: Desk) -> None:
    test = new_enrollment(suppressed="test event of the provider")
    await desk.report(read_event(enrollments=(test,)))
    assert await desk.counts() == {"suppressed": 1}
    assert await desk.nothing_due()
    await desk.enrol("ana@example.com")
    assert await desk.counts() == {"suppressed": 1, "waiting": 1}


async def test_a_person_is_not_enrolled_again_within_the_cooldown_whatever_the_source(desk: Desk) -> None:
    await desk.report(_cooling(key="P-1"))
    await desk.deliver(await desk.freeze())
    desk.move(DAY - 1)
    await desk.report(_cooling(key="T-9"), source="till")
    assert await desk.nothing_due()
    assert await desk.counts() == {"delivered": 1, "merged": 1}


async def test_after_the_cooldown_a_person_is_enrolled_again(desk: Desk) -> None:
    await desk.report(_cooling(key="P-1"))
    await desk.deliver(await desk.freeze())
    desk.move(DAY)
    await desk.report(_cooling(key="P-2"))
    assert emails(await desk.freeze()) == ["ana@example.com"]


async def test_two_purchases_of_a_person_within_the_cooldown_go_out_as_one(desk: Desk) -> None:
    await desk.report(_cooling(key="P-1"))
    await desk.report(_cooling(key="P-2"))
    batch = await desk.freeze()
    assert emails(batch) == ["ana@example.com"]
    await desk.deliver(batch)
    assert await desk.nothing_due()
    assert await desk.counts() == {"delivered": 1, "merged": 1}


async def test_a_person_waits_for_the_call_under_way_rather_than_being_merged_into_its_failure(
    desk: Desk,
) -> None:
    await desk.report(_cooling(key="P-1"))
    batch = await desk.freeze()
    await desk.report(_cooling(key="P-2"))
    assert await desk.nothing_due()
    await desk.end(batch, [Unconfirmed("no result for this contact")])
    assert emails(await desk.freeze()) == ["ana@example.com"]
    assert await desk.counts() == {"dead": 1, "sending": 1}


async def test_who_may_have_been_enrolled_is_not_sent_again_within_the_cooldown(
    store: Store, desk: Desk
) -> None:
    await desk.report(_cooling(key="P-1"))
    held = policy(on_unknown_outcome="hold")
    await desk.end(await desk.freeze(), failure(Certainty.UNKNOWN, Scope.DESTINATION), held)
    await desk.report(_cooling(key="P-2"))
    assert await desk.nothing_due()
    assert await desk.counts() == {"dead": 1, "merged": 1}
    assert await store.retry_dead(["dead-1"], desk.now) == ["dead-1"]
    assert emails(await desk.freeze()) == ["ana@example.com"]


async def test_the_cooldown_is_for_each_sequence(desk: Desk) -> None:
    await desk.report(_cooling(key="P-1"))
    await desk.deliver(await desk.freeze())
    other = new_enrollment(lane=OTHER_LANE, key="P-2", cooldown=DAY)
    foreign = new_enrollment(lane=FOREIGN_LANE, key="P-2", cooldown=DAY)
    await desk.report(read_event(key="P-2", enrollments=(other, foreign)))
    assert {batch.lane for batch in (await desk.look()).batches} == {OTHER_LANE, FOREIGN_LANE}


async def test_without_a_cooldown_one_call_still_names_each_address_once(desk: Desk) -> None:
    await desk.enrol("ana@example.com", key="P-1")
    await desk.enrol("Ana@example.com", key="P-2")
    first = await desk.freeze()
    second = await desk.freeze()
    assert (emails(first), emails(second)) == (["ana@example.com"], ["Ana@example.com"])


async def test_the_same_person_in_another_lane_is_another_enrollment(store: Store, desk: Desk) -> None:
    await store.add_request(incoming())
    both = (new_enrollment(lane=LANE), new_enrollment(lane=OTHER_LANE))
    assert await desk.save(await desk.claim_one(), read_event(enrollments=both)) == 2
    assert await desk.counts() == {"waiting": 2}


def _due(email: str, due_at: int, **given: Any) -> EventRecord:
    return read_event(enrollments=(new_enrollment(email, due_at=due_at),), **given)


def _cooling(key: str) -> EventRecord:
    return read_event(key=key, enrollments=(new_enrollment(key=key, cooldown=DAY),))
