"""What follows from a verdict: every member's fate, and what waits for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.batching import MAX_CONTACTS, Member, compose
from relay.core.breaker import Health
from relay.core.outcome import Certainty, Delivered, Failure, Scope, Unconfirmed, Verdict
from relay.core.settlement import Pause, Policy, Settlement, Tried
from relay.core.settlement import settle as settle_with_health
from tests.factories import LANE, NOW, failure, later, member, members, policy, tried

NOT_SENT = failure(Certainty.NOT_SENT, Scope.DESTINATION)
REFUSED_KEY = failure(Certainty.REFUSED, Scope.DESTINATION)
REFUSED_SEQUENCE = failure(Certainty.REFUSED, Scope.SEQUENCE)
NO_ANSWER = failure(Certainty.UNKNOWN, Scope.DESTINATION)
THROTTLED = failure(Certainty.REFUSED, Scope.ORGANIZATION, throttled=True, retry_after=7.0)


def settle(tried: Tried, verdict: Verdict, how: Policy, now: datetime, spread: float) -> Settlement:
    """Everybody's fate alone; what a try shows of the destination has tests of its own."""
    return replace(settle_with_health(tried, verdict, how, now, spread), health=None)


def test_each_contact_has_the_fate_that_the_answer_gave_it() -> None:
    end = settle(tried(), [Delivered("c-1"), Unconfirmed("no result"), Delivered(None)], policy(), NOW, 1.0)
    assert end.delivered == ((1, "c-1"), (3, None))
    assert [(dead.enrollment_id, dead.cause, dead.reason) for dead in end.dead] == [
        (2, "unconfirmed", "no result")
    ]
    assert (end.waiting, end.split, end.kept_until, end.pause) == ((), (), None, None)


def test_a_doubt_goes_with_what_is_delivered() -> None:
    end = settle(tried(members(2)), [Unconfirmed("no result"), Delivered("c", "fewer")], policy(), NOW, 1.0)
    assert (end.delivered, end.doubt) == (((2, "c"),), "fewer")


def test_a_refused_batch_of_many_is_split_in_halves() -> None:
    end = settle(tried(members(5)), failure(), policy(), NOW, 1.0)
    assert [half.members for half in end.split] == [members(5)[:3], members(5)[3:]]
    assert end == Settlement(split=end.split)


def test_a_refused_contact_that_stands_alone_is_dead() -> None:
    end = settle(tried(members(1)), failure(reason="400 X: Invalid email"), policy(), NOW, 1.0)
    assert [(dead.cause, dead.reason) for dead in end.dead] == [("refused", "400 X: Invalid email")]


def test_what_was_not_sent_waits_and_pauses_the_destination() -> None:
    end = settle(tried(), NOT_SENT, policy(), NOW, 1.0)
    pause = Pause(Scope.DESTINATION, later(5), "some reason")
    assert end == Settlement(waiting=(1, 2, 3), counted=True, pause=pause)


@pytest.mark.parametrize(
    ("verdict", "scope"), [(REFUSED_KEY, Scope.DESTINATION), (REFUSED_SEQUENCE, Scope.SEQUENCE)]
)
def test_what_a_person_must_mend_is_held_and_uses_up_no_attempt(verdict: Failure, scope: Scope) -> None:
    end = settle(tried([member(n, attempts=23) for n in (1, 2, 3)]), verdict, policy(attempts=24), NOW, 1.0)
    assert end == Settlement(waiting=(1, 2, 3), counted=False, pause=Pause(scope, None, "some reason"))


def test_the_pause_grows_with_the_members_failures() -> None:
    weary = [member(1, attempts=2), member(2, attempts=0)]
    end = settle(tried(weary), NOT_SENT, policy(), NOW, 1.0)
    assert end.pause == Pause(Scope.DESTINATION, later(45), "some reason")


def test_members_without_an_attempt_left_are_given_up_and_the_others_wait() -> None:
    mixed = [member(1, attempts=23), member(2, attempts=22)]
    end = settle(tried(mixed), NOT_SENT, policy(attempts=24), NOW, 1.0)
    assert [(dead.enrollment_id, dead.cause) for dead in end.dead] == [(1, "gave_up")]
    assert end.waiting == (2,)


