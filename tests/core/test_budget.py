"""Budgets: their windows, and what an answer says of the API's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from relay.core.budget import HOUR, MINUTE, SLACK, Budget, used_up_until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def unix(after: float) -> str:
    return str(int((NOW + timedelta(seconds=after)).timestamp()))


def test_only_what_is_limited_has_a_window() -> None:
    assert Budget().windows() == ()
    assert Budget(per_hour=9).windows() == ((HOUR + SLACK, 9),)
    assert Budget(5, 9).windows() == ((MINUTE + SLACK, 5), (HOUR + SLACK, 9))


def test_a_limit_that_is_used_up_is_waited_out() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": unix(90)}
    assert used_up_until(headers, NOW) == NOW + timedelta(seconds=90)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-remaining": "0"},
        {"x-ratelimit-remaining": "1", "x-ratelimit-reset": unix(90)},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": unix(-1)},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": unix(0)},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": unix(86_400)},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 400},
        {"x-ratelimit-remaining": "none", "x-ratelimit-reset": unix(90)},
    ],
)
def test_what_says_nothing_or_nonsense_is_not_waited_for(headers: dict[str, str]) -> None:
    assert used_up_until(headers, NOW) is None
