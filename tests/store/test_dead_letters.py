"""Dead letters: what could not be read or delivered, its story, and its repair."""

from __future__ import annotations

import pytest

from relay.core.outcome import Certainty, Scope, Unconfirmed
from relay.core.suppression import Suppression
from relay.store import Store
from relay.store.base import DeadLetter
from tests.factories import (
    DAY,
    MINUTE,
    NOW_MS,
    failure,
    incoming,
    new_enrollment,
    parked_event,
    policy,
    read_event,
)
from tests.store.desk import Desk, emails

NO_ANSWER = failure(Certainty.UNKNOWN, Scope.DESTINATION, reason="no answer within 30 s")
HOLD = policy(on_unknown_outcome="hold")


async def test_a_parked_event_says_where_it_could_not_be_read(store: Store, desk: Desk) -> None:
    await desk.report(parked_event(2))
    assert await store.dead_letters(10) == [
        DeadLetter(
            id="parked-1",
            kind="parked",
            source="shop",
            at=NOW_MS,
            cause="unreadable",
            code=None,
            symptom="$.id should be text, is a number",
            reason="should be text, is a number",
            path="$.id",
            event_type="odd",
            business_key=None,
            email=None,
            route=None,
            destination=None,
            sequence=None,
            request_id=1,
        )
    ]
    story = await store.story("parked-1")
    assert story is not None
    assert (story.event, story.contact, story.attempts) == (None, None, ())


async def test_the_story_of_a_dead_enrollment_has_the_request_the_event_and_every_attempt(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com")
    batch = await desk.freeze()
    await desk.end(batch, NO_ANSWER)
    desk.move(MINUTE)
    await desk.end(await desk.freeze(), NO_ANSWER, HOLD)
    story = await store.story("dead-1")
    assert story is not None
    assert story.request == incoming()
    assert story.contact == batch.members[0].fragment
    assert [(attempt.number, attempt.error) for attempt in story.attempts] == [
        (1, "no answer within 30 s"),
        (2, "no answer within 30 s"),
    ]
    assert (story.letter.email, story.letter.route, story.letter.business_key) == (
        "ana@example.com",
        "after-visit",
        "P-1",
    )


async def test_the_story_has_the_attempts_of_every_call_that_the_enrollment_was_in(
    store: Store, desk: Desk
) -> None:
    not_sent = failure(Certainty.NOT_SENT, Scope.DESTINATION, reason="no connection")
    refused = failure(reason="400 X: Invalid email")
    await desk.enrol("ana@example.com", "ben@example.com")
    await desk.end(await desk.freeze(), not_sent)
    desk.move(MINUTE)
    await desk.end(await desk.freeze(), refused)
    for half in (await desk.look()).batches:
        await desk.end(half, refused)
    await store.retry_dead(["dead-1"], desk.now)
    await desk.end(await desk.freeze(), refused)
    told = {}
    for letter in ("dead-1", "dead-2"):
        story = await store.story(letter)
        assert story is not None
        told[letter] = [attempt.error for attempt in story.attempts]
    assert told["dead-2"] == ["no connection", "400 X: Invalid email", "400 X: Invalid email"]
    assert told["dead-1"] == [*told["dead-2"], "400 X: Invalid email"]


async def test_letters_are_listed_newest_first_and_no_more_than_asked_for(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), failure())
    for _ in range(3):
        desk.move(MINUTE)
        await desk.report(parked_event())
    assert await desk.letters() == ["parked-4", "parked-3", "parked-2", "dead-1"]
    assert [letter.id for letter in await store.dead_letters(2)] == ["parked-4", "parked-3"]


@pytest.mark.parametrize(
    "letter", ["", "dead", "dead-", "dead-x", "dead--1", "dead-99", "parked-99", "dead-²", "dead-" + "9" * 40]
)
async def test_an_id_that_is_none_is_nothing(store: Store, desk: Desk, letter: str) -> None:
    await desk.report(parked_event())
    assert await store.story(letter) is None
    assert await store.retry_dead([letter], desk.now) == []
    assert await store.discard_dead([letter], "no", desk.now) == []


