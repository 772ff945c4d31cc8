"""Budgets: their windows, what they leave to others, and how far apart scarce calls should be."""

from __future__ import annotations

from relay.core.budget import HOUR, MINUTE, SLACK, UNKNOWN_LIMITS, Budget, Limits, Used, spare

NOW = 1_700_000_000_000
UNUSED = Used(0, 0, None, None)


def test_only_what_is_limited_has_a_window() -> None:
    assert Budget(organization="a").windows() == ()
    assert Budget(organization="a", per_hour=9).windows() == ((HOUR + SLACK, 9),)
    both = Budget(organization="a", per_minute=5, per_hour=9)
    assert both.windows() == ((MINUTE + SLACK, 5), (HOUR + SLACK, 9))


def test_the_smaller_of_what_is_chosen_and_what_is_allowed_counts() -> None:
    budget = Budget(organization="a", per_minute=5, per_hour=2000)
    assert budget.windows(Limits(per_minute=100, per_hour=1000)) == (
        (MINUTE + SLACK, 5),
        (HOUR + SLACK, 1000),
    )


def test_a_share_of_what_is_allowed_is_left_to_others() -> None:
    budget = Budget(organization="a", reserve=0.2)
    assert budget.windows(Limits(per_minute=100)) == ((MINUTE + SLACK, 80),)
    assert Budget(organization="a", reserve=0.9).windows(Limits(per_minute=1)) == ((MINUTE + SLACK, 1),)


def test_others_may_use_the_rest_when_only_the_reserve_is_left() -> None:
    said = Limits(allowed=100, remaining=20, resets_at=NOW + 5000)
    reserved = spare(Budget(organization="a", reserve=0.2), said, lambda _: UNUSED, NOW)
    assert (reserved.calls, reserved.again_at) == (0, NOW + 5000)
    assert spare(Budget(organization="a"), said, lambda _: UNUSED, NOW).calls == 20
    assert spare(Budget(organization="a", reserve=0.2), said, lambda _: UNUSED, NOW + 5000).calls is None


def test_without_limits_nothing_is_limited() -> None:
    free = spare(Budget(organization="a"), UNKNOWN_LIMITS, lambda _: UNUSED, NOW)
    assert (free.calls, free.replays, free.pace) == (None, None, 0)


def test_replays_get_at_least_one_call() -> None:
    budget = Budget(organization="a", per_hour=3, replays=0.1)
    assert spare(budget, UNKNOWN_LIMITS, lambda _: UNUSED, NOW).replays == 1


def test_calls_are_spaced_once_half_is_used_and_never_wider_than_what_lasts_for_ever() -> None:
    budget = Budget(organization="a", per_hour=100)
    paces = [spare(budget, UNKNOWN_LIMITS, lambda _, n=n: Used(n, 0, 0, None), NOW).pace for n in range(101)]  # type: ignore[misc]
    assert paces[:51] == [0] * 51
    assert paces == sorted(paces)
    assert paces[-1] == (HOUR + SLACK) * 1000 // 100
