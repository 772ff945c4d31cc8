"""Hours, weekdays, zones and lateness of routes: what they become, and what is told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from relay.core.timing import ANYTIME, Hours, Timing
from tests.config.trying import UUID, faults_of, open_text

BASE = (
    '[destinations.main]\napi_key = "dem_1"\n[sources.shop]\nconnector = "tilly"\nsecrets.signing_key = "k"\n'
)


def route(*facts: str) -> str:
    lines = "\n".join(facts)
    return f'{BASE}[[routes]]\nname = "one"\nevents = ["deal.won"]\nsequence = "{UUID}"\n{lines}\n'


def timing(tmp_path: Path, *facts: str, top: str = "") -> Timing:
    [taken] = open_text(tmp_path, top + route(*facts)).routes
    return taken.timing


def fault(tmp_path: Path, *facts: str) -> tuple[str, str]:
    [found] = faults_of(tmp_path, route(*facts))
    return found.key, found.problem


def test_a_route_goes_out_at_any_time_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert timing(tmp_path) == ANYTIME


def test_a_route_keeps_its_hours_days_and_zone(tmp_path: Path) -> None:
    facts = (
        'quiet_hours = ["21:00-09:00", "12:00-24:00"]',
        'weekdays = ["mon", "sun"]',
        'timezone = "Europe/Berlin"',
        'latest = "14d"',
    )
    kept = timing(tmp_path, *facts)
    assert kept.open.quiet == (Hours(time(21), time(9)), Hours(time(12), time(0)))
    assert kept.open.weekdays == {0, 6}
    assert (kept.open.zone, kept.latest) == (ZoneInfo("Europe/Berlin"), timedelta(days=14))


def test_the_zone_of_the_file_is_that_of_routes_that_name_none(tmp_path: Path) -> None:
    top = 'timezone = "Asia/Tokyo"\n'
    assert timing(tmp_path, top=top).open.zone == ZoneInfo("Asia/Tokyo")
    assert timing(tmp_path, 'timezone = "UTC"', top=top).open.zone is UTC


@pytest.mark.parametrize(
    ("line", "key", "problem"),
    [
        ('quiet_hours = ["9-17"]', "quiet_hours[0]", 'should be two times of day such as "21:00-09:00"'),
        (
            'quiet_hours = ["09:00-25:00"]',
            "quiet_hours[0]",
            'should be two times of day such as "21:00-09:00"',
        ),
        (
            'quiet_hours = ["21:00-09:00", "09:00-09:00"]',
            "quiet_hours[1]",
            "ends when it starts; nothing could ever go out",
        ),
        (
            'quiet_hours = ["00:00-24:00"]',
            "quiet_hours[0]",
            "ends when it starts; nothing could ever go out",
        ),
        (
            'quiet_hours = ["21:00-09:00", "08:00-22:00"]',
            "quiet_hours",
            "leaves no moment in which anything could go out",
        ),
        ('latest = "2h"\ndelay = "2h"', "latest", "should be longer than the delay (2h)"),
        ("latest = 0", "latest", "should be longer than nothing"),
        (
            'timezone = "Europe/Berln"',
            "timezone",
            'should be an IANA time zone such as "Europe/Berlin"; did you mean Europe/Berlin?',
        ),
        ('timezone = "../etc/passwd"', "timezone", 'should be an IANA time zone such as "Europe/Berlin"'),
        ('timezone = ""', "timezone", 'should be an IANA time zone such as "Europe/Berlin"'),
        ('timezone = "America"', "timezone", 'should be an IANA time zone such as "Europe/Berlin"'),
    ],
)
def test_what_cannot_be_kept_is_told_why(tmp_path: Path, line: str, key: str, problem: str) -> None:
    found_key, found_problem = fault(tmp_path, line)
    assert found_key == f"routes[0].{key}"
    assert found_problem.startswith(problem)


def test_a_weekday_is_one_of_seven(tmp_path: Path) -> None:
    key, problem = fault(tmp_path, 'weekdays = ["mon", "Friday"]')
    assert key == "routes[0].weekdays[1]"
    assert problem.startswith("should be 'mon', 'tue'")


def test_a_zone_of_the_file_that_is_none_is_told(tmp_path: Path) -> None:
    [found] = faults_of(tmp_path, 'timezone = "Mars/Olympus"\n' + route())
    assert found.key == "timezone"


def test_a_machine_without_zone_data_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.config.values.available_timezones", set)
    [found] = faults_of(tmp_path, 'timezone = "Mars/Olympus"\n' + route())
    assert (
        found.problem == "cannot be looked up: this machine has no time zone data; install its package tzdata"
    )


@pytest.mark.parametrize("line", ['quiet_hours = ["21:00-09:00"]', 'weekdays = ["mon"]'])
def test_hours_that_are_in_utc_because_nobody_named_a_zone_are_a_warning(tmp_path: Path, line: str) -> None:
    warning = "routes[0]: its hours and weekdays are in UTC; set timezone"
    assert warning in open_text(tmp_path, route(line)).warnings
    assert warning not in open_text(tmp_path, route(line, 'timezone = "UTC"')).warnings
    assert warning not in open_text(tmp_path, 'timezone = "UTC"\n' + route(line)).warnings
    assert warning not in open_text(tmp_path, route()).warnings


def test_hours_are_those_of_the_business(tmp_path: Path) -> None:
    night = timing(tmp_path, 'quiet_hours = ["21:00-09:00"]', 'timezone = "America/New_York"')
    assert night.open.next_open(datetime(2026, 7, 1, 3, 0, tzinfo=UTC)) == datetime(
        2026, 7, 1, 13, 0, tzinfo=UTC
    )
