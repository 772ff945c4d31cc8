"""Breakers: open after failures in a row, half open after a look, closed by a call that succeeds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relay.core.breaker import CLOSED, Breaker, Health, State, after_call, after_look

UP = Health(up=True)
NOW = 1_700_000_000_000


def down(spread: float = 1.0, open_after: int = 3) -> Health:
    return Health(up=False, reason="no connection", open_after=open_after, spread=spread)


def opened() -> Breaker:
    breaker = CLOSED
    for _ in range(3):
        breaker = after_call(breaker, down(), NOW)
    return breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = CLOSED
    states = []
    for _ in range(3):
        breaker = after_call(breaker, down(), NOW)
        states.append(breaker.state)
    assert states == [State.CLOSED, State.CLOSED, State.OPEN]
    assert (breaker.look_at, breaker.reason) == (NOW + 2000, "no connection")


def test_a_success_between_failures_starts_the_count_anew() -> None:
    breaker = after_call(after_call(CLOSED, down(), NOW), down(), NOW)
    breaker = after_call(after_call(breaker, UP, NOW), down(), NOW)
    assert (breaker.state, breaker.failures) == (State.CLOSED, 1)


def test_a_look_that_succeeds_half_opens_it_and_a_call_that_succeeds_closes_it() -> None:
    half = after_look(opened(), UP, NOW)
    assert half.state is State.HALF_OPEN
    assert after_call(half, UP, NOW) == CLOSED


def test_a_trial_that_fails_opens_it_again_and_the_next_look_is_later() -> None:
    again = after_call(after_look(opened(), UP, NOW), down(), NOW)
    assert again.state is State.OPEN
    assert again.look_at - NOW == 4000


def test_a_call_that_was_under_way_when_it_opened_and_succeeds_closes_it() -> None:
    assert after_call(opened(), UP, NOW) == CLOSED


def test_looks_that_fail_come_ever_later_up_to_five_minutes() -> None:
    breaker, waits = opened(), []
    for _ in range(8):
        breaker = after_look(breaker, down(), NOW)
        waits.append((breaker.look_at - NOW) // 1000)
    assert waits == [4, 8, 16, 32, 64, 128, 256, 300]
    assert breaker.reason == "no connection"


def test_a_look_that_comes_too_late_changes_nothing() -> None:
    half = after_look(opened(), UP, NOW)
    assert after_look(half, down(), NOW) == half
    assert after_look(CLOSED, down(), NOW) == CLOSED


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["call", "look"]), st.booleans(), st.floats(0, 1, exclude_max=True))
    ),
    open_after=st.integers(1, 5),
)
def test_it_is_open_only_after_enough_failures_and_never_without_a_look_to_come(
    steps: list[tuple[str, bool, float]], open_after: int
) -> None:
    breaker, now, in_a_row = CLOSED, NOW, 0
    for what, up, spread in steps:
        now += 1000
        health = UP if up else down(spread, open_after)
        before = breaker.state
        breaker = after_call(breaker, health, now) if what == "call" else after_look(breaker, health, now)
        if what == "call":
            in_a_row = 0 if up else in_a_row + 1
        if breaker.state is State.OPEN and before is State.CLOSED:
            assert in_a_row >= open_after
        if breaker.state is State.OPEN:
            assert 0 < breaker.look_at <= now + 300_000
        if what == "call" and up:
            assert breaker == CLOSED