def test_a_rate_limit_pauses_the_destination_for_as_long_as_it_asks_and_counts_no_attempt() -> None:
    end = settle(tried(), THROTTLED, policy(), NOW, 1.0)
    assert end == Settlement(
        waiting=(1, 2, 3), counted=False, pause=Pause(Scope.ORGANIZATION, later(7), "some reason")
    )


@pytest.mark.parametrize(("asked", "waits"), [(None, 60.0), (0.0, 2.0), (10**9, 86400.0)])
def test_a_rate_limit_is_never_met_at_once_and_honoured_for_a_day_at_most(
    asked: float | None, waits: float
) -> None:
    limit = failure(Certainty.REFUSED, Scope.ORGANIZATION, throttled=True, retry_after=asked)
    end = settle(tried(), limit, policy(shortest_throttle=2.0), NOW, 1.0)
    assert end.pause is not None
    assert end.pause.until == later(waits)


def test_an_unknown_outcome_keeps_the_batch_for_the_same_key() -> None:
    end = settle(tried(number=2), NO_ANSWER, policy(), NOW, 1.0)
    assert end == Settlement(kept_until=later(15))


def test_a_wait_asked_for_after_a_fault_comes_before_the_schedules_own() -> None:
    asking = failure(Certainty.UNKNOWN, Scope.DESTINATION, retry_after=60.0)
    assert settle(tried(), asking, policy(), NOW, 1.0).kept_until == later(65)


def test_holding_never_sends_an_unknown_outcome_again() -> None:
    end = settle(tried(), NO_ANSWER, policy(on_unknown_outcome="hold"), NOW, 1.0)
    assert [(dead.enrollment_id, dead.cause) for dead in end.dead] == [
        (1, "unknown"),
        (2, "unknown"),
        (3, "unknown"),
    ]


def test_after_the_last_attempt_an_unknown_outcome_is_a_dead_letter() -> None:
    end = settle(tried(number=24), NO_ANSWER, policy(attempts=24), NOW, 1.0)
    assert {dead.cause for dead in end.dead} == {"unknown"}


def test_a_batch_whose_outcome_was_unknown_once_is_never_dissolved() -> None:
    """Its members may be enrolled already: under another key they would be a second time."""
    end = settle(tried(number=2), NOT_SENT, policy(), NOW, 1.0)
    assert end == Settlement(kept_until=later(15), pause=Pause(Scope.DESTINATION, later(15), "some reason"))


@pytest.mark.parametrize("verdict", [REFUSED_KEY, REFUSED_SEQUENCE])
def test_a_batch_whose_outcome_was_unknown_once_stays_together_while_it_is_held(verdict: Failure) -> None:
    end = settle(tried(number=24), verdict, policy(attempts=24), NOW, 1.0)
    assert end == Settlement(kept_until=NOW, counted=False, pause=Pause(verdict.scope, None, "some reason"))


def test_a_rate_limit_on_a_repeat_keeps_the_batch_and_counts_no_attempt() -> None:
    end = settle(tried(number=2), THROTTLED, policy(), NOW, 1.0)
    assert end == Settlement(
        kept_until=later(7), counted=False, pause=Pause(Scope.ORGANIZATION, later(7), "some reason")
    )


def test_a_repeat_without_an_attempt_left_is_of_unknown_outcome() -> None:
    end = settle(tried(number=24), NOT_SENT, policy(attempts=24), NOW, 1.0)
    assert {dead.cause for dead in end.dead} == {"unknown"}


failures = st.builds(
    Failure,
    st.sampled_from(Certainty),
    st.sampled_from(Scope),
    st.just("SOME_CODE"),
    st.just("some reason"),
    st.none() | st.floats(0, 10**6),
    st.booleans(),
)
crowds = st.lists(
    st.builds(member, st.integers(1, 10**6), attempts=st.integers(0, 30)),
    min_size=1,
    max_size=MAX_CONTACTS,
    unique_by=lambda one: one.enrollment_id,
)
policies = st.builds(
    lambda attempts, unknown: policy(attempts=attempts, on_unknown_outcome=unknown),
    st.integers(1, 30),
    st.sampled_from(["retry", "hold"]),
)
spreads = st.floats(0, 1, exclude_max=True)