async def test_what_is_not_dead_has_no_story_and_cannot_be_retried(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    assert await store.story("dead-1") is None
    assert await store.retry_dead(["dead-1", "parked-1"], desk.now) == []


async def test_a_retried_enrollment_is_sent_again_from_its_first_attempt(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    refused = await desk.freeze()
    await desk.end(refused, failure())
    desk.move(DAY)
    assert await store.retry_dead(["dead-1"], desk.now) == ["dead-1"]
    assert await desk.letters() == []
    again = await desk.freeze()
    assert (emails(again), again.members[0].attempts) == (["ana@example.com"], 0)
    assert again.key != refused.key


async def test_a_batch_of_unknown_outcome_that_is_retried_whole_goes_out_under_its_old_key(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com", "ben@example.com")
    unknown = await desk.freeze()
    await desk.end(unknown, NO_ANSWER, HOLD)
    await desk.enrol("cem@example.com", key="P-2")
    assert len(await store.retry_dead(await desk.letters(), desk.now)) == 2
    assert await desk.counts() == {"sending": 2, "waiting": 1}
    new, again = sorted((await desk.look()).batches, key=lambda batch: batch.replay)
    assert (again.key, again.body, again.replay) == (unknown.key, unknown.body, True)
    assert emails(new) == ["cem@example.com"]
    await desk.end(again, failure(Certainty.NOT_SENT, Scope.DESTINATION))
    desk.move(MINUTE)
    assert (await desk.freeze()).key == unknown.key


async def test_who_must_not_be_written_to_any_more_parts_a_batch_that_is_retried(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com", "ben@example.com")
    unknown = await desk.freeze()
    await desk.end(unknown, NO_ANSWER, HOLD)
    await store.suppress([Suppression("email", "ana@example.com", "asked us to", "ops", NOW_MS)], desk.now)
    await store.retry_dead(await desk.letters(), desk.now)
    again = await desk.freeze()
    assert emails(again) == ["ben@example.com"]
    assert again.key != unknown.key
    assert await desk.counts() == {"suppressed": 1, "sending": 1}


async def test_an_unknown_outcome_that_is_retried_without_its_companions_has_another_key(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com", "ben@example.com")
    unknown = await desk.freeze()
    await desk.end(unknown, NO_ANSWER, HOLD)
    await store.retry_dead((await desk.letters())[:1], desk.now)
    assert (await desk.freeze()).key != unknown.key


async def test_an_unknown_outcome_that_is_retried_alone_goes_out_under_its_old_key(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com")
    unknown = await desk.freeze()
    await desk.end(unknown, NO_ANSWER, HOLD)
    await store.retry_dead(["dead-1"], desk.now)
    again = await desk.freeze()
    assert (again.key, again.body) == (unknown.key, unknown.body)


async def test_a_retried_person_who_was_enrolled_meanwhile_is_merged(store: Store, desk: Desk) -> None:
    for key in ("P-1", "P-2"):
        made = new_enrollment(key=key, cooldown=DAY)
        await desk.report(read_event(key=key, enrollments=(made,)))
    await desk.end(await desk.freeze(), [Unconfirmed("no result for this contact")])
    await desk.deliver(await desk.freeze())
    await store.retry_dead(["dead-1"], desk.now)
    assert await desk.nothing_due()
    assert await desk.counts() == {"delivered": 1, "merged": 1}


async def test_a_retried_letter_is_not_retried_twice(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), failure())
    assert await store.retry_dead(["dead-1", "dead-1"], desk.now) == ["dead-1"]
    assert await desk.counts() == {"waiting": 1}


async def test_a_discarded_enrollment_is_accounted_for_and_never_sent(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), failure())
    assert await store.discard_dead(["dead-1"], "moved away", desk.now) == ["dead-1"]
    assert await desk.counts() == {"discarded": 1}
    assert await desk.letters() == []
    assert await store.retry_dead(["dead-1"], desk.now) == []


async def test_a_discarded_event_is_accounted_for(store: Store, desk: Desk) -> None:
    await desk.report(parked_event())
    assert await store.discard_dead(["parked-1"], "a test of ours", desk.now) == ["parked-1"]
    assert await desk.fates() == {"discarded": 1}
    assert await store.retry_dead(["parked-1"], desk.now) == []


async def test_a_retried_event_alone_is_read_again(store: Store, desk: Desk) -> None:
    await desk.report(read_event("ana@example.com", position=0), parked_event(1))
    assert await store.retry_dead(["parked-2"], desk.now) == ["parked-2"]
    assert await desk.fates() == {"read": 1}
    claimed = await desk.claim_one()
    assert claimed.pending == frozenset({1})
    await desk.save(claimed, read_event("ben@example.com", position=1, key="P-2"))
    assert await desk.fates() == {"read": 2}
    assert await desk.counts() == {"waiting": 2}


async def test_a_request_that_was_parked_whole_is_read_again_whole(store: Store, desk: Desk) -> None:
    await desk.report(parked_event(-1))
    await store.retry_dead(["parked-1"], desk.now)
    claimed = await desk.claim_one()
    assert claimed.pending is None
    await desk.save(claimed, read_event("ana@example.com"), parked_event(1))
    assert await desk.fates() == {"read": 1, "parked": 1}


async def test_several_events_of_one_request_can_be_retried_together(store: Store, desk: Desk) -> None:
    await desk.report(*(parked_event(place) for place in range(3)))
    assert await store.retry_dead(["parked-1", "parked-3"], desk.now) == ["parked-1", "parked-3"]
    assert (await desk.claim_one()).pending == frozenset({0, 2})


async def test_a_retry_joins_the_positions_that_wait_already(store: Store, desk: Desk) -> None:
    await store.add_request(incoming())
    claimed = await desk.claim_one()
    await desk.save(claimed, parked_event(0), deferred=(1,), due_at=desk.now + MINUTE)
    await store.retry_dead(["parked-1"], desk.now)
    assert (await desk.claim_one()).pending == frozenset({0, 1})


async def test_an_event_that_is_being_read_at_this_moment_is_not_retried(store: Store, desk: Desk) -> None:
    await desk.report(parked_event(0), parked_event(1))
    await store.retry_dead(["parked-1"], desk.now)
    await desk.claim_one()
    assert await store.retry_dead(["parked-2"], desk.now) == []
    assert await desk.letters() == ["parked-2"]


async def test_a_retry_of_one_event_does_not_shorten_a_retry_of_the_whole_request(
    store: Store, desk: Desk
) -> None:
    await store.add_request(incoming())
    await desk.save(await desk.claim_one(), parked_event(0), deferred=(1,), due_at=desk.now)
    await desk.save(await desk.claim_one(), parked_event(-1))
    assert await store.retry_dead(["parked-2", "parked-1"], desk.now) == ["parked-2", "parked-1"]
    assert (await desk.claim_one()).pending is None
