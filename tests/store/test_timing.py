"""Before anything goes out the route's hours are looked at once more, and whether it is too late."""

from __future__ import annotations

from datetime import UTC, time, timedelta

from relay.core.outcome import Certainty, Scope
from relay.core.timing import Hours, OpenTimes, Timing, Timings
from relay.store import Store
from relay.store.base import Claimed, ClaimedBatch
from tests.factories import DAY, HOUR, LANE, MINUTE, NOW_MS, failure, new_enrollment, read_event, withdrawal
from tests.store.conftest import Engine
from tests.store.desk import LEASE, ROOM, Desk, emails
from tests.store.looking import look, look_at_one

NO_ANSWER = failure(Certainty.UNKNOWN, Scope.DESTINATION, reason="no answer")
THROTTLED = failure(Certainty.REFUSED, Scope.ORGANIZATION, throttled=True, retry_after=60.0)
DAYTIME = Timing(open=OpenTimes(zone=UTC, quiet=(Hours(time(21), time(9)),)))
"""The desk opens at 18:00, so that the night begins three hours later and ends after fifteen."""

AFTER_VISIT: Timings = {"after-visit": DAYTIME}
WITHIN_A_DAY: Timings = {"after-visit": Timing(open=DAYTIME.open, latest=timedelta(days=1))}
MORNING = NOW_MS + 15 * HOUR


async def claim(desk: Desk, timings: Timings = AFTER_VISIT) -> Claimed:
    return await desk.store.claim_batches(desk.now, desk.now + LEASE, 0, ROOM, timings=timings)


async def freeze(desk: Desk, timings: Timings = AFTER_VISIT) -> ClaimedBatch:
    (batch,) = (await claim(desk, timings)).batches
    return batch


