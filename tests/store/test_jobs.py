"""Jobs: a frozen set, counts that are always true, and items that move with their letters."""

from __future__ import annotations

from collections import Counter

import pytest

from relay.core.attribution import IdMap, Maps, Unmapped
from relay.core.correction import Correction
from relay.core.job import (
    MOST_OPEN,
    Job,
    JobGroup,
    JobItem,
    JobKind,
    JobRefused,
    JobState,
    Order,
    Outcome,
    Step,
)
from relay.core.letters import EVERY_LETTER, LetterFilter
from relay.core.outcome import Certainty, Scope, Unconfirmed
from relay.core.suppression import Suppression
from relay.sandbox.first import DOWNTOWN
from relay.store import Store
from relay.store.base import WITHOUT_MAPS
from tests.factories import (
    DAY,
    HOUR,
    LANE,
    MINUTE,
    NOW_MS,
    OTHER_LANE,
    contact,
    failure,
    new_enrollment,
    parked_event,
    read_event,
    withdrawal,
)
from tests.store.conftest import Engine
from tests.store.desk import Desk, emails

RETRY = Order(kind=JobKind.RETRY, wanted=EVERY_LETTER)
GUESTS = [f"guest{number}@example.com" for number in range(1, 8)]


async def test_a_job_does_nothing_before_it_is_started(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS)
    job = await store.jobs.order(RETRY, desk.by("job.order"))
    assert (job.state, job.total) == (JobState.PREPARING, 0)
    await desk.freeze_set(job.id, limit=2)
    ready = await desk.job(job.id)
    assert (ready.state, ready.counts) == (JobState.READY, {Outcome.PENDING: 7})
    assert await desk.further(job.id) == 0
    assert await desk.counts() == {"dead": 7}
    assert (await desk.job(job.id)).counts == {Outcome.PENDING: 7}


@pytest.mark.parametrize("limit", [1, 2, 7, 9])
async def test_a_set_is_complete_however_small_the_steps(store: Store, desk: Desk, limit: int) -> None:
    await desk.refuse(*GUESTS[:4])
    for place in range(3):
        await desk.report(parked_event(place))
    job = await store.jobs.order(RETRY, desk.by("job.order"))
    await desk.freeze_set(job.id, limit)
    items = await store.jobs.items(job.id, 99)
    assert [item.letter for item in items] == await desk.letters()


async def test_what_dies_later_is_not_in_the_set(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS[:3])
    job = await store.jobs.order(RETRY, desk.by("job.order"))
    await store.jobs.freeze(job.id, 2)
    desk.move(1)
    await desk.refuse(*GUESTS[3:])
    await desk.freeze_set(job.id)
    assert sorted(await desk.outcomes(job.id)) == ["dead-1", "dead-2", "dead-3"]


async def test_a_set_holds_what_the_filter_matches(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS[:3])
    await desk.lose("ana@example.com")
    number = await desk.order(wanted=LetterFilter(causes=("unknown",), until=NOW_MS + DAY))
    assert list(await desk.outcomes(number)) == ["dead-4"]
    number = await desk.order(wanted=LetterFilter(until=NOW_MS))
    assert await desk.outcomes(number) == {}


async def test_letters_that_are_named_are_in_the_set_at_once_and_once(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS[:3])
    order = Order(kind=JobKind.RETRY, letters=("dead-2", "dead-1", "dead-2", "dead-99", "x"))
    job = await store.jobs.order(order, desk.by("job.order"))
    assert (job.state, job.counts) == (JobState.READY, {Outcome.PENDING: 2})
    assert [item.letter for item in await store.jobs.items(job.id, 9)] == ["dead-2", "dead-1"]


async def test_a_preview_counts_what_the_letters_have_in_common(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS[:3])
    await desk.enrol_at(OTHER_LANE, "ana@example.com")
    await desk.end(await desk.freeze(), failure())
    await desk.report(parked_event())
    number = await desk.order()
    assert await store.jobs.groups(number, 9) == [
        JobGroup("refused", "shop", LANE.sequence, 3),
        JobGroup("refused", "shop", OTHER_LANE.sequence, 1),
        JobGroup("unreadable", "shop", None, 1),
    ]


