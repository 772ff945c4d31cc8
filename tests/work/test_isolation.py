"""Several destinations of one relay: the trouble of some costs the others nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from relay.core.route import Lane
from relay.sandbox import Running, running
from relay.sandbox.first import AFTER_VISIT, KEY
from relay.work.watching import LOOK_SECONDS
from tests.factories import FakeClock, incoming, read_event, translation
from tests.installing import AFTER_PURCHASE
from tests.work.house import Builder, House, purchase, reached

NAMES = ("healthy", "down", "hanging", "throttled", "refused")
HOUR = 3600
PARALLEL = 4

Town = dict[str, Running]
"""A sandbox for each destination, by its name."""


@pytest.fixture(name="town")
async def _town(clock: FakeClock) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        town = {name: await stack.enter_async_context(running(clock=clock.now)) for name in NAMES}
        for sandbox in town.values():
            sandbox.switch(rate_limits=False, idempotency=True)
        yield town


def destinations(town: Town, names: Iterable[str] = NAMES) -> dict[str, Any]:
    """Everybody who pays is enrolled at each of them."""
    chosen = list(names)
    return {
        "destinations": {name: {"base_url": town[name].url, "api_key": KEY} for name in chosen},
        "routes": [AFTER_PURCHASE | {"name": f"at-{name}", "destination": name} for name in chosen],
    }


def trouble(town: Town) -> None:
    """Each in the way of its name, but for the one that is down; no test lasts as long as what hangs."""
    town["hanging"].fail_next("slow-after", 10**6)
    town["throttled"].switch(fault_retry_after=HOUR)
    town["throttled"].fail_next("429", 10**6)
    town["refused"].fail_next("revoke-key")


def mend(town: Town) -> None:
    for sandbox in town.values():
        sandbox.forget_faults()
    town["refused"].world.keys[KEY].active = True


async def until(house: House, done: Callable[[], bool]) -> None:
    """Step on until it is so, as the loop would, without waiting for the calls under way."""
    async with asyncio.timeout(20):
        while not done():
            await house.delivering.tick()
            await house.calls()


async def until_enrolled(house: House, sandbox: Running, count: int) -> None:
    await until(house, lambda: len(sandbox.sendings()) == count)


async def take_in(house: House, numbers: range) -> None:
    await asyncio.gather(*(house.receive(purchase(number)) for number in numbers))
    await house.translate()


async def enrol(house: House, destination: str, count: int, who: str = "guest") -> None:
    """So many people wait for a destination, without the webhooks that would have brought them."""
    lane = Lane(destination, AFTER_VISIT)
    for start in range(0, count, 500):
        emails = [f"{who}{number}@example.com" for number in range(start, min(start + 500, count))]
        await house.store.add_request(incoming())
        now = int(house.clock.now() * 1000)
        (claimed,) = await house.store.claim_requests(now, now + 1000, 1)
        event = read_event(*emails, key=f"{who}-{destination}-{start}", lane=lane)
        await house.store.save_translations([translation(claimed, event)], now)


def people(numbers: range) -> list[str]:
    return [f"guest{number}@example.com" for number in numbers]


def calls(sandbox: Running) -> int:
    return len(sandbox.executions())


async def test_what_others_suffer_costs_the_healthy_one_neither_time_nor_calls(
    build: Builder, town: Town, clock: FakeClock
) -> None:
    trouble(town)
    async with town["down"].unreachable(), build(destinations(town)) as house:
        for count in range(100, 1001, 100):
            await take_in(house, range(count - 100, count))
            await until_enrolled(house, town["healthy"], count)
        assert reached(town["healthy"]) == people(range(1000))
        assert calls(town["healthy"]) == 10
        assert calls(town["hanging"]) == PARALLEL
        assert calls(town["throttled"]) <= PARALLEL
        assert calls(town["refused"]) <= PARALLEL
        await house.delivering.cut_short()


async def test_a_backlog_goes_out_in_as_few_calls_as_it_needs_alone(
    build: Builder, town: Town, clock: FakeClock
) -> None:
    async with build(destinations(town, ["healthy"])) as house:
        await take_in(house, range(600))
        await house.deliver()
    alone = calls(town["healthy"])
    trouble(town)
    async with town["down"].unreachable(), build(destinations(town)) as house:
        await take_in(house, range(600, 1200))
        await until_enrolled(house, town["healthy"], 1200)
        assert calls(town["healthy"]) == 2 * alone
        assert reached(town["healthy"]) == people(range(1200))
        await house.delivering.cut_short()


async def test_when_the_trouble_ends_everybody_is_enrolled_everywhere_once(
    build: Builder, town: Town, clock: FakeClock
) -> None:
    trouble(town)
    async with town["down"].unreachable(), build(destinations(town)) as house:
        await take_in(house, range(600))
        await until(house, lambda: calls(town["hanging"]) == PARALLEL and calls(town["healthy"]) == 6)
        await house.delivering.cut_short()
    mend(town)
    async with build(destinations(town)) as house:
        for _ in range(3):
            clock.move(HOUR)
            await house.deliver()
        assert await house.counts() == {"delivered": 600 * len(NAMES)}
    for sandbox in town.values():
        assert sorted(reached(sandbox)) == sorted(people(range(600)))


async def test_a_backlog_of_ten_thousand_delays_nobody_elsewhere(
    build: Builder, town: Town, clock: FakeClock
) -> None:
    async with build(destinations(town)) as house:
        await enrol(house, "down", 10_000)
        clock.move(1)
        await enrol(house, "healthy", 1, "late")
        await house.delivering.tick()
        await house.delivering.settle_down()
        assert reached(town["healthy"]) == ["late0@example.com"]
        assert calls(town["down"]) == 1


async def test_a_hundred_repeats_of_one_destination_delay_a_repeat_elsewhere_by_one_claim(
    build: Builder, town: Town, clock: FakeClock
) -> None:
    async with build(destinations(town)) as house:
        await enrol(house, "down", 10_000)
        await enrol(house, "healthy", 1, "late")
        town["down"].fail_next("503-html", 100)
        town["healthy"].fail_next("503-html", 1)
        await house.deliver()
        clock.move(HOUR)
        failed = calls(town["healthy"])
        for _ in range(2):
            await house.watching.tick()
            await house.delivering.tick()
        await house.delivering.settle_down()
        assert reached(town["healthy"]) == ["late0@example.com"]
        assert failed == 1


async def test_calls_that_hang_leave_connections_to_the_others(
    build: Builder, town: Town, clock: FakeClock
) -> None:
    """As many as two destinations may have, which is more than the library has for all by default."""
    for name in ("hanging", "down"):
        town[name].fail_next("slow-after", 10**6)
    changes = destinations(town, ["hanging", "down", "healthy"]) | {"delivery.parallel": 64}
    async with build(changes) as house:
        for number in range(64):
            for name in ("hanging", "down"):
                await enrol(house, name, 1, f"person{number}-")
            await house.delivering.tick()
        await enrol(house, "healthy", 1, "late")
        await until_enrolled(house, town["healthy"], 1)
        await until(house, lambda: calls(town["hanging"]) == calls(town["down"]) == 64)
        await house.delivering.cut_short()


async def test_a_destination_that_hangs_holds_up_no_look_at_another(
    build: Builder, town: Town, clock: FakeClock
) -> None:
    async with build(destinations(town, ["hanging", "refused"])) as house:
        for name in ("hanging", "refused"):
            town[name].fail_next("revoke-key")
            await enrol(house, name, 1)
            await house.deliver()
            town[name].world.keys[KEY].active = True
        town["hanging"].fail_next("slow-after", 10**6, on="any")
        clock.move(LOOK_SECONDS)
        looking = asyncio.create_task(house.watching.tick())
        await until_enrolled(house, town["refused"], 1)
        assert [held.destination for held in await house.store.held()] == ["hanging"]
        looking.cancel()