async def test_by_day_what_is_due_goes_out(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    assert emails(await freeze(desk)) == ["ana@example.com"]


async def test_what_an_outage_held_up_until_the_night_goes_out_in_the_morning(
    engine: Engine, desk: Desk
) -> None:
    await desk.enrol("ana@example.com")
    desk.move(4 * HOUR)
    claimed = await claim(desk)
    assert (claimed.batches, claimed.next_due) == ((), MORNING)
    seen = await look_at_one(desk.store)
    assert (seen.state, seen.due_at) == ("waiting", MORNING)
    assert seen.reason == "outside the route's hours: waits until 2026-03-15 09:00 UTC"
    desk.move(11 * HOUR)
    batch = await freeze(desk)
    await desk.deliver(batch)
    assert (await look_at_one(desk.store)).reason is None


async def test_a_backlog_of_many_is_held_as_a_whole(engine: Engine, desk: Desk) -> None:
    await desk.enrol(*(f"guest{number}@example.com" for number in range(250)))
    desk.move(4 * HOUR)
    assert (await claim(desk)).next_due == MORNING
    assert {seen.due_at for seen in await look(desk.store)} == {MORNING}


async def test_routes_of_one_lane_are_held_each_for_itself(desk: Desk) -> None:
    await desk.report(read_event("ana@example.com", key="P-1"))
    urgent = new_enrollment("ben@example.com", key="P-2", route="urgent")
    await desk.report(read_event(key="P-2", enrollments=(urgent,)))
    desk.move(4 * HOUR)
    claimed = await claim(desk)
    assert [emails(batch) for batch in claimed.batches] == [["ben@example.com"]]
    assert await desk.counts() == {"waiting": 1, "sending": 1}


async def test_hours_that_were_changed_meanwhile_count_as_they_are_now(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    desk.move(4 * HOUR)
    assert (await claim(desk)).batches == ()
    weekends = Timing(open=OpenTimes(zone=UTC, weekdays=frozenset({5, 6})))
    desk.move(11 * HOUR)
    assert emails(await freeze(desk, {"after-visit": weekends})) == ["ana@example.com"]


async def test_what_waits_for_the_morning_can_still_be_withdrawn(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    desk.move(4 * HOUR)
    await claim(desk)
    await desk.report(withdrawal(occurred_at=NOW_MS + HOUR))
    assert await desk.counts() == {"withdrawn": 1}


async def test_another_report_at_night_moves_nothing(engine: Engine, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    desk.move(4 * HOUR)
    await claim(desk)
    await desk.enrol("ana@example.com")
    first, _ = await look(desk.store)
    assert (first.state, first.due_at) == ("waiting", MORNING)
    assert await desk.counts() == {"waiting": 1, "merged": 1}


async def test_what_is_held_until_the_morning_does_not_hold_up_who_is_due_before(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    desk.move(4 * HOUR)
    soon = new_enrollment("ben@example.com", key="P-2", route="urgent", due_at=desk.now + MINUTE)
    await desk.report(read_event(key="P-2", enrollments=(soon,)))
    assert (await claim(desk)).next_due == desk.now + MINUTE


async def enrol_started(desk: Desk, start_at: int | None) -> None:
    one = new_enrollment(start_at=start_at)
    await desk.report(read_event(enrollments=(one,)))


async def test_what_is_too_late_is_suppressed_with_its_reason(engine: Engine, desk: Desk) -> None:
    await enrol_started(desk, NOW_MS)
    desk.move(DAY + 1)
    assert (await claim(desk, WITHIN_A_DAY)).batches == ()
    seen = await look_at_one(desk.store)
    assert seen.state == "suppressed"
    assert seen.reason == "too late: the route wanted it out by 2026-03-15 18:00 UTC"


async def test_what_would_be_too_late_in_the_morning_is_not_kept_until_then(desk: Desk) -> None:
    await enrol_started(desk, NOW_MS - 20 * HOUR)
    desk.move(3 * HOUR)
    assert await claim(desk, WITHIN_A_DAY) == Claimed((), None)
    assert await desk.counts() == {"suppressed": 1}


async def test_what_is_too_late_frees_its_key(desk: Desk) -> None:
    await enrol_started(desk, NOW_MS - 2 * DAY)
    await claim(desk, WITHIN_A_DAY)
    await enrol_started(desk, NOW_MS)
    assert await desk.counts() == {"suppressed": 1, "waiting": 1}


async def test_without_a_start_nothing_is_too_late(desk: Desk) -> None:
    await enrol_started(desk, None)
    desk.move(30 * DAY)
    assert emails(await freeze(desk, WITHIN_A_DAY)) == ["ana@example.com"]


async def test_who_retries_a_dead_letter_wants_it_sent_however_late(store: Store, desk: Desk) -> None:
    await enrol_started(desk, NOW_MS)
    await desk.end(await freeze(desk), failure())
    desk.move(30 * DAY)
    await store.retry_dead(["dead-1"], desk.now)
    assert emails(await freeze(desk, WITHIN_A_DAY)) == ["ana@example.com"]


async def test_a_retry_at_night_goes_out_in_the_morning(store: Store, desk: Desk) -> None:
    await enrol_started(desk, NOW_MS)
    await desk.end(await freeze(desk), failure())
    desk.move(4 * HOUR)
    await store.retry_dead(["dead-1"], desk.now)
    assert (await claim(desk)).next_due == MORNING


async def test_a_rescheduled_appointment_is_late_after_its_new_time(desk: Desk) -> None:
    first = new_enrollment(due_at=NOW_MS + HOUR, start_at=NOW_MS + HOUR)
    await desk.report(read_event(enrollments=(first,), kind="appointment.booked"))
    moved = new_enrollment(due_at=NOW_MS + 7 * DAY, start_at=NOW_MS + 7 * DAY)
    await desk.report(read_event(enrollments=(moved,), occurred_at=NOW_MS + 1, kind="appointment.booked"))
    desk.move(7 * DAY)
    assert emails(await freeze(desk, WITHIN_A_DAY)) == ["ana@example.com"]


async def test_a_frozen_batch_of_unknown_outcome_is_not_repeated_at_night(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    desk.move(3 * HOUR - MINUTE)
    batch = await freeze(desk)
    await desk.end(batch, NO_ANSWER)
    desk.move(HOUR)
    claimed = await claim(desk)
    assert (claimed.batches, claimed.next_due) == ((), MORNING)
    desk.now = MORNING
    again = await freeze(desk)
    assert (again.key, again.body) == (batch.key, batch.body)


async def test_halves_of_a_refused_batch_wait_for_the_morning_too(desk: Desk) -> None:
    await desk.enrol("ana@example.com", "ben@example.com")
    desk.move(3 * HOUR - MINUTE)
    await desk.end(await freeze(desk), failure())
    desk.move(HOUR)
    assert (await claim(desk)).batches == ()
    desk.now = MORNING
    assert len((await claim(desk)).batches) == 2


async def test_a_batch_whose_members_agree_on_no_hour_any_more_goes_out(desk: Desk) -> None:
    pair = (
        new_enrollment("ana@example.com", route="mondays"),
        new_enrollment("ben@example.com", route="fridays"),
    )
    await desk.report(read_event(enrollments=pair))
    batch = await freeze(desk, {})
    await desk.end(batch, NO_ANSWER)
    desk.move(HOUR)
    days = {"mondays": 0, "fridays": 4}
    apart = {name: Timing(open=OpenTimes(zone=UTC, weekdays=frozenset({day}))) for name, day in days.items()}
    assert (await freeze(desk, apart)).key == batch.key


async def test_at_night_the_dissolved_members_of_a_throttled_batch_wait_for_the_morning(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    desk.move(3 * HOUR - MINUTE)
    batch = await freeze(desk)
    assert batch.lane == LANE
    await desk.end(batch, THROTTLED)
    desk.move(2 * MINUTE)
    assert (await claim(desk)).next_due == MORNING
