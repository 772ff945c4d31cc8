"""What answers say of an organization's limits, and what of it is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import orjson
import pytest

from relay.core.budget import UNKNOWN_LIMITS, Limits
from relay.core.limits import limits_in, merged
from relay.core.outcome import Answer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def unix(after: float) -> str:
    return str(int((NOW + timedelta(seconds=after)).timestamp()))


def headers(limit: object, remaining: object, reset: str) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": reset,
    }


def said(shown: dict[str, str], status: int = 200, body: bytes = b"") -> Limits:
    return limits_in(Answer(status, shown, body), NOW)


def refusal(**details: object) -> bytes:
    return orjson.dumps({"error": {"code": "RATE_LIMIT_EXCEEDED", "message": "x", "details": details}})


def test_what_is_left_until_the_reset_is_kept() -> None:
    told = said(headers(1000, 7, unix(40)))
    assert (told.allowed, told.remaining, told.resets_at) == (1000, 7, NOW_MS + 40_000)
    assert (told.per_minute, told.per_hour) == (None, None)


def test_a_limit_that_resets_later_than_in_a_minute_is_that_of_the_hour() -> None:
    assert said(headers(1000, 7, unix(90))).per_hour == 1000


def test_the_reset_is_read_by_the_clock_of_whoever_names_it() -> None:
    theirs = NOW + timedelta(minutes=10)
    told = said(headers(100, 7, unix(620)) | {"date": format_datetime(theirs, usegmt=True)})
    assert (told.resets_at, told.per_hour) == (NOW_MS + 20_000, None)


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"limit": 100, "window": "1 minute"}, (100, None)),
        ({"limit": 1000, "window": "1 hour"}, (None, 1000)),
        ({"limit": 100, "window": "minute"}, (100, None)),
        ({"limit": 100, "window": "60 seconds"}, (100, None)),
        ({"limit": 100, "window": "5 minutes"}, (None, None)),
        ({"limit": 100, "window": "a while"}, (None, None)),
        ({"limit": 0, "window": "1 minute"}, (None, None)),
        ({"limit": -5, "window": "1 minute"}, (None, None)),
        ({"limit": True, "window": "1 minute"}, (None, None)),
        ({"limit": "100", "window": "1 minute"}, (None, None)),
        ({"limit": 10**12, "window": "1 minute"}, (None, None)),
        ({"limit": 100}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_a_refusal_names_its_window(
    details: dict[str, object], expected: tuple[int | None, int | None]
) -> None:
    told = said({}, 429, refusal(**details))
    assert (told.per_minute, told.per_hour) == expected


def test_only_a_refusal_names_a_window() -> None:
    assert said({}, 400, refusal(limit=100, window="1 minute")) == UNKNOWN_LIMITS


@pytest.mark.parametrize(
    "shown",
    [
        {},
        headers("", "0", ""),
        headers(100, 0, unix(-1)),
        headers(100, 0, unix(0)),
        headers(100, 0, unix(86_400)),
        headers(100, 0, "soon"),
        headers(100, 0, "9" * 400),
        headers(100, "none", unix(90)),
        headers(100, -1, unix(90)),
        headers(100, 101, unix(90)),
        headers(100, "9" * 400, unix(90)),
    ],
)
def test_what_says_nothing_or_nonsense_is_not_believed(shown: dict[str, str]) -> None:
    assert said(shown) == UNKNOWN_LIMITS


def test_what_an_answer_leaves_open_stays_as_it_was() -> None:
    known = Limits(per_minute=100, per_hour=1000, allowed=1000, remaining=5, resets_at=9, rests_until=7)
    assert merged(known, Limits(per_hour=2000), 3) == Limits(
        per_minute=100, per_hour=2000, allowed=1000, remaining=5, resets_at=9, rests_until=7
    )
    told = Limits(allowed=50, remaining=2, resets_at=20)
    assert merged(known, told, 3).remaining == 0
