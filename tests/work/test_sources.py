"""Several sources of one relay: the trouble of some, and their backlogs, delay no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from relay.work.translating import CLAIM
from tests.factories import FakeClock
from tests.installing import SHOP, TILL
from tests.work.house import Builder, House, purchase
from tests.work.provider import Provider, listening
from tests.work.test_lookups import CUSTOMER, UNAVAILABLE, changes, payment

PARALLEL = 8
MANY = 3 * CLAIM // 2
"""More than are begun in one step."""

KIOSK_TOKEN = "access-token-of-the-kiosk"
KIOSK = TILL | {"secrets": {"signing_key": "signing-key-of-the-kiosk", "access_token": KIOSK_TOKEN}}


class Hanging(Provider):
    """Lets everybody wait until it is told to answer, but for the kiosk."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = [CUSTOMER]
        self.may_answer = asyncio.Event()

    async def answer(self, call: web.Request) -> web.Response:
        said = await super().answer(call)
        if call.headers["authorization"] != f"Bearer {KIOSK_TOKEN}":
            await self.may_answer.wait()
        return said


@pytest.fixture(name="hanging")
async def _hanging() -> AsyncIterator[Hanging]:
    provider = Hanging()
    async with listening(provider):
        yield provider
        provider.may_answer.set()


async def sell(house: House, count: int, source: str = "till", first: int = 0) -> None:
    """Sales that name only a customer's id."""
    numbers = range(first, first + count)
    await asyncio.gather(*(house.receive(payment(number), source) for number in numbers))


async def step_on(house: House) -> float | None:
    """Take steps while there is something to do at once, as the loop would; what it would wait for then."""
    while (wait := await house.translating.tick()) == 0.0:
        pass
    return wait


def read(house: House, source: str) -> float:
    """How many events of the source were read."""
    labels = {"source": source, "fate": "read"}
    return house.metrics.registry.get_sample_value("relay_events_total", labels) or 0.0


async def until_read(house: House, source: str, count: int) -> None:
    async with asyncio.timeout(20):
        while read(house, source) < count:
            await step_on(house)
            await house.calls()


async def test_a_provider_that_hangs_delays_no_webhook_of_another_source(
    build: Builder, hanging: Hanging
) -> None:
    async with build(changes(hanging)) as house:
        await sell(house, MANY)
        await step_on(house)
        await house.receive(purchase())
        await house.translating.tick()
        assert (read(house, "shop"), read(house, "till")) == (1, 0)
        assert len(hanging.asked) <= PARALLEL
        await house.translating.give_back()


async def test_a_provider_that_hangs_delays_no_look_up_of_another_source(
    build: Builder, hanging: Hanging
) -> None:
    async with build(changes(hanging) | {"sources.kiosk": KIOSK}) as house:
        await sell(house, MANY)
        await step_on(house)
        await sell(house, 50, "kiosk", first=MANY)
        await until_read(house, "kiosk", 50)
        assert read(house, "till") == 0
        await house.translating.give_back()


async def test_when_a_provider_answers_at_last_everything_that_waited_is_read(
    build: Builder, hanging: Hanging
) -> None:
    async with build(changes(hanging)) as house:
        await sell(house, MANY)
        await step_on(house)
        hanging.may_answer.set()
        await until_read(house, "till", MANY)
        await house.translating.settle_down()
        assert await house.fates() == {"read": MANY}


async def test_a_source_without_room_is_left_alone_until_one_of_its_look_ups_ends(
    build: Builder, hanging: Hanging
) -> None:
    async with build(changes(hanging, cache=0)) as house:
        await sell(house, MANY)
        assert await step_on(house) is None
        woken = house.woken["more"]
        hanging.may_answer.set()
        await house.translating.settle_down()
        assert house.woken["more"] > woken
        assert await house.translating.tick() == 0.0
        await house.translating.settle_down()


async def test_while_one_source_has_no_room_another_is_woken_for_when_it_is_due(
    build: Builder, hanging: Hanging, clock: FakeClock
) -> None:
    async with build(changes(hanging) | {"sources.kiosk": KIOSK}) as house:
        hanging.answers = [UNAVAILABLE]
        await sell(house, 1, "kiosk")
        await house.translate()
        hanging.answers = [CUSTOMER]
        await sell(house, MANY, first=1)
        assert await step_on(house) == 2.0
        clock.move(2)
        await until_read(house, "kiosk", 1)
        await house.translating.give_back()


async def test_a_backlog_of_ten_thousand_delays_another_source_by_no_step(build: Builder) -> None:
    async with build({"sources.studio": SHOP}) as house:
        await asyncio.gather(*(house.receive(purchase(number)) for number in range(10_000)))
        await house.receive(purchase(10_000), source="studio")
        await house.translating.tick()
        assert read(house, "studio") == 1
        assert 0 < read(house, "shop") <= CLAIM


@pytest.mark.parametrize("source", ["gone", "zzz", "a"])
async def test_a_source_that_is_no_longer_configured_waits_for_no_provider(
    build: Builder, hanging: Hanging, source: str
) -> None:
    async with build(changes(hanging)) as house:
        await sell(house, MANY)
        await step_on(house)
        await house.receive(purchase(), source=source)
        await house.translating.tick()
        assert "no longer configured" in (await house.letter()).reason
        await house.translating.give_back()
