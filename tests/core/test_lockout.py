"""Guessing costs time: longer with every failure, and for ever less than strangers would like."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.lockout import (
    FORGOTTEN_AFTER,
    NONE,
    WITH_ALL,
    WITH_ONE,
    Failures,
    Patience,
    Tries,
    counted_as,
)
from tests.factories import HOUR, MINUTE, NOW_MS, SECOND


def waits(patience: Patience, failures: Iterable[int]) -> list[int]:
    return [patience.wait(count) for count in failures]


def test_the_first_failures_cost_nothing_and_then_each_wait_is_twice_the_last() -> None:
    assert waits(WITH_ONE, range(5)) == [0] * 5
    assert waits(WITH_ONE, (5, 6, 7, 8)) == [5 * SECOND, 10 * SECOND, 20 * SECOND, 40 * SECOND]


def test_waits_end_growing() -> None:
    assert waits(WITH_ONE, (13, 10**9)) == [15 * MINUTE] * 2
    assert waits(WITH_ALL, (49, 50, 51, 10**9)) == [0, SECOND, 2 * SECOND, MINUTE]


def test_failures_are_forgotten_an_hour_after_the_last_one() -> None:
    some = Failures(7, NOW_MS, NOW_MS + 20 * SECOND)
    assert some.and_one_more(NOW_MS + FORGOTTEN_AFTER - 1, WITH_ONE).count == 8
    assert some.and_one_more(NOW_MS + FORGOTTEN_AFTER, WITH_ONE).count == 1


def test_who_waits_is_not_heard_and_everybody_else_is() -> None:
    waiting = Failures(5, NOW_MS, NOW_MS + 5 * SECOND)
    assert Tries(waiting, NONE).shut_out(NOW_MS + 4 * SECOND) == SECOND
    assert Tries(waiting, NONE).shut_out(NOW_MS + 5 * SECOND) == 0
    assert Tries(NONE, waiting).shut_out(NOW_MS) == 0
    assert Tries(None, waiting).shut_out(NOW_MS) == 0


def test_while_everybody_waits_failures_are_not_counted() -> None:
    waiting = Failures(50, NOW_MS, NOW_MS + SECOND)
    assert Tries(NONE, waiting).ignored(NOW_MS) == SECOND
    assert Tries(None, waiting).ignored(NOW_MS + SECOND) == 0


def test_an_unknown_address_counts_for_everybody_alone() -> None:
    after = Tries(None, NONE).and_one_more(NOW_MS)
    assert after == Tries(None, Failures(1, NOW_MS, NOW_MS))


@given(st.lists(st.integers(0, 10 * SECOND), max_size=400))
def test_however_fast_somebody_guesses_few_failures_are_counted(pauses: list[int]) -> None:
    now, tries, counted = NOW_MS, Tries(), 0
    for pause in pauses:
        now += pause
        if not tries.ignored(now):
            tries, counted = tries.and_one_more(now), counted + 1
    elapsed = now - NOW_MS
    assert counted <= WITH_ONE.free + 2 + elapsed / WITH_ONE.first


def test_a_year_of_guessing_from_one_address_is_some_35000_guesses() -> None:
    now, tries, counted = NOW_MS, Tries(), 0
    while now < NOW_MS + 365 * 24 * HOUR:
        tries, counted = tries.and_one_more(now), counted + 1
        now += max(1, tries.ignored(now))
    assert counted < 36_000


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
    ],
)
def test_addresses_are_counted_by_customer(address: str, counted: str) -> None:
    assert counted_as(ip_address(address)) == counted
