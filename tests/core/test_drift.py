"""Drift: what is told to the operator, and what is left to chance."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.drift import Drift, Share, drifts, grew
from relay.core.traffic import DAY, OTHERS, Counts, EventType

TODAY = 20_000
USUAL = Counts(events=10, email=10, first_name=10, last_name=10, phone=8, location=10, employee=10)


def event_type(days: Mapping[int, Counts], name: str = "paid", source: str = "shop") -> EventType:
    """`days` are counts by age in days."""
    by_day = {TODAY - age: counts for age, counts in days.items()}
    return EventType(source, name, min(by_day) * DAY, max(by_day) * DAY + 1, by_day)


def history(counts: Counts = USUAL, until: int = 1) -> dict[int, Counts]:
    """The same each day, from 28 days ago."""
    return dict.fromkeys(range(28, until - 1, -1), counts)


def told(*event_types: EventType) -> list[tuple[str, str, int]]:
    return [(one.event_type, one.what, one.days) for one in drifts(event_types, TODAY)]


def test_a_sender_that_goes_on_as_before_is_not_mentioned() -> None:
    assert told(event_type(history(until=0))) == []


def test_nothing_seen_is_nothing_changed() -> None:
    assert drifts([], TODAY) == []


def test_a_lost_address_is_told_once_and_not_with_each_field_that_went_with_it() -> None:
    lost = event_type(history() | {0: Counts(events=10, email=4, **dict.fromkeys(USUAL._fields[4:], 4))})
    (drift,) = drifts([lost], TODAY)
    assert drift == Drift("shop", "paid", "email", 1, now=Share(6, 10), before=Share(0, 280))
    assert drift.now.share == 0.6


@pytest.mark.parametrize("field", ["first_name", "last_name", "phone", "location", "employee"])
def test_a_field_that_vanished_is_named(field: str) -> None:
    assert told(event_type(history() | {0: USUAL._replace(**{field: 0})})) == [("paid", field, 1)]


def test_a_field_that_was_never_there_does_not_vanish() -> None:
    never = USUAL._replace(employee=0)
    assert told(event_type(history(never, until=0))) == []


def test_events_that_can_no_longer_be_read_are_told() -> None:
    assert told(event_type(history() | {0: Counts(events=9, parked=9)})) == [("paid", "parked", 1)]


def test_events_that_are_no_longer_wanted_are_told() -> None:
    assert told(event_type(history() | {0: Counts(events=9, ignored=9)})) == [("paid", "ignored", 1)]


def test_a_type_that_was_always_ignored_is_no_change() -> None:
    assert told(event_type(history(Counts(events=10, ignored=10), until=0))) == []


def test_what_gets_better_is_no_drift() -> None:
    bad = Counts(events=10, parked=5)
    assert told(event_type(history(bad) | {0: USUAL})) == []


def test_what_a_rare_event_lost_is_told_after_more_days() -> None:
    one, lost = Counts(events=1, email=1, phone=1), Counts(events=1, email=1)
    rare = history(one, until=5) | dict.fromkeys(range(5), lost)
    assert told(event_type(rare)) == [("paid", "phone", 7)]


def test_what_changed_before_midnight_is_told_when_today_is_too_young_to_tell() -> None:
    assert told(event_type(history(until=2) | {1: Counts(events=10, email=0)})) == [("paid", "email", 2)]


def test_of_too_few_events_nothing_is_concluded() -> None:
    assert told(event_type(history(until=7) | {0: Counts(events=4, parked=4)})) == []
    assert told(event_type({9: USUAL, 0: Counts(events=10, parked=10)})) == []


def test_a_type_that_was_never_seen_is_told_for_a_week() -> None:
    known = event_type(history(until=0))
    for age in (0, 6):
        assert told(known, event_type({age: Counts(events=3, parked=3)}, "new.thing")) == [
            ("new.thing", "new", 7)
        ]
    assert told(known, event_type({7: Counts(events=3, parked=3)}, "new.thing")) == []


def test_in_its_first_days_every_type_of_a_source_is_new_and_none_is_told() -> None:
    fresh = event_type({6: USUAL, 0: USUAL})
    assert told(fresh, event_type({0: USUAL}, "booked")) == []
    other = event_type(history(until=0), source="till")
    assert told(fresh, event_type({0: USUAL}, "booked"), other) == []


def test_the_name_for_further_types_is_not_a_new_type() -> None:
    assert told(event_type(history(until=0)), event_type({0: USUAL}, OTHERS)) == []


def test_a_new_type_whose_events_were_all_read_again_elsewhere_is_not_told() -> None:
    assert told(event_type(history(until=0)), event_type({0: Counts()}, "")) == []


def test_silence_is_no_drift_of_what_was_sent() -> None:
    assert told(event_type(history(until=3))) == []


def test_drift_comes_by_source_and_type() -> None:
    lost = history() | {0: Counts(events=10, parked=10)}
    shuffled = [event_type(lost, name, source) for source in ("till", "shop") for name in ("paid", "booked")]
    order = [(one.source, one.event_type) for one in drifts(shuffled, TODAY)]
    assert order == [("shop", "booked"), ("shop", "paid"), ("till", "booked"), ("till", "paid")]


shares = st.builds(
    lambda whole, part: Share(min(part, whole), whole), st.integers(0, 10_000), st.integers(0, 10_000)
)


@given(shares, shares)
def test_what_grew_really_is_larger_by_a_fifth(now: Share, before: Share) -> None:
    if grew(now, before):
        assert now.share >= before.share + 0.2
        assert not grew(before, now)
        assert now.whole >= 5
        assert before.whole >= 20


@given(shares, shares)
def test_more_of_the_same_evidence_never_hides_a_change(now: Share, before: Share) -> None:
    if grew(now, before):
        assert grew(Share(2 * now.part, 2 * now.whole), Share(2 * before.part, 2 * before.whole))


def test_chance_alone_is_hardly_ever_told() -> None:
    chance = random.Random(7)
    alarms = 0
    for _ in range(2000):
        usual, size = chance.random(), chance.randrange(5, 200)
        before = Share(sum(chance.random() < usual for _ in range(300)), 300)
        alarms += grew(Share(sum(chance.random() < usual for _ in range(size)), size), before)
    assert alarms <= 4
