"""Durations, sizes and addresses: what is understood, and what is told otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from relay.config.values import Address, Duration, Origin, Size, Span, Url, duration_text, size_text

DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
SIZE: TypeAdapter[int] = TypeAdapter(Size)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (90, 90),
        (0, 0),
        (0.5, 0.5),
        ("90", 90),
        ("50ms", 0.05),
        ("1.5 s", 1.5),
        ("10m", 600),
        ("1h 30m", 5400),
        ("1h30m", 5400),
        ("2d", 172800),
        ("1w", 604800),
    ],
)
def test_a_duration_is_a_number_of_seconds_or_text_with_units(written: object, seconds: float) -> None:
    assert DURATION.validate_python(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "written",
    ["", "soon", "5 parsecs", "-5s", "5s later", "m", "PT5M", True, None, [], float("nan"), "nan"],
)
def test_what_is_no_duration_is_told_what_one_looks_like(written: object) -> None:
    with pytest.raises(ValidationError, match="should be a duration such as"):
        DURATION.validate_python(written)


@pytest.mark.parametrize("written", [10**30, 1e300, float("inf"), "99999999999999w", "9" * 400 + "d"])
def test_no_duration_is_too_long_for_a_calendar(written: object) -> None:
    with pytest.raises(ValidationError, match="longer than ten years"):
        DURATION.validate_python(written)


def test_a_duration_is_not_negative() -> None:
    with pytest.raises(ValidationError, match="should not be negative"):
        DURATION.validate_python(-1)


def test_a_span_is_longer_than_nothing() -> None:
    with pytest.raises(ValidationError, match="should be longer than nothing"):
        TypeAdapter(Span).validate_python("0s")


@given(st.integers(min_value=0, max_value=3650 * 86_400_000))
def test_a_duration_reads_back_from_its_text(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert DURATION.validate_python(duration_text(duration)) == duration


@given(st.integers(min_value=1, max_value=2**40))
def test_a_size_reads_back_from_its_text(size: int) -> None:
    assert SIZE.validate_python(size_text(size)) == size


@pytest.mark.parametrize(
    ("written", "size"), [(1000, 1000), ("1000", 1000), ("5 B", 5), ("512KiB", 524288), ("1 MiB", 1048576)]
)
def test_a_size_is_a_number_of_bytes_or_text_with_a_unit(written: object, size: int) -> None:
    assert SIZE.validate_python(written) == size


@pytest.mark.parametrize("written", [0, -1, "0", "", "1 MB", "big", 1.5, True, None, "²"])
def test_what_is_no_size_is_told_what_one_looks_like(written: object) -> None:
    with pytest.raises(ValidationError, match="should be a size such as"):
        SIZE.validate_python(written)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Address, "relay.example.com"),
        (Address, "ftp://relay.example.com"),
        (Address, "https://relay.example.com/"),
        (Address, "https://name:word@relay.example.com"),
        (Address, "https://relay.example.com?a=1"),
        (Address, "https://relay.example.com:99999"),
        (Url, "http://[::1"),
        (Url, "http://:80"),
        (Origin, "https://api.example.com/v1"),
        (Origin, "https://name:word@api.example.com"),
    ],
)
def test_addresses_that_could_not_be_called_are_refused(kind: Any, written: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(written)


def test_an_address_as_registered_at_a_vendor_may_end_in_a_slash_and_have_a_query() -> None:
    url = "https://relay.example.com/hooks/acuity/?token=x"
    assert TypeAdapter(Url).validate_python(url) == url
