"""Waits: bounded, spread, never shorter than what the other side asked for, and they end."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.retry import MAX_RETRY_AFTER, MOST_ATTEMPTS, Schedule, exponential

HOUR = 3600.0
DAY = 24 * HOUR
WEEK = 7 * DAY
WEEKEND = 63 * HOUR
"""From six on Friday evening to nine on Monday morning."""

growing = st.builds(
    exponential,
    initial=st.floats(0, 600),
    factor=st.floats(1, 10),
    longest=st.floats(60, DAY),
    lasting=st.floats(0, 8 * WEEK),
    attempts=st.integers(1, 1000),
)
lists = st.builds(Schedule, st.lists(st.floats(0, 4 * WEEK), min_size=1, max_size=30).map(tuple))
schedules = growing | lists
spreads = st.floats(0, 1, exclude_max=True)


def test_the_longest_wait_grows_until_it_is_an_hour() -> None:
    assert exponential().ceilings[:8] == (5, 15, 45, 135, 405, 1215, 3600, 3600)
    assert set(exponential().ceilings[8:]) == {3600}


def test_a_list_says_every_wait_and_gives_up_after_the_last() -> None:
    waits = Schedule((5.0, 600.0, WEEK))
    assert [waits.delay(failures, 0.5) for failures in range(1, 5)] == [2.5, 300, WEEK / 2, None]


@given(st.floats(0, 1e-3) | st.floats(0, 600), st.floats(1, 10), st.floats(0, DAY))
def test_ceilings_never_fall_and_never_pass_the_longest(
    initial: float, factor: float, longest: float
) -> None:
    ceilings = exponential(initial=initial, factor=factor, longest=longest).ceilings
    assert all(one <= next_one for one, next_one in pairwise(ceilings))
    assert max(ceilings) <= longest
    assert len(ceilings) < MOST_ATTEMPTS


@given(schedules, st.integers(1, 2000), spreads)
def test_a_wait_is_never_longer_than_its_ceiling_and_never_negative(
    schedule: Schedule, failures: int, spread: float
) -> None:
    delay = schedule.delay(failures, spread)
    assert (delay is None) == (failures >= schedule.attempts)
    assert delay is None or 0 <= delay <= schedule.ceilings[failures - 1]


@given(schedules)
def test_retries_end_and_their_sum_is_bounded(schedule: Schedule) -> None:
    delays = [schedule.delay(failures, 1.0) for failures in range(1, schedule.attempts + 1)]
    assert delays[-1] is None
    assert None not in delays[:-1]
    assert sum(delay or 0 for delay in delays) == pytest.approx(sum(schedule.ceilings))


@given(
    st.floats(1, 600), st.floats(1, 10), st.floats(HOUR, DAY), st.floats(0, 8 * WEEK), st.integers(1, 10_000)
)
def test_waits_come_to_the_total_on_average_unless_the_attempts_end_before(
    initial: float, factor: float, longest: float, lasting: float, attempts: int
) -> None:
    schedule = exponential(
        initial=initial, factor=factor, longest=longest, lasting=lasting, attempts=attempts
    )
    on_average = sum(schedule.ceilings) / 2
    assert schedule.attempts <= attempts
    assert on_average <= lasting + longest / 2
    assert schedule.attempts == attempts or on_average >= lasting * (1 - 1e-9)


def test_nobody_draws_so_badly_that_a_weekend_is_not_outlasted() -> None:
    draw = Random("a weekend").random
    schedule = exponential()
    totals = [sum(draw() * ceiling for ceiling in schedule.ceilings) for _ in range(1000)]
    assert min(totals) > WEEKEND
    assert max(totals) < WEEK


def test_a_total_of_nothing_is_one_try() -> None:
    assert exponential(lasting=0).delay(1, 0.5) is None


@given(schedules, st.integers(1, 2000), spreads, st.floats(0, MAX_RETRY_AFTER))
def test_a_wait_that_was_asked_for_is_only_added_to(
    schedule: Schedule, failures: int, spread: float, asked: float
) -> None:
    delay, own = schedule.delay(failures, spread, asked), schedule.delay(failures, spread)
    assert (delay is None) == (own is None)
    assert delay is None or own is None or delay == asked + own


@pytest.mark.parametrize("asked", [86401, 10**9, float("inf")])
def test_a_wait_of_more_than_a_day_is_not_honoured_further(asked: float) -> None:
    assert exponential().delay(1, 0.0, asked) == MAX_RETRY_AFTER


@pytest.mark.parametrize("asked", [None, 0.0, -5.0])
def test_no_wait_asked_for_leaves_only_the_schedules_own(asked: float | None) -> None:
    assert exponential().delay(1, 0.5, asked) == 2.5
