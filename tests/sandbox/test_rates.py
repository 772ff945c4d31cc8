"""Items 25 to 29: two windows for each organization."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from relay.sandbox.first import AFTER_VISIT, ORGANIZATION, OTHER_KEY, READ_KEY
from relay.sandbox.profiles import BUDGETS, Budget
from relay.sandbox.rates import Meter, admit, budget_for
from relay.sandbox.switches import Switches
from tests.sandbox.asking import Api, people


def limit(api: Api, per_minute: int, per_hour: int, **switches: Any) -> None:
    override = {"per_minute": per_minute, "per_hour": per_hour}
    api.sandbox.switch(rate_overrides={ORGANIZATION: override}, **switches)


async def statuses(api: Api, calls: int) -> list[int]:
    return [(await api.execute(people("ana"))).status for _ in range(calls)]


async def test_a_call_over_the_minute_is_429_and_does_nothing(api: Api) -> None:
    limit(api, 2, 100)

    assert await statuses(api, 3) == [200, 200, 429]
    assert len(api.reached()) == 2


async def test_a_call_over_the_hour_is_429_until_the_hour_is_over(api: Api) -> None:
    limit(api, 100, 2)
    spent = await statuses(api, 3)
    api.clock.now += 60
    still = await statuses(api, 1)
    api.clock.now += 3600

    assert [*spent, *still, *await statuses(api, 1)] == [200, 200, 429, 429, 200]


async def test_all_keys_of_an_organization_share_its_windows(api: Api) -> None:
    limit(api, 1, 100)

    own = await api.execute(people("ana"))
    second = await api.call("GET", "sequences", key=READ_KEY)
    stranger = await api.call("GET", "sequences", key=OTHER_KEY)

    assert (own.status, second.status, stranger.status) == (200, 429, 200)


@pytest.mark.parametrize(
    ("table", "profile", "budget"),
    [(table, profile, budget) for table, listed in BUDGETS.items() for profile, budget in listed.items()],
)
def test_every_listed_plan_can_be_chosen(table: str, profile: str, budget: Budget) -> None:
    switches = Switches().changed({"rate_table": table, "rate_profile": profile})

    assert budget_for(ORGANIZATION, switches) == budget


def test_the_newer_table_and_the_starter_plan_are_the_default() -> None:
    assert budget_for(ORGANIZATION, Switches()) == Budget(100, 1_000)
    assert (BUDGETS["new"]["pro"], BUDGETS["old"]["pro"]) == ((250, 5_000), (200, 5_000))


@pytest.mark.parametrize(
    ("override", "budget"),
    [
        ({"profile": "enterprise"}, Budget(1_000, 25_000)),
        ({"per_minute": 7}, Budget(7, 1_000)),
        ({"profile": "pro", "per_hour": 9}, Budget(250, 9)),
        ({"profile": "free", "per_minute": 1, "per_hour": 2}, Budget(1, 2)),
    ],
)
def test_an_organization_can_have_limits_of_its_own(override: dict[str, Any], budget: Budget) -> None:
    switches = Switches().changed({"rate_overrides": {ORGANIZATION: override}})

    assert budget_for(ORGANIZATION, switches) == budget
    assert budget_for("another", switches) == Budget(100, 1_000)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"rate_profile": "free"}, "rate_profile"),
        ({"rate_table": "old", "rate_profile": "enterprise"}, "rate_profile"),
        ({"rate_overrides": {"x": {"profile": "free"}}}, r"rate_overrides\[x\]"),
    ],
)
def test_a_plan_without_figures_is_refused_by_name(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Switches().changed(changes)


async def test_every_answer_carries_the_three_headers_of_the_hour(api: Api) -> None:
    replies = [
        await api.execute(people("ana")),
        await api.execute([]),
        await api.execute(people("ana"), headers={"X-Sandbox-Fault": "500-after"}),
        await api.call("GET", "nothing"),
        await api.execute(people("ana"), key=None),
    ]

    assert [reply.headers["X-RateLimit-Limit"] for reply in replies] == ["1000"] * 5
    remaining = [reply.headers["X-RateLimit-Remaining"] for reply in replies]
    assert remaining == ["999", "998", "997", "996", "1000"]
    resets = {int(reply.headers["X-RateLimit-Reset"]) for reply in replies}
    assert resets == {int(api.clock.now) // 3600 * 3600 + 3600}


async def test_the_minute_strikes_while_the_headers_show_calls_left(api: Api) -> None:
    limit(api, 1, 100)
    await api.execute(people("ana"))

    refused = await api.execute(people("ana"))

    assert refused.status == 429
    assert int(refused.headers["X-RateLimit-Remaining"]) == 99


@pytest.mark.parametrize(
    ("shown", "limits"), [("hour", "3"), ("minute", "5"), ("tighter", "3"), ("none", None)]
)
async def test_which_window_the_headers_describe_is_a_switch(
    api: Api, shown: str, limits: str | None
) -> None:
    limit(api, 5, 3, rate_headers=shown)

    assert (await api.execute(people("ana"))).headers.get("X-RateLimit-Limit") == limits


@pytest.mark.parametrize(
    ("per_minute", "per_hour", "window", "wait"),
    [(1, 9, "1 minute", 60), (9, 1, "1 hour", 3600), (1, 1, "1 hour", 3600)],
)
async def test_the_429_names_limit_window_and_the_wait_twice(
    api: Api, per_minute: int, per_hour: int, window: str, wait: int
) -> None:
    limit(api, per_minute, per_hour)
    api.clock.now -= api.clock.now % 3600
    await api.execute(people("ana"))

    refused = await api.execute(people("ana"))

    assert refused.json == {
        "error": {
            "code": "RATE_LIMIT_EXCEEDED",
            "message": "Rate limit exceeded. Please try again later.",
            "details": {"retryAfter": wait, "limit": 1, "window": window},
        }
    }
    assert refused.headers["Retry-After"] == str(wait)


async def test_the_wait_named_is_long_enough_by_default(api: Api) -> None:
    limit(api, 1, 9)
    await api.execute(people("ana"))
    refused = await api.execute(people("ana"))

    api.clock.now += int(refused.headers["Retry-After"])

    assert await statuses(api, 1) == [200]


async def test_the_wait_can_be_too_short_a_date_or_missing(api: Api) -> None:
    limit(api, 1, 9, retry_after="shorter")
    await api.execute(people("ana"))
    wait = 60 - api.clock.now % 60
    shorter = await api.execute(people("ana"))
    api.sandbox.switch(retry_after="http-date")
    dated = await api.execute(people("ana"))
    api.sandbox.switch(retry_after="none")
    silent = await api.execute(people("ana"))

    assert int(shorter.headers["Retry-After"]) == wait // 2
    assert parsedate_to_datetime(dated.headers["Retry-After"]).timestamp() == api.clock.now + wait
    assert dated.json["error"]["details"]["retryAfter"] == wait
    assert "Retry-After" not in silent.headers
    assert "retryAfter" not in silent.json["error"]["details"]


def test_a_sliding_window_lets_the_next_call_in_when_the_oldest_is_a_minute_old() -> None:
    switches = Switches().changed({"rate_window": "sliding"})
    meter, budget = Meter(), Budget(2, 100)

    admitted = [
        admit(meter, budget, switches, now) is None
        for now in (1_000.0, 1_030.0, 1_059.0, 1_060.0, 1_061.0, 1_090.0)
    ]

    assert admitted == [True, True, False, True, False, True]


def test_a_fixed_window_lets_two_budgets_pass_around_its_edge() -> None:
    meter, budget = Meter(), Budget(2, 100)

    admitted = [
        admit(meter, budget, Switches(), now) is None
        for now in (1_018.0, 1_019.0, 1_019.5, 1_020.0, 1_021.0, 1_022.0)
    ]

    assert admitted == [True, True, False, True, True, False]


def test_whether_refused_calls_count_is_a_switch() -> None:
    budget = Budget(1, 100)
    kind, harsh = Switches(), Switches().changed({"count_refused": True})
    sliding = {"rate_window": "sliding"}

    def later(switches: Switches) -> bool:
        meter = Meter()
        for now in (1_000.0, 1_030.0):
            admit(meter, budget, switches, now)
        return admit(meter, budget, switches, 1_060.0) is None

    assert later(kind.changed(sliding))
    assert not later(harsh.changed(sliding))


async def test_whether_failed_calls_count_is_a_switch(api: Api) -> None:
    limit(api, 1, 100, count_failed=False)
    free = [(await api.execute([])).status, *await statuses(api, 1)]
    api.clock.now += 60
    api.sandbox.switch(count_failed=True)
    counted = [(await api.execute([])).status, *await statuses(api, 1)]

    assert (free, counted) == ([400, 200], [400, 429])


async def test_limits_can_be_switched_off_for_a_benchmark(api: Api) -> None:
    limit(api, 1, 1, rate_limits=False)

    reply = await api.execute(people("ana"))

    assert await statuses(api, 3) == [200, 200, 200]
    assert "X-RateLimit-Limit" not in reply.headers


async def test_a_key_that_is_not_known_spends_nobodys_budget(api: Api) -> None:
    limit(api, 1, 100)
    for key in (None, "dem_unknown", "sk_wrong"):
        await api.execute(people("ana"), key=key)

    assert (await api.execute(people("ana"), AFTER_VISIT)).status == 200
