"""Retention: what is over goes in small steps, nothing else does, and the books still balance."""

from __future__ import annotations

from collections import Counter

import pytest

from relay.core.retention import Kept, Place, Reach, Stage
from relay.store import Store
from relay.store.sql.retention import ROUND
from tests.factories import (
    DAY,
    NOW_MS,
    incoming,
    new_enrollment,
    parked_event,
    policy,
    quarantined,
    read_event,
    withdrawal,
)
from tests.store.desk import NO_ANSWER, Desk

KEPT = Kept(bodies=30 * DAY, records=365 * DAY)
MONTH, YEAR = 31 * DAY, 366 * DAY


async def retire(desk: Desk, kept: Kept = KEPT, most: int = 200) -> Counter[str]:
    """Everything that is due at the desk's time; what went."""
    gone: Counter[str] = Counter()
    while True:
        done = await desk.store.retention.step(kept, desk.now, most)
        gone.update(done.counts)
        if done.next_due > desk.now:
            return gone


async def delivered(desk: Desk, *emails: str) -> None:
    for email in emails:
        await desk.enrol(email, key=email)
        await desk.deliver(await desk.freeze())


async def test_bodies_go_first_and_what_became_of_them_stays(desk: Desk, store: Store) -> None:
    await delivered(desk, "ana@example.com")
    desk.move(MONTH)
    assert await retire(desk) == {"bodies": 1, "call bodies": 1}
    request, story = await store.request_story(1), await store.enrollment_story(1)
    assert request is not None
    assert story is not None
    assert (request.request.headers, request.request.body, request.events[0].detail) == (b"", b"", None)
    assert (story.batches[0].body, story.attempts[0].answer) == (b"", None)
    assert (story.enrollment.email, story.enrollment.state) == ("ana@example.com", "delivered")


async def test_nothing_goes_before_its_time(desk: Desk) -> None:
    await delivered(desk, "ana@example.com")
    desk.move(30 * DAY)
    assert await retire(desk) == {}


async def test_records_go_in_the_end_and_are_counted(desk: Desk, store: Store) -> None:
    await delivered(desk, "ana@example.com", "ben@example.com", "eve@example.com")
    desk.move(YEAR)
    gone = await retire(desk)
    assert gone == {"bodies": 3, "call bodies": 3, "requests": 2, "events": 2, "enrollments": 2, "calls": 2}
    ledger = await store.ledger()
    assert ledger.faults() == []
    assert ledger.retired == {"requests": 2, "events": 2, "enrollments": 2, "calls": 2}
    assert (ledger.accepted, ledger.promised_events, ledger.promised_enrollments, ledger.calls) == (
        3,
        3,
        3,
        3,
    )
    assert ledger.enrollments == {"delivered": 1}
    assert await store.request_story(1) is None
    assert await store.enrollment_story(1) is None


async def test_no_number_is_given_twice(desk: Desk, store: Store) -> None:
    await delivered(desk, "ana@example.com")
    number = await desk.report(withdrawal("P-9"))
    desk.move(YEAR)
    await retire(desk)
    event = await store.newest_event()
    assert await desk.report(read_event("ben@example.com", key="P-2")) > number
    assert await store.newest_event() == event + 1
    batch = await desk.freeze()
    assert (batch.members[0].enrollment_id, batch.id) == (2, 2)


async def test_what_was_spared_as_the_newest_goes_once_it_is_not(desk: Desk, store: Store) -> None:
    await delivered(desk, "ana@example.com")
    desk.move(YEAR)
    assert (await retire(desk))["requests"] == 0
    await delivered(desk, "ben@example.com")
    desk.move(ROUND)
    assert (await retire(desk))["requests"] == 1
    assert (await store.ledger()).enrollments == {"delivered": 1}


async def nothing_of_it(_desk: Desk) -> None:
    """Read, and no more."""


async def send(desk: Desk) -> None:
    await desk.freeze()


async def refuse(desk: Desk) -> None:

    await desk.end(await desk.freeze(), NO_ANSWER, policy(on_unknown_outcome="hold"))