def everybody(end: Settlement, crowd: list[Member]) -> list[int]:
    """The members whose fate a settlement decides, once for each fate."""
    fates = [number for number, _ in end.delivered]
    fates += [dead.enrollment_id for dead in end.dead]
    fates += end.waiting
    fates += [one.enrollment_id for half in end.split for one in half.members]
    return fates if end.kept_until is None else fates + [one.enrollment_id for one in crowd]


@given(crowds, failures, policies, spreads, st.integers(1, 30))
def test_after_a_failure_every_member_has_exactly_one_fate(
    crowd: list[Member], verdict: Failure, how: Policy, spread: float, number: int
) -> None:
    end = settle(tried(crowd, number=number), verdict, how, NOW, spread)
    assert sorted(everybody(end, crowd)) == sorted(one.enrollment_id for one in crowd)


@given(crowds, policies, st.data())
def test_after_a_success_every_member_has_exactly_one_fate(
    crowd: list[Member], how: Policy, data: st.DataObject
) -> None:
    decisions: st.SearchStrategy[Delivered | Unconfirmed] = st.sampled_from(
        [Delivered("c-1"), Unconfirmed("no result")]
    )
    verdict: Verdict = data.draw(st.lists(decisions, min_size=len(crowd), max_size=len(crowd)))
    end = settle(tried(crowd), verdict, how, NOW, 0.5)
    assert sorted(everybody(end, crowd)) == sorted(one.enrollment_id for one in crowd)


@given(crowds, failures, policies, spreads, st.integers(1, 30))
def test_nothing_waits_into_the_past_or_longer_than_a_day_and_an_hour(
    crowd: list[Member], verdict: Failure, how: Policy, spread: float, number: int
) -> None:
    end = settle(tried(crowd, number=number), verdict, how, NOW, spread)
    moments = [end.kept_until, end.pause.until if end.pause else None]
    assert all(NOW <= moment <= NOW + timedelta(days=1, hours=1) for moment in moments if moment)


@given(crowds, policies)
def test_a_bad_contact_comes_to_stand_alone_in_few_calls(crowd: list[Member], how: Policy) -> None:
    """Every refusal halves the batch, so a hundred need seven refusals in a row at most."""
    bad, calls = crowd[-1], 0
    batches = [compose(LANE, crowd)]
    while batches:
        batch = batches.pop()
        calls += 1
        if bad in batch.members:
            end = settle(tried(batch.members), failure(), how, NOW, 0.5)
            batches.extend(end.split)
    assert calls <= 15


@pytest.mark.parametrize("verdict", [[Delivered(None)], failure(), THROTTLED, REFUSED_KEY, REFUSED_SEQUENCE])
def test_whoever_answers_is_there_whatever_the_answer(verdict: Verdict) -> None:
    assert settle_with_health(tried(members(1)), verdict, policy(), NOW, 1.0).health == Health(up=True)


@pytest.mark.parametrize("verdict", [NOT_SENT, NO_ANSWER, failure(Certainty.UNKNOWN, Scope.CONTACTS)])
@pytest.mark.parametrize("how", ["retry", "hold"])
def test_what_was_not_sent_or_ended_in_the_unknown_speaks_against_the_destination(
    verdict: Failure, how: Literal["retry", "hold"]
) -> None:
    end = settle_with_health(tried(), verdict, policy(on_unknown_outcome=how), NOW, 0.5)
    assert end.health == Health(up=False, reason="some reason", open_after=3, spread=0.5)


def test_a_call_that_this_relay_ended_shows_nothing() -> None:
    ended = replace(NO_ANSWER, ours=True)
    assert settle_with_health(tried(), ended, policy(), NOW, 1.0).health is None


@pytest.mark.parametrize("how", ["retry", "hold"])
def test_a_server_that_says_when_to_come_back_is_left_alone_until_then(how: Literal["retry", "hold"]) -> None:
    asking = replace(NO_ANSWER, retry_after=60.0)
    end = settle(tried(), asking, policy(on_unknown_outcome=how), NOW, 1.0)
    assert end.pause == Pause(Scope.DESTINATION, later(60), "some reason")
