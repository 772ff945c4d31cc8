"""Corrections: what is sent changes, what was received and read does not, and every rule holds as before."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from relay.core.attribution import IdMap, Maps, Unmapped
from relay.core.contact import Contact
from relay.core.correction import Correction
from relay.core.event import Kind
from relay.core.letters import LetterFilter
from relay.core.outcome import Unconfirmed
from relay.core.repair import DeadEnrollment, Outlook, ParkedEvent
from relay.core.suppression import Suppression
from relay.sandbox.first import DOWNTOWN
from relay.store import Store
from relay.store.base import WITHOUT_MAPS, Story
from tests.factories import (
    DAY,
    LANE,
    MINUTE,
    NOW_MS,
    contact,
    failure,
    incoming,
    new_enrollment,
    parked_event,
    read_event,
    withdrawal,
)
from tests.store.desk import Desk, emails

ANA = contact()
MENDED = contact("ana@example.org", phone="+12025550148")
BOOKING: dict[str, Any] = {"kind": Kind.APPOINTMENT_BOOKED.value, "event_type": "booking"}


def made(before: Contact = ANA, after: Contact = MENDED, **given: Any) -> Correction:
    usual: dict[str, Any] = {"who": "ops", "why": "asked on the phone", "at": NOW_MS}
    return Correction(before=before, after=after, **usual | given)


async def told(store: Store, letter: str = "dead-1") -> Story:
    story = await store.story(letter)
    assert story is not None
    return story


async def test_what_is_sent_is_what_was_corrected(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    assert await store.repairs.correct("dead-1", made())
    assert await desk.counts() == {"dead": 1}
    await store.retry_dead(["dead-1"], desk.now)
    batch = await desk.freeze()
    assert emails(batch) == ["ana@example.org"]
    assert orjson.loads(batch.body) == {"contacts": [{"email": "ana@example.org", "phone": "+12025550148"}]}


async def test_the_request_and_the_event_stay_and_every_correction_is_told(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    before = await told(store)
    again = made(MENDED, contact("ana@example.net"), at=NOW_MS + MINUTE, job=7)
    assert await store.repairs.correct("dead-1", made())
    assert await store.repairs.correct("dead-1", again)
    after = await told(store)
    assert (after.request, after.event) == (before.request, before.event) == (incoming(), b"{}")
    assert after.corrections == (made(), again)
    assert after.contact == b'{"email":"ana@example.net"}'
    assert after.attempts == before.attempts
    assert len(after.attempts) == 1


@pytest.mark.parametrize("letter", ["dead-2", "parked-1", "dead-x", ""])
async def test_what_is_no_dead_enrollment_is_not_corrected(store: Store, desk: Desk, letter: str) -> None:
    await desk.report(parked_event())
    assert not await store.repairs.correct(letter, made())


async def test_what_is_sent_at_this_moment_is_not_corrected(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    assert not await store.repairs.correct("dead-1", made())
    await desk.freeze()
    assert not await store.repairs.correct("dead-1", made())


async def test_of_two_corrections_at_the_same_time_the_second_is_refused(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    assert await store.repairs.correct("dead-1", made())
    assert not await store.repairs.correct("dead-1", made(after=contact("eve@example.com")))
    assert len((await told(store)).corrections) == 1


async def test_a_correction_that_changes_nothing_is_none(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    assert not await store.repairs.correct("dead-1", made(after=ANA))
    assert (await told(store)).corrections == ()


async def test_who_corrected_stands_in_the_audit_log(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    by = desk.by("dead.correct", letter="dead-1", fields=["email"])
    await store.repairs.correct("dead-1", made(), by)
    await store.repairs.correct("dead-1", made(), by)
    (entry,) = await store.audit_newest(9)
    assert entry.change == by


async def test_a_corrected_letter_is_found_by_its_new_address(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    await store.repairs.correct("dead-1", made())
    (letter,) = await store.dead_letters(9, LetterFilter(person="+1 202 555 0148"))
    assert letter.email == "ana@example.org"
    assert await store.dead_letters(9, LetterFilter(person="ana@example.com")) == []


async def test_the_purchase_is_enrolled_once_however_often_it_is_reported_for_the_old_address(
    store: Store, desk: Desk
) -> None:
    await desk.refuse("ana@example.com")
    await store.repairs.correct("dead-1", made())
    await store.retry_dead(["dead-1"], desk.now)
    await desk.enrol("ana@example.com", key="ana@example.com")
    assert await desk.counts() == {"waiting": 1, "merged": 1}


async def test_the_suppression_list_holds_for_the_new_address(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    await store.suppress([Suppression("domain", "example.org", "", "ops", NOW_MS)], desk.now)
    await store.repairs.correct("dead-1", made())
    await store.retry_dead(["dead-1"], desk.now)
    assert await desk.nothing_due()
    assert await desk.counts() == {"suppressed": 1}


async def test_the_cooldown_counts_for_the_new_address_and_not_for_the_old_one(
    store: Store, desk: Desk
) -> None:
    for number, email in enumerate(["ana@example.com", "ana@example.org", "ana@example.com"]):
        one = new_enrollment(email, key=f"P-{number}", cooldown=DAY)
        await desk.report(read_event(key=f"P-{number}", enrollments=(one,)))
        batch = await desk.freeze()
        if number == 0:
            await desk.end(batch, [Unconfirmed("no result")])
        else:
            await desk.deliver(batch)
    await store.repairs.correct("dead-1", made())
    await store.retry_dead(["dead-1"], desk.now)
    assert await desk.nothing_due()
    assert await desk.counts() == {"delivered": 2, "merged": 1}


async def test_a_cancellation_takes_back_what_was_corrected(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    await store.repairs.correct("dead-1", made())
    await store.retry_dead(["dead-1"], desk.now)
    await desk.report(withdrawal("ana@example.com"))
    assert await desk.counts() == {"withdrawn": 1}


async def test_a_booking_that_was_made_anew_before_its_cancellation_arrived_goes_out_corrected(
    store: Store, desk: Desk
) -> None:
    """The newest report of the person counts, under whatever address it is to be sent by now."""
    await desk.report(read_event("ana@example.com", occurred_at=NOW_MS, **BOOKING))
    await desk.end(await desk.freeze(), failure())
    await desk.report(read_event("ana@example.com", occurred_at=NOW_MS + 2 * MINUTE, **BOOKING))
    await store.repairs.correct("dead-1", made())
    cancelled = withdrawal(occurred_at=NOW_MS + MINUTE, kind=Kind.APPOINTMENT_CANCELLED.value)
    await desk.report(cancelled)
    await store.retry_dead(["dead-1"], desk.now)
    assert await desk.counts() == {"waiting": 1, "merged": 1}
    await desk.report(withdrawal(occurred_at=NOW_MS + MINUTE, kind=Kind.APPOINTMENT_CANCELLED.value))
    assert await desk.counts() == {"waiting": 1, "merged": 1}


async def test_a_call_of_unknown_outcome_is_not_repeated_as_it_was_once_one_of_it_was_corrected(
    store: Store, desk: Desk
) -> None:
    unknown = await desk.lose("ana@example.com", "ben@example.com")
    await store.repairs.correct("dead-1", made())
    await store.retry_dead(["dead-1", "dead-2"], desk.now)
    again = await desk.freeze()
    assert emails(again) == ["ana@example.org", "ben@example.com"]
    assert (again.key == unknown.key, again.body == unknown.body) == (False, False)


async def test_what_repair_needs_is_known_of_dead_enrollments_alone(store: Store, desk: Desk) -> None:
    await desk.refuse("Ana@example.com")
    await desk.enrol("ben@example.com")
    await store.repairs.correct("dead-1", made(contact("Ana@example.com")))
    assert await store.repairs.dead_enrollments(["dead-1", "dead-2", "parked-1", "x"]) == [
        DeadEnrollment(
            letter="dead-1",
            request_id=1,
            source="shop",
            position=0,
            route="after-visit",
            lane=LANE,
            contact=MENDED,
            reported="Ana@example.com",
            cause="refused",
        )
    ]


async def test_where_a_parked_event_stands_is_known(store: Store, desk: Desk) -> None:
    await desk.report(parked_event(2))
    assert await store.repairs.parked_event("parked-1") == ParkedEvent("parked-1", 1, "shop", 2)
    assert await store.repairs.parked_event("parked-2") is None
    assert await store.repairs.parked_event("dead-1") is None


async def look(store: Store, desk: Desk, address: Contact = ANA) -> Outlook | None:
    return await store.repairs.outlook("dead-1", address, desk.now, WITHOUT_MAPS)


async def test_nothing_stands_against_most_repairs(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    assert await look(store, desk) == Outlook()
    await store.retry_dead(["dead-1"], desk.now)
    assert await look(store, desk) is None


async def test_an_address_on_the_list_is_foreseen(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    await store.suppress([Suppression("email", "ana@example.org", "asked us to", "ops", NOW_MS)], desk.now)
    assert await look(store, desk) == Outlook()
    assert await look(store, desk, MENDED) == Outlook(
        suppressed="on the suppression list (email): asked us to"
    )


async def test_a_cooldown_is_foreseen(store: Store, desk: Desk) -> None:
    for number, email in enumerate(["ana@example.com", "ana@example.org"]):
        one = new_enrollment(email, key=f"P-{number}", cooldown=DAY)
        await desk.report(read_event(key=f"P-{number}", enrollments=(one,)))
        batch = await desk.freeze()
        await (desk.deliver(batch) if number else desk.end(batch, failure()))
    reason = "enrollment 2 put this person into the sequence within the cool-down"
    assert await look(store, desk, MENDED) == Outlook(cooling=reason)


async def test_a_cancellation_that_came_meanwhile_is_foreseen(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    await desk.report(withdrawal("ana@example.com"))
    assert await look(store, desk) == Outlook(overtaken=True)


async def test_another_enrollment_of_the_new_address_for_the_same_purchase_is_foreseen(
    store: Store, desk: Desk
) -> None:
    await desk.refuse("ana@example.com")
    await desk.enrol("ana@example.org", key="ana@example.com")
    await desk.enrol("ana@example.org", key="P-9")
    assert await look(store, desk) == Outlook()
    assert await look(store, desk, MENDED) == Outlook(also=((2, "waiting"),))


async def test_an_id_that_is_still_missing_is_foreseen_and_nothing_is_changed_by_looking(
    store: Store, desk: Desk
) -> None:
    lacking = new_enrollment(unmapped=Unmapped("unmapped", 'location "L9" of shop is not in locations'))
    await desk.report(read_event(enrollments=(lacking,), detail=b'{"location":"L9","employee":null}'))
    unknown = {"main": Maps(IdMap("location", "locations", {"L1": DOWNTOWN}, "dead"))}
    known = {"main": Maps(IdMap("location", "locations", {"L9": DOWNTOWN}, "dead"))}
    for maps, expected in (
        (WITHOUT_MAPS, "destination main is not configured any more"),
        (unknown, 'location "L9" of shop is not in locations'),
        (known, None),
    ):
        seen = await store.repairs.outlook("dead-1", ANA, desk.now, maps)
        assert seen == Outlook(lacking=expected)
    (dead,) = await store.repairs.dead_enrollments(["dead-1"])
    assert dead.lane == LANE