@pytest.mark.parametrize("how", [nothing_of_it, send, refuse])
async def test_what_is_not_over_is_kept_whole(desk: Desk, store: Store, how: object) -> None:
    assert callable(how)
    await desk.enrol("ana@example.com")
    await how(desk)
    before = await store.enrollment_story(1), await store.request_story(1)
    last = new_enrollment("last@example.com", key="P-2", suppressed="a test")
    await desk.report(read_event(key="P-2", enrollments=(last,)))
    desk.move(2 * YEAR)
    await retire(desk)
    assert (await store.enrollment_story(1), await store.request_story(1)) == before
    assert (await store.ledger()).faults() == []


async def test_a_request_that_waits_or_is_parked_is_kept_whole(desk: Desk, store: Store) -> None:
    await desk.report(parked_event(), read_event("ana@example.com", position=1))
    await desk.deliver(await desk.freeze())
    claimed = await store.add_request(incoming := (await store.request(1)) or pytest.fail("gone"))
    desk.move(2 * YEAR)
    await retire(desk)
    assert await store.request(1) == incoming == await store.request(claimed)


async def test_what_lingered_goes_once_it_is_over(desk: Desk, store: Store) -> None:
    await desk.enrol("ana@example.com")
    await refuse(desk)
    await delivered(desk, "last@example.com")
    desk.move(MONTH)
    assert await retire(desk) == {"bodies": 1, "call bodies": 1}
    await store.discard_dead(["dead-1"], "not wanted", desk.now)
    desk.move(ROUND)
    assert await retire(desk) == {"call bodies": 1}, "its request is over for an hour alone"
    desk.move(MONTH)
    assert await retire(desk) == {"bodies": 1}


async def test_each_step_looks_at_few(desk: Desk, store: Store) -> None:
    await delivered(desk, *(f"guest{number}@example.com" for number in range(6)))
    desk.move(YEAR)
    steps = [await store.retention.step(KEPT, desk.now, 2) for _ in range(40)]
    assert max(step.counts.get("requests", 0) for step in steps) == 2
    assert sum(step.counts.get("requests", 0) for step in steps) == 5


async def test_a_step_takes_no_more_than_some_hundred_events(desk: Desk, store: Store) -> None:
    for number in range(3):
        await desk.report(*(read_event(key=f"{number}-{place}", position=place) for place in range(300)))
    desk.move(MONTH)
    steps = [await store.retention.step(Kept(records=0), desk.now) for _ in range(9)]
    assert [step.counts["bodies"] for step in steps if step.counts] == [1, 1, 1]


async def test_what_is_kept_for_ever_is_kept(desk: Desk, store: Store) -> None:
    await delivered(desk, "ana@example.com", "ben@example.com")
    desk.move(10 * YEAR)
    assert await retire(desk, Kept(bodies=0, records=0)) == {}
    assert (await retire(desk, Kept(bodies=0, records=YEAR)))["requests"] == 1


async def test_requests_in_quarantine_go_with_the_bodies(desk: Desk, store: Store) -> None:
    for at in (NOW_MS, NOW_MS + MONTH):
        await store.add_quarantined(quarantined(received_at=at), keep=10)
    desk.move(MONTH)
    assert await retire(desk) == {"quarantined": 1}
    assert [entry.received_at for _, entry in await store.quarantined(10)] == [NOW_MS + MONTH]


async def test_jobs_go_with_all_of_their_items(desk: Desk, store: Store) -> None:
    for number in range(2):
        await desk.refuse(f"guest{number}@example.com")
        job = await desk.order()
        await desk.start(job)
        await store.jobs.cancel(job, desk.now)
    desk.move(YEAR)
    assert (await retire(desk))["jobs"] == 1
    assert await store.jobs.find(1) is None
    assert await store.jobs.items(1, 10) == []


async def test_a_report_is_still_known_until_its_record_goes(desk: Desk) -> None:
    await delivered(desk, "ana@example.com")
    desk.move(300 * DAY)
    await retire(desk)
    await desk.enrol("ana@example.com", key="ana@example.com")
    assert await desk.counts() == {"delivered": 1, "merged": 1}


