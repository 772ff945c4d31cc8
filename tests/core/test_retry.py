"""Waits: bounded, spread, never shorter than what the other side asked for, and they end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.retry import MAX_RETRY_AFTER, Schedule

schedules = st.builds(
    Schedule,
    initial=st.floats(0, 600),
    factor=st.floats(1, 10),
    longest=st.floats(0, 86400),
    attempts=st.integers(1, 1000),
)
spreads = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("failures", "ceiling"), [(1, 5), (2, 15), (3, 45), (4, 135), (7, 3600), (24, 3600), (10**6, 3600)]
)
def test_the_longest_wait_grows_until_it_is_an_hour(failures: int, ceiling: float) -> None:
    assert Schedule().ceiling(failures) == ceiling


@given(schedules, st.integers(1, 2000), spreads)
def test_a_wait_is_never_longer_than_the_ceiling_and_never_negative(
    schedule: Schedule, failures: int, spread: float
) -> None:
    delay = schedule.delay(failures, spread)
    assert (delay is None) == (failures >= schedule.attempts)
    assert delay is None or 0 <= delay <= schedule.longest


@given(schedules)
def test_retries_end_and_their_sum_is_bounded(schedule: Schedule) -> None:
    delays = [schedule.delay(failures, 1.0) for failures in range(1, schedule.attempts + 1)]
    assert delays[-1] is None
    assert None not in delays[:-1]
    assert sum(delay or 0 for delay in delays) <= schedule.attempts * schedule.longest


@given(schedules, st.integers(1, 2000), spreads, st.floats(0, MAX_RETRY_AFTER))
def test_a_wait_that_was_asked_for_is_only_added_to(
    schedule: Schedule, failures: int, spread: float, asked: float
) -> None:
    delay = schedule.delay(failures, spread, asked)
    assert delay is None or asked <= delay <= asked + schedule.longest


@pytest.mark.parametrize("asked", [86401, 10**9, float("inf")])
def test_a_wait_of_more_than_a_day_is_not_honoured_further(asked: float) -> None:
    assert Schedule().delay(1, 0.0, asked) == MAX_RETRY_AFTER


@pytest.mark.parametrize("asked", [None, 0.0, -5.0])
def test_no_wait_asked_for_leaves_only_the_schedules_own(asked: float | None) -> None:
    assert Schedule().delay(1, 0.5, asked) == 2.5
