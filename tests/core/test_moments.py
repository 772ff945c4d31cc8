"""Times, lengths, numbers and nested JSON, as the senders of webhooks write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.errors import Unreadable
from relay.core.payload import Node

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T12:00:00+0000",
        "2026-03-01 12:00:00",
        "2026-03-01T12:00:00.0000000Z",
        "Sun, 01 Mar 2026 12:00:00 +0000",
        "1 Mar 2026 13:00:00 +0100",
        "/Date(1772366400000)/",
        "/Date(1772366400000-0800)/",
        "1772366400.0",
    ],
)
def test_a_moment_is_read_in_the_forms_that_vendors_use(value: str) -> None:
    assert Node(value).time() == NOON


@pytest.mark.parametrize(
    "value", ["/Date(x)/", "/Date(99999999999999999999)/", "Sun, 99 Mar 2026 1:00:00 +0000"]
)
def test_what_only_looks_like_one_of_them_is_refused(value: str) -> None:
    with pytest.raises(Unreadable, match="should be a time"):
        Node(value).time()


@pytest.mark.parametrize(
    ("value", "hour"),
    [("2026-03-01 12:00:00", 17), ("2026-07-01 12:00:00", 16), ("2026-03-01T12:00:00Z", 12)],
)
def test_a_local_time_is_read_in_its_zone_and_an_offset_goes_before_it(value: str, hour: int) -> None:
    assert Node(value).time(NEW_YORK).hour == hour


def test_a_day_alone_is_its_midnight() -> None:
    assert Node("2026-03-01").time(NEW_YORK) == datetime(2026, 3, 1, 5, tzinfo=UTC)


def test_the_hour_that_comes_twice_is_the_first_one() -> None:
    assert Node("2026-11-01 01:30").time(NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_text_of_another_form_is_read_by_its_pattern() -> None:
    form = "%m/%d/%Y %I:%M %p"
    assert Node("03/01/2026 07:00 AM").time(NEW_YORK, form=form) == NOON
    assert Node("").time_or_none(NEW_YORK, form=form) is None
    with pytest.raises(Unreadable, match="should be a time"):
        Node("01.03.2026").time(form=form)


def test_a_zone_is_read_by_its_name() -> None:
    assert Node("2026-03-01 07:00").time(Node("America/New_York").zone()) == NOON
    assert Node("2026-03-01 12:00").time(Node("UTC").zone()) == NOON


@pytest.mark.parametrize(
    "name", ["Mars/Base", "../../etc/passwd", "/etc/passwd", "America", "EST5EDT\x00x" * 99]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(Unreadable, match="time zone"):
        Node(name).zone()


@pytest.mark.parametrize(
    ("value", "number"), [(3, "3"), (-0.5, "-0.5"), (" 12.50 ", "12.50"), ("-1e2", "-100")]
)
def test_numbers_are_read_from_text_as_well(value: Any, number: str) -> None:
    assert Node(value).number() == Decimal(number)


NO_NUMBERS: tuple[Any, ...] = (
    True,
    None,
    "",
    "1,50",
    "NaN",
    "inf",
    float("inf"),
    [],
    "9" * 41,
    "x",
    10**6000,
)


@pytest.mark.parametrize("value", NO_NUMBERS, ids=range(len(NO_NUMBERS)))
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(Unreadable, match=r"number|missing"):
        Node(value).number()


def test_lengths_are_read_in_minutes_and_seconds() -> None:
    assert Node("90").minutes() == Node(5400).seconds() == timedelta(hours=1.5)
    for value in (-1, 367 * 86_400):
        with pytest.raises(Unreadable, match="length of up to a year"):
            Node(value).seconds()


def test_json_in_a_text_keeps_the_path_of_what_holds_it() -> None:
    inner = Node({"data": '{"id": 7, "more": "{\\"deep\\": true}"}'})["data"].json()
    assert inner["id"].path == "$.data.id"
    assert inner["more"].json()["deep"].flag()
    assert Node({"data": {"id": 7}})["data"].json()["id"].integer() == 7
    with pytest.raises(Unreadable, match=r"^\$\.data: is not JSON"):
        Node({"data": "{"})["data"].json()


@pytest.mark.parametrize(("value", "first"), [(["a", "b"], "a"), ("a", "a"), ([], None), (None, None)])
def test_the_first_of_several_is_read(value: Any, first: str | None) -> None:
    assert Node(value).first().text_or_none() == first


@given(value=st.text() | st.floats() | st.integers() | st.booleans() | st.none() | st.lists(st.integers()))
def test_whatever_is_read_is_a_value_or_unreadable(value: Any) -> None:
    for read in (Node.time, Node.number, Node.zone, Node.seconds, Node.json, Node.flag):
        with suppress(Unreadable):
            assert read(Node(value)) is not None