async def test_the_same_key_is_the_same_job(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS)
    job = await store.jobs.order(RETRY, desk.by("job.order"), "key-1")
    assert await store.jobs.order(RETRY, desk.by("job.order"), "key-1") == job
    other = await store.jobs.order(RETRY, desk.by("job.order"), "key-2")
    assert other.id != job.id
    assert len(await store.audit_newest(9)) == 2


async def test_a_key_that_was_used_for_another_order_is_refused(store: Store, desk: Desk) -> None:
    named = Order(kind=JobKind.RETRY, letters=("dead-1",))
    await store.jobs.order(named, desk.by("job.order"), "key-1")
    for other in (RETRY, Order(kind=JobKind.RETRY, letters=("dead-2",))):
        with pytest.raises(JobRefused, match="the key was used for job 1"):
            await store.jobs.order(other, desk.by("job.order"), "key-1")


async def test_jobs_that_nobody_ends_are_bounded(store: Store, desk: Desk) -> None:
    for _ in range(MOST_OPEN):
        await store.jobs.order(RETRY, desk.by("job.order"))
    with pytest.raises(JobRefused, match="cancel some"):
        await store.jobs.order(RETRY, desk.by("job.order"))
    assert await store.jobs.cancel(1, desk.now)
    assert (await store.jobs.order(RETRY, desk.by("job.order"))).id == MOST_OPEN + 1


