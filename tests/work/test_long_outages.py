"""Outages of days, in milliseconds: time is moved to each due moment, and nothing is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from math import inf

import pytest

from relay.sandbox import Running
from relay.sandbox.first import AFTER_VISIT, KEY, ORGANIZATION, REVIEW_REQUEST
from relay.sandbox.journal import Entry
from tests.factories import FakeClock
from tests.installing import AFTER_PURCHASE
from tests.work.house import Builder, House, purchase, reached

HOUR = 3600.0
DAY = 24 * HOUR
FRIDAY_EVENING = datetime(2026, 3, 20, 18, tzinfo=UTC)
WEEKEND = 63 * HOUR
"""Until nine on Monday morning."""

FEW_HUNDRED = 300
TRIAL = 1
"""One call with one contact shows that an outage is over."""

NEW_KEY = "dem_replacement" + "0" * 32
KINDS = ["refused connections", "503", "hang-ups"]


@pytest.fixture(name="clock")
def _clock() -> FakeClock:
    return FakeClock(FRIDAY_EVENING)


async def pass_time(house: House, clock: FakeClock, seconds: float) -> None:
    """From one due moment to the next; what is held or down is looked at each hour, not each minute."""
    end = clock.now() + seconds
    while True:
        wait = await house.deliver()
        left = end - clock.now()
        if left <= 0:
            return
        clock.move(min(left, HOUR, inf if wait is None else max(wait, 0.001)))


async def take_in(house: House, numbers: range) -> None:
    """Webhooks of so many people, one after the other."""
    for start in range(numbers.start, numbers.stop, 500):
        chunk = range(start, min(start + 500, numbers.stop))
        await asyncio.gather(*(house.receive(purchase(number)) for number in chunk))
    await house.translate()


def people(count: int) -> list[str]:
    """So many, in the order in which they came."""
    return [f"guest{number}@example.com" for number in range(count)]


def enrolled_in(sandbox: Running, sequence: str) -> list[str]:
    sendings = [one for one in sandbox.sendings() if one.sequence_id == sequence]
    return [sandbox.world.contacts[one.contact_id].email for one in sendings]


def looks(sandbox: Running) -> list[Entry]:
    """Calls that enrol nobody."""
    return [entry for entry in sandbox.requests() if entry.method == "GET"]


def at(month: int, day: int, hour: int) -> float:
    return datetime(2026, month, day, hour, tzinfo=UTC).timestamp()


@asynccontextmanager
async def outage(sandbox: Running, kind: str) -> AsyncIterator[None]:
    if kind == "refused connections":
        async with sandbox.unreachable():
            yield
        return
    sandbox.begin_outage(inf, "503" if kind == "503" else "close")
    yield
    sandbox.end_outage()


@pytest.mark.parametrize("kind", KINDS)
async def test_an_outage_of_a_weekend_costs_few_calls_and_nobody_is_given_up(
    house: House, sandbox: Running, clock: FakeClock, kind: str
) -> None:
    backlog = 1000
    await take_in(house, range(backlog))
    async with outage(sandbox, kind):
        await pass_time(house, clock, WEEKEND)
        assert reached(sandbox) == []
        calls = await house.calls()
        assert calls + len(looks(sandbox)) <= FEW_HUNDRED
    await pass_time(house, clock, HOUR)
    assert await house.counts() == {"delivered": backlog}
    assert reached(sandbox) == people(backlog)
    assert await house.calls() <= calls + backlog // 100 + TRIAL


@pytest.mark.parametrize("kind", KINDS)
async def test_what_comes_in_during_an_outage_costs_no_calls_of_its_own(
    house: House, sandbox: Running, clock: FakeClock, kind: str
) -> None:
    async with outage(sandbox, kind):
        for number in range(60):
            await take_in(house, range(number, number + 1))
            await pass_time(house, clock, HOUR)
        calls = await house.calls()
        assert calls + len(looks(sandbox)) <= FEW_HUNDRED
    await pass_time(house, clock, HOUR)
    assert reached(sandbox) == people(60)
    assert await house.calls() <= calls + 1 + TRIAL


async def test_a_relay_that_is_stopped_for_days_in_an_outage_goes_on_where_it_was(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.begin_outage(inf)
    async with build() as house:
        await take_in(house, range(150))
        await pass_time(house, clock, 2 * DAY)
    clock.move(10 * DAY)
    async with build() as house:
        await pass_time(house, clock, DAY)
        assert await house.counts() == {"sending": 150}
        sandbox.end_outage()
        await pass_time(house, clock, HOUR)
        assert reached(sandbox) == people(150)


async def test_a_week_of_rate_limits_uses_up_no_attempt(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.switch(fault_retry_after=3600)
    sandbox.fail_next("429", 10**6)
    async with build({"delivery.retry.attempts": 2}) as house:
        await take_in(house, range(300))
        await pass_time(house, clock, 7 * DAY)
        assert await house.counts() == {"waiting": 300}
        assert await house.calls() <= 7 * 24 + 1
        sandbox.forget_faults()
        await pass_time(house, clock, HOUR)
        assert reached(sandbox) == people(300)


async def test_a_limit_that_counts_what_it_refuses_and_names_no_wait_is_waited_out(
    house: House, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.switch(
        rate_limits=True,
        rate_overrides={ORGANIZATION: {"per_minute": 1}},
        rate_window="sliding",
        rate_headers="none",
        retry_after="none",
        count_refused=True,
    )
    await take_in(house, range(1000))
    await pass_time(house, clock, HOUR)
    assert reached(sandbox) == people(1000)


async def test_a_plan_of_one_call_an_hour_lets_a_backlog_out_in_as_many_hours(
    house: House, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.switch(rate_limits=True, rate_overrides={ORGANIZATION: {"per_minute": 1, "per_hour": 1}})
    await take_in(house, range(600))
    await pass_time(house, clock, 7 * HOUR)
    assert reached(sandbox) == people(600)
    assert {entry.status for entry in sandbox.requests()} == {200}


async def test_a_key_that_is_revoked_on_friday_and_replaced_on_monday(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.fail_next("revoke-key")
    async with build({"delivery.retry.attempts": 2}) as house:
        for number in range(9):
            await take_in(house, range(number * 20, number * 20 + 20))
            await pass_time(house, clock, WEEKEND / 9)
        assert await house.counts() == {"waiting": 180}
        assert len(sandbox.executions()) == 1
    sandbox.world.add_key(ORGANIZATION, NEW_KEY)
    async with build({"destinations.main.api_key": NEW_KEY}) as house:
        await house.deliver()
        assert reached(sandbox) == people(180)
    assert len(sandbox.executions()) == 3


async def test_a_key_that_is_accepted_again_on_monday_needs_nobody(
    house: House, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.fail_next("revoke-key")
    await take_in(house, range(150))
    await pass_time(house, clock, WEEKEND)
    sandbox.world.keys[KEY].active = True
    await pass_time(house, clock, HOUR)
    assert reached(sandbox) == people(150)
    assert len(sandbox.executions()) == 3


async def test_a_sequence_that_is_paused_for_days_holds_up_no_other(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    both = [AFTER_PURCHASE, AFTER_PURCHASE | {"name": "review", "sequence": REVIEW_REQUEST}]
    sandbox.world.sequences[AFTER_VISIT].status = "paused"
    async with build({"routes": both, "delivery.retry.attempts": 2}) as house:
        for day in range(5):
            await take_in(house, range(day * 50, day * 50 + 50))
            assert await house.deliver() is not None
            await pass_time(house, clock, DAY)
            assert enrolled_in(sandbox, REVIEW_REQUEST) == people(day * 50 + 50)
        assert enrolled_in(sandbox, AFTER_VISIT) == []
        assert len(sandbox.executions()) == 1 + 5
        sandbox.world.sequences[AFTER_VISIT].status = "active"
        await pass_time(house, clock, HOUR)
        assert enrolled_in(sandbox, AFTER_VISIT) == people(250)
        assert await house.counts() == {"delivered": 500}
    assert len(sandbox.executions()) == 1 + 5 + 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("begins", "quiet", "opens"),
    [
        (at(3, 28, 18), at(3, 28, 20), at(3, 29, 7)),
        (at(10, 24, 17), at(10, 24, 19), at(10, 25, 8)),
    ],
    ids=["forward", "back"],
)
async def test_quiet_hours_of_a_night_in_which_the_clocks_change_hold_through_an_outage(
    build: Builder, sandbox: Running, clock: FakeClock, kind: str, begins: float, quiet: float, opens: float
) -> None:
    clock.move(begins - clock.now())
    nights = {"quiet_hours": ["21:00-09:00"], "timezone": "Europe/Berlin"}
    async with build({"routes": [AFTER_PURCHASE | nights]}) as house:
        await take_in(house, range(150))
        async with outage(sandbox, kind):
            await pass_time(house, clock, quiet - begins)
            calls = await house.calls()
            assert calls > 0
            await pass_time(house, clock, opens - quiet - HOUR / 2)
        await pass_time(house, clock, HOUR / 2 - 1)
        assert await house.calls() == calls
        await pass_time(house, clock, HOUR)
    assert reached(sandbox) == people(150)
    assert {opens <= sending.at < opens + HOUR for sending in sandbox.sendings()} == {True}
