"""Opening times: the first allowed moment, whatever the clocks of the zone do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.timing import ALWAYS, Hours, OpenTimes, Timing, held_until, next_common

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BERLIN = "Europe/Berlin"
NIGHT = ("21:00-09:00",)


def hours(text: str) -> Hours:
    start, end = (time.fromisoformat(part) for part in text.split("-"))
    return Hours(start, end)


def times(zone: str, *quiet: str, weekdays: str = "0123456") -> OpenTimes:
    return OpenTimes(
        zone=ZoneInfo(zone), quiet=tuple(map(hours, quiet)), weekdays=frozenset(map(int, weekdays))
    )


def at(zone: str, text: str, fold: int = 0) -> datetime:
    """A local moment; `fold` 1 is the second time of what the clocks repeat."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def local(moment: datetime, zone: str) -> str:
    """What the clocks of a zone show, and by how much they are ahead of UTC."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")


def test_without_any_rule_every_moment_is_allowed() -> None:
    moment = at(BERLIN, "2026-03-29T03:17:05")
    assert ALWAYS.next_open(moment) == moment


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-05-04T08:59:59", "2026-05-04T09:00+02:00"),
        ("2026-05-04T09:00:00", "2026-05-04T09:00+02:00"),
        ("2026-05-04T20:59:00", "2026-05-04T20:59+02:00"),
        ("2026-05-04T21:00:00", "2026-05-05T09:00+02:00"),
        ("2026-05-04T23:59:59", "2026-05-05T09:00+02:00"),
        ("2026-05-05T00:00:00", "2026-05-05T09:00+02:00"),
    ],
)
def test_quiet_hours_may_run_over_midnight_and_end_on_the_minute(moment: str, opening: str) -> None:
    assert local(times(BERLIN, *NIGHT).next_open(at(BERLIN, moment)), BERLIN) == opening


@pytest.mark.parametrize(
    ("zone", "opening"),
    [
        ("UTC", "2026-05-05T09:00+00:00"),
        ("America/New_York", "2026-05-04T22:00+00:00"),
        ("Asia/Kolkata", "2026-05-05T03:30+00:00"),
        ("Australia/Lord_Howe", "2026-05-04T22:30+00:00"),
    ],
)
def test_hours_are_those_of_the_zone(zone: str, opening: str) -> None:
    evening = datetime(2026, 5, 4, 22, 0, tzinfo=UTC)
    assert local(times(zone, *NIGHT).next_open(evening), "UTC") == opening


def test_a_day_that_is_left_out_is_waited_for_to_its_end() -> None:
    workdays = times(BERLIN, *NIGHT, weekdays="01234")
    friday, sunday = at(BERLIN, "2026-05-08T20:30"), at(BERLIN, "2026-05-10T12:00")
    assert workdays.next_open(friday) == friday
    for moment in (friday + HOUR, sunday):
        assert local(workdays.next_open(moment), BERLIN) == "2026-05-11T09:00+02:00"


def test_without_quiet_hours_a_day_begins_at_midnight_of_the_zone() -> None:
    mondays = times("Asia/Tokyo", weekdays="0")
    opening = mondays.next_open(at("Asia/Tokyo", "2026-05-05T10:00"))
    assert local(opening, "Asia/Tokyo") == "2026-05-11T00:00+09:00"


def test_several_quiet_hours_that_meet_or_overlap_are_one() -> None:
    lunch = times(BERLIN, "12:00-13:00", "12:30-14:00", "14:00-15:00")
    assert local(lunch.next_open(at(BERLIN, "2026-05-04T12:10")), BERLIN) == "2026-05-04T15:00+02:00"


def test_in_spring_the_morning_comes_an_hour_sooner() -> None:
    evening = at(BERLIN, "2026-03-28T21:00")
    opening = times(BERLIN, *NIGHT).next_open(evening)
    assert local(opening, BERLIN) == "2026-03-29T09:00+02:00"
    assert opening - evening.astimezone(UTC) == 11 * HOUR


def test_in_autumn_the_morning_comes_an_hour_later() -> None:
    evening = at(BERLIN, "2026-10-24T21:00")
    opening = times(BERLIN, *NIGHT).next_open(evening)
    assert local(opening, BERLIN) == "2026-10-25T09:00+01:00"
    assert opening - evening.astimezone(UTC) == 13 * HOUR


def test_an_end_that_the_clocks_skip_is_where_they_go_on() -> None:
    opening = times(BERLIN, "21:00-02:30").next_open(at(BERLIN, "2026-03-29T01:00"))
    assert local(opening, BERLIN) == "2026-03-29T03:00+02:00"


def test_an_end_that_the_clocks_repeat_is_the_first_of_both() -> None:
    opening = times(BERLIN, "21:00-02:30").next_open(at(BERLIN, "2026-10-25T01:00"))
    assert local(opening, BERLIN) == "2026-10-25T02:30+02:00"


def test_an_hour_that_is_quiet_again_is_waited_for_again() -> None:
    opening = times(BERLIN, "21:00-02:30").next_open(at(BERLIN, "2026-10-25T02:10", fold=1))
    assert local(opening, BERLIN) == "2026-10-25T02:30+01:00"


def test_clocks_that_go_back_to_before_the_quiet_hours_open_again() -> None:
    opening = times(BERLIN, "02:30-09:00").next_open(at(BERLIN, "2026-10-25T02:45"))
    assert local(opening, BERLIN) == "2026-10-25T02:00+01:00"


def test_a_midnight_that_the_clocks_skip_is_no_hindrance() -> None:
    sundays = times("America/Santiago", weekdays="6")
    opening = sundays.next_open(at("America/Santiago", "2026-09-05T12:00"))
    assert local(opening, "America/Santiago") == "2026-09-06T01:00-03:00"


def test_a_day_whose_last_hour_is_repeated_opens_for_it() -> None:
    saturdays = times("America/Santiago", "22:00-23:00", weekdays="5")
    opening = saturdays.next_open(at("America/Santiago", "2026-04-04T22:30"))
    assert local(opening, "America/Santiago") == "2026-04-04T23:00-03:00"


def test_a_day_that_a_zone_left_out_is_no_hindrance() -> None:
    fridays = times("Pacific/Apia", weekdays="4")
    opening = fridays.next_open(at("Pacific/Apia", "2011-12-29T12:00"))
    assert local(opening, "Pacific/Apia") == "2012-01-06T00:00+14:00"


def test_times_that_open_only_in_an_hour_that_is_skipped_open_a_week_later() -> None:
    narrow = times(BERLIN, "03:00-02:00", weekdays="6")
    opening = narrow.next_open(at(BERLIN, "2026-03-28T12:00"))
    assert local(opening, BERLIN) == "2026-04-05T02:00+02:00"


@pytest.mark.parametrize(
    ("quiet", "weekdays"),
    [(("09:00-21:00", "21:00-09:00"), "01"), (("09:00-09:00",), "0123456"), ((), "")],
)
def test_times_that_never_open_are_refused(quiet: tuple[str, ...], weekdays: str) -> None:
    with pytest.raises(ValueError, match="no moment in which anything could go out"):
        times(BERLIN, *quiet, weekdays=weekdays)


def by_minutes(rules: OpenTimes, moment: datetime) -> datetime:
    """The same as `next_open`, found by looking at each minute in turn."""
    if rules.allows(moment):
        return moment
    minute = moment.astimezone(UTC).replace(second=0, microsecond=0)
    while not rules.allows(minute := minute + MINUTE):
        pass
    return minute


clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 29, 30, 59]))
rules = st.builds(
    lambda zone, spans, days: (ZoneInfo(zone), tuple(Hours(*span) for span in spans), frozenset(days)),
    st.sampled_from(
        [
            "UTC",
            BERLIN,
            "America/New_York",
            "America/Santiago",
            "America/St_Johns",
            "Asia/Beirut",
            "Asia/Kathmandu",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "Pacific/Chatham",
        ]
    ),
    st.lists(st.tuples(clocks, clocks).filter(lambda span: span[0] != span[1]), max_size=3),
    st.sets(st.integers(0, 6), min_size=4),
)
# The nights in which clocks are changed somewhere, and any other time.
turns = st.sampled_from(
    [
        datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 9, 6, 4, tzinfo=UTC),
        datetime(2026, 10, 3, 15, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=UTC),
    ]
)
moments = st.one_of(
    st.builds(lambda turn, minutes: turn + minutes * MINUTE, turns, st.integers(-1800, 300)),
    st.integers(0, 6 * 366 * 86400).map(lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + seconds * SECOND),
)


def opening_times(drawn: tuple[ZoneInfo, tuple[Hours, ...], frozenset[int]]) -> OpenTimes | None:
    zone, quiet, weekdays = drawn
    try:
        return OpenTimes(zone=zone, quiet=quiet, weekdays=weekdays)
    except ValueError:
        return None


@given(rules.map(opening_times), moments)
def test_the_first_allowed_moment_is_the_one_that_looking_at_every_minute_finds(
    drawn: OpenTimes | None, moment: datetime
) -> None:
    if drawn is not None:
        opening = drawn.next_open(moment)
        assert drawn.allows(opening)
        assert opening == by_minutes(drawn, moment)


@given(st.lists(rules.map(opening_times), max_size=3), moments)
def test_a_common_moment_is_allowed_by_all_or_there_is_none_soon(
    drawn: list[OpenTimes | None], moment: datetime
) -> None:
    several = [one for one in drawn if one is not None]
    common = next_common(several, moment)
    assert common >= moment
    assert common == moment or all(one.allows(common) for one in several)


def test_times_that_never_meet_have_no_common_moment() -> None:
    moment = at(BERLIN, "2026-05-04T12:00")
    apart = [times(BERLIN, weekdays="0"), times(BERLIN, weekdays="3")]
    assert next_common(apart, moment) == moment


def test_what_goes_out_at_its_latest_moment_is_in_time() -> None:
    start = at(BERLIN, "2026-05-04T20:00")
    timing = Timing(latest=12 * HOUR)
    assert timing.lateness(start, start + 12 * HOUR) is None
    late = timing.lateness(start, start + 12 * HOUR + SECOND)
    assert late == "too late: the route wanted it out by 2026-05-05 06:00 UTC"


def test_without_a_start_or_a_limit_nothing_is_too_late() -> None:
    moment = at(BERLIN, "2026-05-04T12:00")
    assert Timing(latest=HOUR).lateness(None, moment) is None
    assert Timing().lateness(moment - 1000 * DAY, moment) is None


def test_who_is_held_is_told_until_when() -> None:
    moment = at(BERLIN, "2026-05-04T12:00")
    assert held_until(moment) == "outside the route's hours: waits until 2026-05-04 10:00 UTC"