async def test_of_several_nodes_one_takes_each_step(desk: Desk, store: Store) -> None:
    await delivered(desk, "ana@example.com")
    desk.move(MONTH)
    await retire(desk)
    again = await store.retention.step(KEPT, desk.now)
    assert (again.counts, again.next_due) == ({}, desk.now + ROUND)
    await store.retention.begin(desk.now)
    assert (await store.retention.step(KEPT, desk.now)).next_due == desk.now


async def foreseen(desk: Desk, kept: Kept = KEPT, most: int = 200) -> Counter[str]:
    gone: Counter[str] = Counter()
    place: Place | None = None
    while True:
        ahead = await desk.store.retention.look(kept, desk.now, place, most)
        gone.update(ahead.counts)
        place = ahead.next
        if place is None:
            return gone


async def something_of_all(desk: Desk) -> None:
    """Some of it over, some not."""
    await delivered(desk, "ana@example.com", "ben@example.com", "eve@example.com")
    await desk.enrol("waiting@example.com", key="W-1")
    await desk.store.add_quarantined(quarantined(received_at=NOW_MS), keep=10)
    await desk.report(parked_event())
    for _ in range(2):
        job = await desk.order()
        await desk.start(job)
        await desk.store.jobs.cancel(job, desk.now)


@pytest.mark.parametrize("most", [1, 2, 200])
@pytest.mark.parametrize("after", [DAY, MONTH, YEAR])
async def test_what_is_foreseen_is_what_goes(desk: Desk, store: Store, after: int, most: int) -> None:
    await something_of_all(desk)
    desk.move(after)
    seen = await foreseen(desk, most=most)
    assert seen == await retire(desk, most=most)
    assert bool(seen) is (after > DAY)
    assert await foreseen(desk) == {}


async def test_nothing_is_foreseen_where_all_is_kept_for_ever(desk: Desk, store: Store) -> None:
    await delivered(desk, "ana@example.com")
    desk.move(10 * YEAR)
    assert await foreseen(desk, Kept(bodies=0, records=0)) == {}
    assert await store.retention.reach(Kept(bodies=0, records=0), desk.now) == []


async def reached(desk: Desk) -> dict[Stage, Reach]:
    return {reach.stage: reach for reach in await desk.store.retention.reach(KEPT, desk.now)}


async def test_how_much_is_due_and_when_the_next_is_told(desk: Desk, store: Store) -> None:
    for number in range(5):
        await store.add_quarantined(quarantined(received_at=desk.now), keep=10)
        await store.add_request(incoming(received_at=desk.now))
        await desk.save(await desk.claim_one(), read_event(f"g{number}@example.com", key=f"P-{number}"))
        await desk.deliver(await desk.freeze())
        desk.move(2 * DAY)
    desk.now = NOW_MS + 29 * DAY
    assert (await reached(desk))[Stage.BODIES] == Reach(Stage.BODIES, 0, 3, 0, NOW_MS + 30 * DAY)
    desk.now = NOW_MS + 33 * DAY
    for stage in (Stage.BODIES, Stage.CALL_BODIES, Stage.QUARANTINE):
        assert (await reached(desk))[stage] == Reach(stage, 2, 3, 0, desk.now)
    assert (await reached(desk))[Stage.RECORDS] == Reach(Stage.RECORDS, 0, 0, 0, NOW_MS + 365 * DAY)
    await retire(desk)
    assert (await reached(desk))[Stage.BODIES] == Reach(Stage.BODIES, 0, 3, 0, NOW_MS + 34 * DAY)


async def test_what_lingers_is_told(desk: Desk, store: Store) -> None:
    await desk.enrol("ana@example.com")
    desk.move(MONTH)
    await retire(desk)
    assert (await reached(desk))[Stage.BODIES] == Reach(Stage.BODIES, 0, 0, 1, None)


async def test_an_empty_ledger_has_nothing_due(desk: Desk) -> None:
    assert {(each.due, each.soon, each.next_at) for each in (await reached(desk)).values()} == {(0, 0, None)}
