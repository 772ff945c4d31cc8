"""Hours, weekdays and lateness from webhook to sandbox, through days that pass in no time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relay.sandbox import Running
from tests.factories import FakeClock
from tests.installing import AFTER_BOOKING, AFTER_PURCHASE
from tests.store.looking import look, look_at_one
from tests.work.house import Builder, purchase, reached

HOUR = 3600
NIGHTS = {"quiet_hours": ["21:00-09:00"], "timezone": "Europe/Berlin"}
"""The clock starts at 18:00 UTC, 19:00 in Berlin, on a Saturday."""


def routes(**more: Any) -> dict[str, Any]:
    return {"routes": [AFTER_PURCHASE | more, AFTER_BOOKING | more]}


def booking(ends_at: str, **more: Any) -> dict[str, Any]:
    return {"event": "booked", "id": "A-1", "email": "ana@example.com", "ends_at": ends_at} | more


@pytest.fixture(name="ledger")
def _ledger(tmp_path: Path) -> Path:
    return tmp_path / "relay.db"


async def test_who_buys_in_the_evening_is_asked_in_the_morning(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    async with build(routes(**NIGHTS)) as house:
        clock.move(3 * HOUR)
        await house.carry(purchase())
        assert await house.counts() == {"waiting": 1}
        clock.move(11 * HOUR - 1)
        assert await house.deliver() == 1
        clock.move(1)
        await house.deliver()
        assert reached(sandbox) == ["guest1@example.com"]


async def test_an_appointment_that_ends_on_a_saturday_night_is_asked_about_on_monday(
    build: Builder, sandbox: Running, clock: FakeClock, ledger: Path
) -> None:
    workdays = NIGHTS | {"weekdays": ["mon", "tue", "wed", "thu", "fri"]}
    async with build(routes(**workdays)) as house:
        await house.carry(booking("2026-03-14T22:00:00+01:00"))
        seen = await look_at_one(house.store)
        assert (seen.state, seen.reason) == (
            "waiting",
            "outside the route's hours: waits until 2026-03-16 08:00 UTC",
        )
        clock.move(38 * HOUR)
        await house.deliver()
        assert reached(sandbox) == ["ana@example.com"]


async def test_the_night_in_which_the_clocks_go_forward_is_an_hour_shorter(
    build: Builder, clock: FakeClock, ledger: Path
) -> None:
    async with build(routes(**NIGHTS)) as house:
        await house.carry(booking("2026-03-28T22:00:00+01:00"))
        assert (await look_at_one(house.store)).due_at / 1000 - clock.now() == 14 * 24 * HOUR + 13 * HOUR


async def test_an_outage_does_not_push_sends_into_the_night(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    async with build(routes(**NIGHTS)) as house:
        async with sandbox.unreachable():
            await house.carry(purchase())
            clock.move(4 * HOUR)
        await house.deliver()
        assert await house.counts() == {"waiting": 1}
        clock.move(10 * HOUR)
        await house.deliver()
        assert reached(sandbox) == ["guest1@example.com"]


async def test_a_call_of_unknown_outcome_is_not_repeated_in_the_night(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.fail_next("close-before")
    async with build(routes(**NIGHTS)) as house:
        await house.carry(purchase())
        clock.move(4 * HOUR)
        await house.deliver()
        assert len(sandbox.executions()) == 1
        clock.move(10 * HOUR)
        await house.deliver()
    assert reached(sandbox) == ["guest1@example.com"]


async def test_what_an_outage_made_too_late_is_not_sent(
    build: Builder, sandbox: Running, clock: FakeClock, ledger: Path
) -> None:
    async with build(routes(latest="2d")) as house:
        async with sandbox.unreachable():
            await house.carry(purchase())
        clock.move(72 * HOUR)
        await house.deliver()
        assert await house.counts() == {"suppressed": 1}
        seen = await look_at_one(house.store)
        assert seen.reason == "too late: the route wanted it out by 2026-03-16 18:00 UTC"
    assert reached(sandbox) == []


async def test_what_comes_in_too_late_is_suppressed_at_once(build: Builder, ledger: Path) -> None:
    async with build(routes(latest="2d")) as house:
        await house.carry(booking("2026-03-10T12:00:00Z"), purchase(occurred_at="2026-03-14T12:00:00Z"))
        assert [seen.state for seen in await look(house.store)] == ["suppressed", "delivered"]


async def test_hours_that_were_changed_while_somebody_waited_count_from_the_restart(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    async with build({"delivery.linger": "1h"}) as house:
        await house.carry(purchase())
    clock.move(3 * HOUR)
    async with build(routes(**NIGHTS)) as house:
        await house.deliver()
        assert await house.counts() == {"waiting": 1}
        clock.move(11 * HOUR)
        await house.deliver()
        assert reached(sandbox) == ["guest1@example.com"]


async def test_a_refund_takes_back_what_waits_for_the_morning(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    async with build(routes(**NIGHTS)) as house:
        clock.move(3 * HOUR)
        await house.carry(purchase(), {"event": "refunded", "id": "P-1"})
        clock.move(12 * HOUR)
        await house.deliver()
        assert await house.counts() == {"withdrawn": 1}
    assert reached(sandbox) == []
