"""A relay that is told to stop stops, whatever state its ledger is in."""

from __future__ import annotations

import asyncio

from relay.sandbox import Running
from tests.factories import FakeClock
from tests.work.house import Builder, purchase, reached


async def test_a_relay_that_cannot_write_stops_and_meets_its_calls_again_after_the_next_start(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.switch(idempotency=True)
    sandbox.fail_next("slow-after")
    async with build() as house:
        await house.receive(purchase())
        await house.translate()
        await house.delivering.tick()
        await house.store.close()
        async with asyncio.timeout(10):
            await house.delivering.cut_short()
    async with build() as house:
        await house.delivering.rescue()
        clock.move(5)
        await house.deliver()
        assert await house.counts() == {"delivered": 1}
    assert reached(sandbox) == ["guest1@example.com"]
