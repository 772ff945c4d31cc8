"""An outage costs few calls, a look that enrols nobody ends it, and one bad sequence stalls no other."""

from __future__ import annotations

import pytest

from relay.sandbox import Running
from relay.sandbox.first import AFTER_VISIT, REVIEW_REQUEST
from tests.factories import FakeClock
from tests.work.house import Builder, House, purchase, reached
from tests.work.provider import Provider, Said
from tests.work.test_delivering import routes

HOLD = {"destinations.main.on_unknown_outcome": "hold"}


async def a_day(house: House, clock: FakeClock, arrivals: int = 24) -> None:
    """Somebody buys something every hour; the loops run whenever they want to."""
    for hour in range(arrivals):
        await house.receive(purchase(1000 + hour))
        await house.translate()
        end = clock.now() + 3600
        while clock.now() < end:
            await house.deliver()
            clock.move(min(end - clock.now(), await house.watching.tick() or 1.0))


@pytest.mark.parametrize("kind", ["503", "close"])
async def test_on_hold_an_outage_of_a_day_makes_few_dead_letters(
    build: Builder, sandbox: Running, clock: FakeClock, kind: str
) -> None:
    async with build(HOLD) as house:
        sandbox.begin_outage(86_400, "503" if kind == "503" else "close")
        await a_day(house, clock)
        assert (await house.counts())["dead"] == 3
        assert len(sandbox.executions()) == 3
        clock.move(3600)
        await house.deliver()
        assert await house.counts() == {"dead": 3, "delivered": 21}
        assert await house.store.open_breakers() == []
    assert list(sandbox.doubles()) == []


async def test_an_outage_of_a_day_costs_no_attempts_once_it_is_noticed(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.switch(idempotency=True)
    async with build({"delivery.retry.attempts": 4}) as house:
        sandbox.begin_outage(86_400, "503")
        await a_day(house, clock)
        assert len(sandbox.executions()) == 3
        clock.move(3600)
        await house.deliver()
        assert await house.counts() == {"delivered": 24}
    assert list(sandbox.doubles()) == []


async def test_a_look_enrols_nobody_and_counts_as_a_call(
    house: House, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.begin_outage(600, "503")
    await a_day(house, clock, arrivals=1)
    looks = [entry for entry in sandbox.requests() if entry.method == "GET"]
    assert looks
    assert len(reached(sandbox)) == 1
    (rate,) = await house.store.rates(int(clock.now() * 1000))
    assert rate.used_hour >= len(looks)


async def test_a_sequence_that_always_fails_does_not_hold_up_another(
    build: Builder, provider: Provider, clock: FakeClock
) -> None:
    queued = {
        "data": {"sendingsCreated": 1, "results": [{"email": "guest1@example.com", "status": "queued"}]}
    }
    provider.by_path = {
        f"/api/v1/sequences/{AFTER_VISIT}/execute": Said(500),
        f"/api/v1/sequences/{REVIEW_REQUEST}/execute": Said(200, queued),
    }
    both = routes({"cooldown": 0}, {"sequence": REVIEW_REQUEST, "cooldown": 0})
    async with build(both | HOLD | {"destinations.main.base_url": provider.url}) as house:
        for hour in range(10):
            await house.receive(purchase(hour, "guest1@example.com"))
            await house.translate()
            await house.deliver()
            clock.move(60)
        await house.deliver()
        assert (await house.counts())["delivered"] == 10
        found = {one.sequence for one in await house.store.open_breakers()}
        assert found == {AFTER_VISIT}


async def test_the_state_of_breakers_is_a_metric(house: House, sandbox: Running, clock: FakeClock) -> None:
    def shown(sequence: str = "") -> float | None:
        names = {"destination": "main", "sequence": sequence}
        return house.metrics.registry.get_sample_value("relay_breaker", names)

    await house.watching.tick()
    assert (shown(), shown(AFTER_VISIT)) == (0, None)
    sandbox.begin_outage(60, "close")
    for _ in range(3):
        await house.carry(purchase(_))
        clock.move(1)
    await house.watching.tick()
    assert (shown(), shown(AFTER_VISIT)) == (2, 2)
    await a_day(house, clock, arrivals=1)
    assert (shown(), shown(AFTER_VISIT)) == (0, None)
