"""Enrollments that lack the destination's id of a location or employee: dead letters until a map has it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from relay.core.attribution import IdMap, Maps, Unknown, Unmapped
from relay.core.record import EventRecord, NewEnrollment
from relay.core.route import Lane
from relay.sandbox.first import DOWNTOWN, MORGAN
from relay.store import Store
from tests.factories import DAY, HOUR, LANE, MINUTE, NOW_MS, new_enrollment, read_event, withdrawal
from tests.store.conftest import Engine
from tests.store.desk import Desk
from tests.store.looking import look_at_one

REASON = 'location "L9" of shop is not in destinations.main.locations'
DETAIL = orjson.dumps({"location": "L9", "employee": "E9"})


def maps(unknown: Unknown = "hold", **ids: str) -> dict[str, Maps]:
    """The maps of the destination; employees are dropped unless they are known."""
    locations = IdMap("location", "destinations.main.locations", ids, unknown)
    return {"main": Maps(locations, IdMap("employee", "destinations.main.employees", {"E9": MORGAN}))}


def unmapped(cause: str = "held", **given: Any) -> NewEnrollment:
    why = Unmapped(cause, REASON)  # type: ignore[arg-type]  # by parameter
    return new_enrollment(unmapped=why, **given)


def report(enrollment: NewEnrollment, **given: Any) -> EventRecord:
    return read_event(enrollments=(enrollment,), detail=DETAIL, **given)


@pytest.mark.parametrize("cause", ["held", "unmapped"])
async def test_it_is_a_dead_letter_that_says_what_is_lacking(store: Store, desk: Desk, cause: str) -> None:
    await desk.report(report(unmapped(cause)))
    assert await desk.counts() == {"dead": 1}
    assert await desk.nothing_due()
    (letter,) = await store.dead_letters(10)
    assert (letter.cause, letter.reason) == (cause, REASON)


async def test_another_report_of_it_is_merged(desk: Desk) -> None:
    await desk.report(report(unmapped()))
    await desk.report(report(unmapped()))
    assert await desk.counts() == {"dead": 1, "merged": 1}


async def test_a_retry_changes_nothing_while_the_id_is_in_no_map(store: Store, desk: Desk) -> None:
    await desk.report(report(unmapped()))
    for known in (maps(L1=DOWNTOWN), {}, {"other": maps()["main"]}):
        assert await store.retry_dead(["dead-1"], desk.now, known) == []
    assert await desk.counts() == {"dead": 1}


async def test_a_retry_sends_it_with_what_the_maps_know_by_now(store: Store, desk: Desk) -> None:
    await desk.report(report(unmapped("unmapped")))
    assert await store.retry_dead(["dead-1"], desk.now, maps(L9=DOWNTOWN)) == ["dead-1"]
    batch = await desk.freeze()
    assert batch.lane == Lane(LANE.destination, LANE.sequence, DOWNTOWN, MORGAN)
    await desk.deliver(batch)
    assert await desk.counts() == {"delivered": 1}


async def test_what_the_route_said_stays(store: Store, desk: Desk) -> None:
    fixed = Lane(LANE.destination, LANE.sequence, None, "eeeeeeee-0002-4000-8000-000000000002")
    await desk.report(report(unmapped(lane=fixed)))
    await store.retry_dead(["dead-1"], desk.now, maps(L9=DOWNTOWN))
    assert (await desk.freeze()).lane.employee == fixed.employee


async def test_with_another_policy_a_retry_sends_it_without(engine: Engine, store: Store, desk: Desk) -> None:
    await desk.report(report(unmapped()))
    assert await store.retry_dead(["dead-1"], desk.now, maps("drop", L1=DOWNTOWN)) == ["dead-1"]
    assert (await desk.freeze()).lane.location is None
    assert (await look_at_one(desk.store)).note == f"{REASON}: left out"


async def test_what_is_held_is_released_once_the_map_has_it(store: Store, desk: Desk) -> None:
    await desk.report(report(unmapped("held")))
    await desk.report(report(unmapped("unmapped", key="P-2"), key="P-2"))
    assert await store.release_mapped(maps(L1=DOWNTOWN), desk.now) == 0
    assert await store.release_mapped(maps(L9=DOWNTOWN), desk.now) == 1
    assert await store.release_mapped(maps(L9=DOWNTOWN), desk.now) == 0
    assert await desk.counts() == {"waiting": 1, "dead": 1}
    assert (await desk.freeze()).lane.location == DOWNTOWN


async def test_what_is_not_due_yet_when_it_is_mapped_waits_until_it_is(store: Store, desk: Desk) -> None:
    for key, cause in (("P-1", "held"), ("P-2", "unmapped")):
        await desk.report(report(unmapped(cause, key=key, due_at=NOW_MS + HOUR), key=key))
    await store.release_mapped(maps(L9=DOWNTOWN), desk.now)
    await store.retry_dead(["dead-2"], desk.now, maps(L9=DOWNTOWN))
    assert await desk.nothing_due()
    desk.move(HOUR)
    assert [batch.replay for batch in (await desk.look()).batches] == [False, True]


async def test_a_cancellation_withdraws_it_like_what_waits(store: Store, desk: Desk) -> None:
    await desk.report(report(unmapped()))
    await desk.report(withdrawal(occurred_at=NOW_MS + MINUTE))
    assert await desk.counts() == {"withdrawn": 1}
    assert await store.dead_letters(10) == []
    await desk.report(report(unmapped(), occurred_at=NOW_MS + 2 * MINUTE))
    assert await desk.counts() == {"withdrawn": 1, "dead": 1}


async def test_a_rescheduled_appointment_is_moved_and_keeps_its_reason(
    engine: Engine, store: Store, desk: Desk
) -> None:
    booked = "appointment.booked"
    await desk.report(report(unmapped(due_at=NOW_MS + HOUR), kind=booked))
    await desk.report(report(unmapped(due_at=NOW_MS + DAY), occurred_at=NOW_MS + 1, kind=booked))
    (letter,) = await store.dead_letters(10)
    assert letter.reason == REASON
    await store.release_mapped(maps(L9=DOWNTOWN), desk.now)
    assert (await store.claim_batches(desk.now, desk.now, 0, {"main": 1})).next_due == NOW_MS + DAY


async def test_it_can_be_discarded(store: Store, desk: Desk) -> None:
    await desk.report(report(unmapped()))
    assert await store.discard_dead(["dead-1"], "closed that branch", desk.now) == ["dead-1"]
    assert await desk.counts() == {"discarded": 1}
    assert await store.release_mapped(maps(L9=DOWNTOWN), desk.now) == 0


async def test_who_is_suppressed_needs_no_map(desk: Desk) -> None:
    await desk.report(report(unmapped(suppressed="a test")))
    assert await desk.counts() == {"suppressed": 1}


async def test_a_note_on_what_was_left_out_stays_after_delivery(engine: Engine, desk: Desk) -> None:
    await desk.report(report(new_enrollment(note=f"{REASON}: left out")))
    await desk.deliver(await desk.freeze())
    seen = await look_at_one(desk.store)
    assert (seen.state, seen.note) == ("delivered", f"{REASON}: left out")
