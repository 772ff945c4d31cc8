"""Silence is judged by the usual hours of a source, and by nothing where too little is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.hours import HOUR, KEPT_HOURS, WEEK, hour_of
from relay.core.silence import FEWEST_REQUESTS, FEWEST_WEEKS, Silence, silence
from tests.factories import NOW, NOW_MS

END = hour_of(NOW_MS)
"""The present hour: Saturday, from six to seven in the evening."""

Usual = Callable[[int], int]


def always(requests: int) -> Usual:
    return lambda _hour: requests


def in_shop_hours(requests: int) -> Usual:
    """From nine to five, Monday to Friday, in UTC; the first hour of 1970 was a Thursday."""
    return lambda hour: requests if 9 <= hour % 24 < 17 and (hour // 24 + 3) % 7 < 5 else 0


def history(usual: Usual, weeks: int = 10, silent: int = 0) -> dict[int, int]:
    """So many weeks as usual, of which the last hours are silent; hours without requests are not there."""
    hours = range(END - weeks * WEEK, END - silent)
    return {hour: usual(hour) for hour in hours if usual(hour)}


def judged(came: dict[int, int], now: int = NOW_MS, up_since: int = 0) -> Silence | None:
    return silence(came, now, up_since)


def test_a_busy_source_is_silent_after_two_hours_without_a_request() -> None:
    assert judged(history(always(50), silent=1)) is None
    assert judged(history(always(50), silent=2)) == Silence(since=(END - 2) * HOUR, usual=50, weeks=8)


def test_what_came_in_the_present_hour_is_no_silence() -> None:
    assert judged(history(always(50), silent=2) | {END: 1}) is None


def test_a_source_that_sends_as_usual_is_not_silent() -> None:
    assert judged(history(always(50))) is None


def test_at_night_and_at_the_weekend_a_shop_may_be_silent() -> None:
    assert judged(history(in_shop_hours(50))) is None


def test_a_shop_that_is_silent_at_noon_is_told() -> None:
    monday_noon = NOW + timedelta(days=2, hours=-6)
    end = hour_of(round(monday_noon.timestamp() * 1000))
    came = {hour: 50 for hour in range(end - 10 * WEEK, end) if in_shop_hours(50)(hour)}
    opened = end - 3
    still_open = {hour: requests for hour, requests in came.items() if hour < opened}
    assert judged(came, now=end * HOUR) is None
    found = judged(still_open, now=end * HOUR)
    assert found is not None
    assert found.usual == 2 * 50


@pytest.mark.parametrize(("month", "day"), [(3, 29), (10, 25)])
def test_when_clocks_are_changed_a_shop_that_sends_as_usual_is_not_silent(month: int, day: int) -> None:
    """It is open from nine to five by its own clock, which that night is moved against UTC."""
    changed = datetime(2026, month, day, tzinfo=UTC)
    zone = ZoneInfo("Europe/Berlin")
    first = hour_of(round(changed.timestamp() * 1000)) - 10 * WEEK
    hours = range(first, first + 20 * WEEK)
    local = {hour: datetime.fromtimestamp(hour * 3600, zone) for hour in hours}
    came = {hour: 50 for hour in hours if 9 <= local[hour].hour < 17 and local[hour].weekday() < 5}
    for now in hours[10 * WEEK :]:
        before = {hour: n for hour, n in came.items() if now - KEPT_HOURS <= hour < now}
        assert judged(before, now=now * HOUR) is None


def test_a_rare_source_is_told_once_so_much_is_missing_that_it_is_no_chance() -> None:
    once_a_day = history(lambda hour: int(hour % 24 == 12), silent=0)
    last = max(once_a_day)
    told = [
        day
        for day in range(1, 9)
        if judged(once_a_day, now=(last + 24 * day + 2) * HOUR, up_since=0) is not None
    ]
    assert told == [FEWEST_REQUESTS, FEWEST_REQUESTS + 1, FEWEST_REQUESTS + 2]


def test_a_source_that_sends_now_and_then_is_never_told() -> None:
    once_a_week = history(lambda hour: int(hour % WEEK == 12))
    last = max(once_a_week)
    assert all(judged(once_a_week, now=(last + hours) * HOUR) is None for hours in range(5 * WEEK))


@pytest.mark.parametrize("weeks", range(FEWEST_WEEKS + 2))
def test_too_little_history_says_nothing(weeks: int) -> None:
    found = judged(history(always(50), weeks=weeks, silent=3))
    # The first hour is not compared: nobody knows whether it was a whole one.
    assert (found is not None) == (weeks > FEWEST_WEEKS)


def test_a_source_that_never_sent_anything_is_not_silent() -> None:
    assert judged({}) is None
    assert judged({END - 5: 0}) is None


def test_while_the_relay_was_down_nothing_could_come() -> None:
    came = history(always(50), silent=48)
    assert judged(came, up_since=NOW_MS) is None
    assert judged(came, up_since=NOW_MS - 2 * HOUR) is None
    assert judged(came, up_since=NOW_MS - 3 * HOUR) is not None


def test_one_week_in_four_may_have_been_otherwise() -> None:
    def closed_in(*weeks: int) -> dict[int, int]:
        came = history(always(50), silent=2)
        return {
            hour: n for hour, n in came.items() if (END - hour - 1) // 24 not in [week * 7 for week in weeks]
        }

    assert judged(closed_in(1, 5)) is not None
    assert judged(closed_in(1, 3, 5)) is None


def test_a_long_silence_is_told_until_it_is_what_is_usual() -> None:
    came = history(always(50), weeks=10)

    def after(weeks: int) -> bool:
        end = END + weeks * WEEK
        kept = {hour: n for hour, n in came.items() if hour >= end - KEPT_HOURS}
        return judged(kept, now=end * HOUR) is not None

    assert [after(weeks) for weeks in range(1, 10)] == [True] * 5 + [False] * 4


@given(st.lists(st.integers(0, 30), min_size=WEEK, max_size=WEEK), st.integers(0, 3 * WEEK))
def test_whoever_sends_the_same_each_week_is_told_only_where_it_was_missed(
    week: list[int], silent: int
) -> None:
    came = history(lambda hour: week[hour % WEEK], silent=silent)
    found = judged(came)
    if found is None or not came:
        return
    missed = [week[hour % WEEK] for hour in range(max(came) + 1, END)]
    assert sum(missed) >= FEWEST_REQUESTS
    assert found.since == (max(came) + 1) * HOUR
