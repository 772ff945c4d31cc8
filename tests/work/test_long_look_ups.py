"""Look-ups that take longer than a lease: the request is read once, by the one that is reading it."""

from __future__ import annotations

import asyncio

from aiohttp import web

from relay.sandbox import Running
from tests.factories import FakeClock
from tests.work.house import Builder, reached
from tests.work.provider import Provider, listening
from tests.work.test_lookups import CUSTOMER, changes, payment

LEASE_SECONDS = 120


class Slow(Provider):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_for = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def answer(self, call: web.Request) -> web.Response:
        self.asked_for.set()
        await self.may_answer.wait()
        return await super().answer(call)


async def test_a_lease_is_renewed_while_its_look_ups_go_on(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    provider = Slow()
    provider.answers = [CUSTOMER]
    async with listening(provider), build(changes(provider)) as house:
        await house.receive(payment(), source="till")
        await house.translating.tick()
        await provider.asked_for.wait()
        for _ in range(3):
            clock.move(LEASE_SECONDS + 1)
            await house.translating.rescue()
            await house.translating.tick()
        provider.may_answer.set()
        await house.translating.settle_down()
        await house.deliver()
        assert await house.fates() == {"read": 1}
    assert len(provider.asked) == 1
    assert reached(sandbox) == ["maria.okafor@example.com"]


async def test_the_lease_of_a_reader_that_is_gone_is_rescued(build: Builder, clock: FakeClock) -> None:
    async with build() as house:
        await house.receive(payment(), source="shop")
        now = round(clock.now() * 1000)
        await house.store.claim_requests(now, now + LEASE_SECONDS * 1000, 1)
        await house.translating.rescue()
        assert await house.translate() is None
        assert await house.fates() == {}
        clock.move(LEASE_SECONDS + 1)
        await house.translating.rescue()
        await house.translate()
        assert sum((await house.fates()).values()) == 1