async def test_a_job_says_who_ordered_it_and_the_audit_log_says_which_job(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    number = await desk.order()
    job = await desk.job(number)
    assert await store.jobs.start(number, desk.now, desk.by("job.start", job=number))
    assert await store.jobs.cancel(number, desk.now, desk.by("job.cancel", job=number))
    cancelled, started, ordered = await store.audit_newest(9)
    assert (job.who, job.entry, job.created_at) == ("ops", ordered.number, desk.now)
    assert ordered.change == desk.by("job.order", job=number)
    assert (started.change.action, cancelled.change.action) == ("job.start", "job.cancel")


async def test_jobs_are_listed_newest_first(store: Store, desk: Desk) -> None:
    for _ in range(5):
        await desk.order()
    assert [job.id for job in await store.jobs.page(2)] == [5, 4]
    assert [job.id for job in await store.jobs.page(9, before=4)] == [3, 2, 1]
    assert await store.jobs.find(6) is None
    assert await store.jobs.items(6, 9) == []


async def test_what_a_job_sends_again_is_delivered_and_counted(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS[:3])
    number = await desk.order()
    await desk.start(number)
    assert await desk.further(number, limit=2) == 2
    assert (await desk.job(number)).counts == {Outcome.RELEASED: 2, Outcome.PENDING: 1}
    await desk.further(number)
    batch = await desk.freeze()
    assert batch.replay
    assert not await store.jobs.note_ends(number, desk.now)
    await desk.deliver(batch)
    desk.move(MINUTE)
    assert await store.jobs.note_ends(number, desk.now)
    job = await desk.job(number)
    assert (job.state, job.counts, job.ended_at) == (JobState.DONE, {Outcome.DELIVERED: 3}, desk.now)
    assert await store.jobs.at_work() == []


async def test_every_end_of_an_enrollment_is_an_outcome(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS[:5])
    await store.suppress([Suppression("email", GUESTS[0], "", "ops", NOW_MS)], desk.now)
    number = await desk.order()
    await desk.start(number)
    await desk.further(number)
    await desk.report(withdrawal(GUESTS[1]))
    batch = await desk.freeze()
    await desk.end(batch, [*(Unconfirmed("no result") for _ in batch.members)])
    await store.discard_dead(["dead-4"], "moved away", desk.now)
    await store.retry_dead(["dead-5"], desk.now)
    assert await desk.outcomes(number) == {
        "dead-1": Outcome.NOT_SENT,
        "dead-2": Outcome.NOT_SENT,
        "dead-3": Outcome.DEAD,
        "dead-4": Outcome.DISCARDED,
        "dead-5": Outcome.RELEASED,
    }
    reasons = {item.letter: item.reason for item in await store.jobs.items(number, 9)}
    assert reasons["dead-1"] == "suppressed: on the suppression list (email)"
    assert reasons["dead-2"] == "withdrawn: purchase.refunded arrived before it was sent"
    assert reasons["dead-3"] == "no result"


async def test_events_are_read_again_and_what_became_of_them_is_an_outcome(store: Store, desk: Desk) -> None:
    for _ in range(4):
        await desk.report(parked_event(-1))
    await desk.report(parked_event(0), parked_event(1))
    number = await desk.order()
    await desk.start(number)
    await desk.further(number)
    assert set((await desk.outcomes(number)).values()) == {Outcome.RELEASED}
    again = {claimed.id: claimed for claimed in await desk.claim()}
    ignored = read_event(fate="ignored", reason="no e-mail address", subject=None, named=None)
    await desk.save(again[1], read_event("ana@example.com"))
    await desk.save(again[2], parked_event(-1))
    await desk.save(again[3], ignored)
    await desk.save(again[4], read_event("ben@example.com", key="P-2"), deferred=(1,), due_at=desk.now + HOUR)
    await desk.save(again[5], parked_event(-1))
    assert Counter((await desk.outcomes(number)).values()) == {
        Outcome.READ: 2,
        Outcome.DEAD: 3,
        Outcome.RELEASED: 1,
    }


async def test_what_another_changed_since_is_left_to_them(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS[:4])
    await desk.report(parked_event())
    number = await desk.order()
    made = Correction(
        before=contact(GUESTS[1]), after=contact("ana@example.org"), who="ops", why="called", at=desk.now
    )
    await store.discard_dead(["dead-1"], "no", desk.now)
    await store.repairs.correct("dead-2", made)
    await store.retry_dead(["dead-3", "parked-5"], desk.now)
    desk.move(MINUTE)
    await desk.end(await desk.freeze(), failure())
    await desk.save(await desk.claim_one(), parked_event())
    await desk.start(number)
    await desk.further(number)
    outcomes = await desk.outcomes(number)
    assert outcomes.pop("dead-4") is Outcome.RELEASED
    assert set(outcomes.values()) == {Outcome.SKIPPED}
    assert await desk.counts() == {"discarded": 1, "dead": 2, "waiting": 1}


async def test_a_letter_in_two_jobs_is_done_by_one_of_them(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    first, second = await desk.order(), await desk.order()
    for number in (first, second):
        await desk.start(number)
        await desk.further(number)
    assert await desk.outcomes(first) == {"dead-1": Outcome.RELEASED}
    assert await desk.outcomes(second) == {"dead-1": Outcome.SKIPPED}


async def test_steps_that_are_taken_twice_are_done_once(store: Store, desk: Desk) -> None:
    """As two processes would that work on the same job."""
    await desk.refuse(*GUESTS[:3])
    number = await desk.order()
    await desk.start(number)
    steps = [Step(item) for item in await store.jobs.next_items(number, 9, desk.now)]
    await store.jobs.take(number, steps, desk.now, WITHOUT_MAPS)
    await desk.deliver(await desk.freeze())
    await store.jobs.take(number, steps, desk.now, WITHOUT_MAPS)
    assert await desk.counts() == {"delivered": 3}
    assert (await desk.job(number)).counts == {Outcome.RELEASED: 3}


async def test_steps_that_were_chosen_before_a_job_was_cancelled_are_not_taken(
    store: Store, desk: Desk
) -> None:
    await desk.refuse(*GUESTS)
    number = await desk.order()
    await desk.start(number)
    steps = [Step(item) for item in await store.jobs.next_items(number, 9, desk.now)]
    await store.jobs.cancel(number, desk.now)
    await store.jobs.take(number, steps, desk.now, WITHOUT_MAPS)
    assert await desk.counts() == {"dead": 7}


async def test_a_cancelled_job_leaves_the_rest_and_waits_for_what_is_under_way(
    store: Store, desk: Desk
) -> None:
    await desk.refuse(*GUESTS)
    number = await desk.order()
    await desk.start(number)
    await desk.further(number, limit=2)
    assert await store.jobs.cancel(number, desk.now)
    job = await desk.job(number)
    assert (job.state, job.counts) == (JobState.CANCELLED, {Outcome.RELEASED: 2, Outcome.LEFT: 5})
    assert job.ended_at is None
    assert await desk.further(number) == 0
    assert await desk.counts() == {"dead": 5, "waiting": 2}
    await desk.deliver(await desk.freeze())
    assert await store.jobs.note_ends(number, desk.now)
    job = await desk.job(number)
    assert job.counts == {Outcome.DELIVERED: 2, Outcome.LEFT: 5}
    assert (job.state, job.ended_at) == (JobState.CANCELLED, desk.now)


async def test_only_what_is_ready_starts_and_only_what_has_not_ended_is_cancelled(
    store: Store, desk: Desk
) -> None:
    await desk.refuse("ana@example.com")
    job = await store.jobs.order(RETRY, desk.by("job.order"))
    assert not await store.jobs.start(job.id, desk.now)
    await desk.freeze_set(job.id)
    assert await store.jobs.start(job.id, desk.now)
    assert not await store.jobs.start(job.id, desk.now)
    assert await store.jobs.cancel(job.id, desk.now)
    assert not await store.jobs.cancel(job.id, desk.now)
    assert not await store.jobs.start(job.id, desk.now)
    assert not await store.jobs.start(99, desk.now)


async def test_a_job_that_is_cancelled_while_it_is_prepared_does_nothing(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS)
    job = await store.jobs.order(RETRY, desk.by("job.order"))
    await store.jobs.freeze(job.id, 2)
    assert await store.jobs.cancel(job.id, desk.now)
    await store.jobs.freeze(job.id, 2)
    left = await desk.job(job.id)
    assert (left.counts, left.ended_at) == ({Outcome.LEFT: 2}, desk.now)
    assert await store.jobs.at_work() == []


async def test_a_job_over_nothing_is_done_at_once(store: Store, desk: Desk) -> None:
    number = await desk.order()
    assert await store.jobs.groups(number, 9) == []
    await desk.start(number)
    assert await store.jobs.note_ends(number, desk.now)
    assert (await desk.job(number)).state is JobState.DONE


async def test_what_is_discarded_by_a_job_says_why(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS[:2])
    await desk.report(parked_event())
    number = await desk.order(JobKind.DISCARD, reason="tests of ours")
    await desk.start(number)
    await desk.further(number)
    assert await store.jobs.note_ends(number, desk.now)
    assert (await desk.job(number)).counts == {Outcome.DISCARDED: 3}
    assert await desk.counts() == {"discarded": 2}
    assert await desk.fates() == {"read": 2, "discarded": 1}


async def test_what_cannot_be_marked_fails_with_the_reason(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    await desk.lose("ben@example.com")
    await desk.report(parked_event())
    number = await desk.order(JobKind.MARK_DELIVERED, reason="all are there")
    await desk.start(number)
    await desk.further(number)
    items = {item.letter: item for item in await store.jobs.items(number, 9)}
    assert items["dead-2"].outcome is Outcome.DELIVERED
    assert (items["dead-1"].reason or "").startswith("the destination refused it")
    assert (items["parked-3"].reason or "").startswith("it was never read")
    assert await desk.counts() == {"delivered": 1, "dead": 1}


async def test_what_is_corrected_by_a_job_points_at_it(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    number = await desk.order(JobKind.CORRECT, fields={"phone": None}, reason="it is the shop's")
    await desk.start(number)
    (item,) = await store.jobs.next_items(number, 9, desk.now)
    after = contact(phone="+12025550148")
    made = Correction(before=contact(), after=after, who="ops", why="why", at=desk.now, job=number)
    await store.jobs.take(number, [Step(item, made)], desk.now, WITHOUT_MAPS)
    batch = await desk.freeze()
    await desk.end(batch, failure())
    story = await store.story("dead-1")
    assert story is not None
    assert story.corrections == (made,)
    assert b"+12025550148" in batch.body


async def test_what_was_corrected_between_reading_and_writing_is_left(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    number = await desk.order()
    await desk.start(number)
    (item,) = await store.jobs.next_items(number, 9, desk.now)
    other = Correction(before=contact("eve@example.com"), after=contact(), who="", why="", at=0)
    await store.jobs.take(number, [Step(item, other)], desk.now, WITHOUT_MAPS)
    assert await desk.outcomes(number) == {"dead-1": Outcome.SKIPPED}
    assert await desk.counts() == {"dead": 1}


async def test_what_is_not_possible_fails_and_stays_a_dead_letter(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    number = await desk.order()
    await desk.start(number)
    (item,) = await store.jobs.next_items(number, 9, desk.now)
    await store.jobs.take(number, [Step(item, failed="it can no longer be read")], desk.now, WITHOUT_MAPS)
    (item,) = await store.jobs.items(number, 9)
    assert (item.outcome, item.reason, item.ended_at) == (
        Outcome.FAILED,
        "it can no longer be read",
        desk.now,
    )
    assert await desk.letters() == ["dead-1"]


async def test_what_lacks_an_id_fails_until_the_maps_have_it(store: Store, desk: Desk) -> None:
    lacking = new_enrollment(unmapped=Unmapped("unmapped", "location L9 is in no map"))
    await desk.report(read_event(enrollments=(lacking,), detail=b'{"location":"L9","employee":null}'))
    known = {"main": Maps(IdMap("location", "locations", {"L9": DOWNTOWN}, "dead"))}
    for maps, expected in ((WITHOUT_MAPS, Outcome.FAILED), (known, Outcome.RELEASED)):
        number = await desk.order()
        await desk.start(number)
        await desk.further(number, maps=maps)
        assert await desk.outcomes(number) == {"dead-1": expected}


async def test_whose_provider_is_away_has_another_turn_later(store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS[:2])
    number = await desk.order()
    await desk.start(number)
    first, second = await store.jobs.next_items(number, 9, desk.now)
    later = desk.now + MINUTE
    await store.jobs.take(number, [Step(first, again_at=later), Step(second)], desk.now, WITHOUT_MAPS)
    assert await store.jobs.next_items(number, 9, desk.now) == []
    desk.move(MINUTE)
    (again,) = await store.jobs.next_items(number, 9, desk.now)
    assert (again.letter, again.tries) == (first.letter, 1)


async def test_an_event_whose_request_is_being_read_has_another_turn_until_it_fails(
    store: Store, desk: Desk
) -> None:
    await desk.report(parked_event(0), parked_event(1))
    await store.retry_dead(["parked-1"], desk.now)
    await desk.claim_one()
    number = await desk.order()
    await desk.start(number)
    turns = 0
    while await desk.further(number):
        turns += 1
        desk.move(MINUTE)
    (item,) = await store.jobs.items(number, 9)
    assert (turns, item.outcome, item.reason) == (5, Outcome.FAILED, "its request is being read all the time")


async def test_what_is_due_later_is_planned_and_does_not_hold_up_the_job(store: Store, desk: Desk) -> None:
    lacking = new_enrollment(due_at=NOW_MS + DAY, unmapped=Unmapped("unmapped", "location L9 is in no map"))
    await desk.report(read_event(enrollments=(lacking,), detail=b'{"location":"L9","employee":null}'))
    known = {"main": Maps(IdMap("location", "locations", {"L9": DOWNTOWN}, "dead"))}
    number = await desk.order()
    await desk.start(number)
    await desk.further(number, maps=known)
    assert await desk.outcomes(number) == {"dead-1": Outcome.PLANNED}
    assert (await desk.job(number)).state is JobState.DONE
    assert await desk.counts() == {"waiting": 1}


async def test_a_call_of_unknown_outcome_is_not_parted_and_goes_out_under_its_old_key(
    store: Store, desk: Desk
) -> None:
    unknown = await desk.lose(*GUESTS[:5])
    await desk.refuse("ana@example.com")
    number = await desk.order()
    await desk.start(number)
    assert await desk.further(number, limit=1) == 1
    assert await desk.further(number, limit=2) == 5
    batches = (await desk.look()).batches
    assert [(batch.key, batch.body) for batch in batches if len(batch.members) == 5] == [
        (unknown.key, unknown.body)
    ]


async def test_calls_of_unknown_outcome_follow_each_other_whole(store: Store, desk: Desk) -> None:
    keys = {(await desk.lose(*GUESTS[:3], key=f"P-{number}")).key for number in range(2)}
    number = await desk.order()
    await desk.start(number)
    sizes = []
    while done := await desk.further(number, limit=2):
        sizes.append(done)
    assert sizes == [3, 3]
    assert {batch.key for batch in (await desk.look()).batches} == keys


async def test_items_are_listed_by_page_and_by_outcome(store: Store, desk: Desk) -> None:
    await desk.lose(*GUESTS[:3])
    await desk.refuse("ana@example.com", "ben@example.com")
    number = await desk.order()
    every = await store.jobs.items(number, 99)
    found: list[JobItem] = []
    while page := await store.jobs.items(number, 2, after=found[-1].place if found else None):
        found += page
    assert found == every
    assert [item.letter for item in every[2:]] == ["dead-3", "dead-2", "dead-1"]
    await desk.start(number)
    await desk.further(number, limit=2)
    released = await store.jobs.items(number, 99, Outcome.RELEASED)
    assert [item.letter for item in released] == [item.letter for item in every[:2]]
    pending = await store.jobs.items(number, 1, Outcome.PENDING)
    more = await store.jobs.items(number, 9, Outcome.PENDING, after=pending[-1].place)
    assert [item.letter for item in pending + more] == ["dead-3", "dead-2", "dead-1"]
    assert await store.jobs.items(number, 9, Outcome.LEFT) == []
    await store.jobs.cancel(number, desk.now)
    assert len(await store.jobs.items(number, 9, Outcome.LEFT)) == 3
    assert await store.jobs.items(number, 9, Outcome.PENDING) == []


async def test_a_job_is_the_same_in_another_process(engine: Engine, store: Store, desk: Desk) -> None:
    await desk.refuse(*GUESTS)
    number = await desk.order(JobKind.CORRECT, fields={"last_name": "Lima"}, reason="asked")
    async with engine.open(exclusive=False) as other:
        seen: Job | None = await other.jobs.find(number)
        assert seen == await desk.job(number)
        assert await other.jobs.start(number, desk.now)
    assert (await desk.job(number)).state is JobState.RUNNING


async def test_a_failure_that_was_not_foreseen_leaves_the_items_of_its_transaction(
    store: Store, desk: Desk
) -> None:
    await desk.refuse("ana@example.com")
    broken = new_enrollment("ben@example.com", key="P-2", unmapped=Unmapped("unmapped", "no map has it"))
    await desk.report(read_event(key="P-2", enrollments=(broken,), detail=b"{}"))
    number = await desk.order()
    await desk.start(number)
    maps = {"main": Maps()}
    with pytest.raises(KeyError):
        await desk.further(number, maps=maps)
    assert (await desk.job(number)).counts == {Outcome.PENDING: 2}
    assert await desk.counts() == {"dead": 2}


async def test_outages_of_the_destination_leave_items_under_way(store: Store, desk: Desk) -> None:
    await desk.refuse("ana@example.com")
    number = await desk.order()
    await desk.start(number)
    await desk.further(number)
    await desk.end(await desk.freeze(), failure(Certainty.NOT_SENT, Scope.DESTINATION))
    assert await desk.outcomes(number) == {"dead-1": Outcome.RELEASED}
    desk.move(DAY)
    await desk.deliver(await desk.freeze())
    assert await desk.outcomes(number) == {"dead-1": Outcome.DELIVERED}


async def test_members_of_a_batch_are_named_in_order(store: Store, desk: Desk) -> None:
    unknown = await desk.lose(*GUESTS[:3])
    number = await desk.order(wanted=LetterFilter(causes=("unknown",)))
    await desk.start(number)
    await desk.further(number)
    assert emails(await desk.freeze()) == emails(unknown)
