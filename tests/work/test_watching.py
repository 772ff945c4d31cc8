"""Holds end by themselves once a look that enrols nobody sees that they can."""

from __future__ import annotations

from relay.sandbox.first import AFTER_VISIT
from relay.sandbox.serve import Running
from relay.work.watching import LOOK_SECONDS
from tests.factories import FakeClock
from tests.work.house import Builder, House, purchase


async def test_a_sequence_that_is_active_again_is_resumed_by_a_look(
    house: House, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.fail_next("pause-sequence")
    await house.carry(purchase())
    assert [held.sequence for held in await house.store.held()] == [AFTER_VISIT]
    await house.watching.tick()
    assert len(await house.store.held()) == 1
    sandbox.world.sequences[AFTER_VISIT].status = "active"
    clock.move(LOOK_SECONDS)
    await house.watching.tick()
    await house.deliver()
    assert (await house.store.held(), await house.counts()) == ([], {"delivered": 1})


async def test_a_key_that_is_accepted_again_lets_its_destination_go_on(
    house: House, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.fail_next("revoke-key")
    await house.carry(purchase())
    assert [held.sequence for held in await house.store.held()] == [None]
    await house.watching.tick()
    assert len(await house.store.held()) == 1
    for key in sandbox.world.keys.values():
        key.active = True
    clock.move(LOOK_SECONDS)
    await house.watching.tick()
    await house.deliver()
    assert await house.counts() == {"delivered": 1}


async def test_what_waits_for_a_person_is_a_metric(house: House, sandbox: Running, clock: FakeClock) -> None:
    def shown() -> float | None:
        return house.metrics.registry.get_sample_value("relay_holds", {"destination": "main"})

    await house.watching.tick()
    assert shown() == 0
    sandbox.fail_next("pause-sequence")
    await house.carry(purchase())
    await house.watching.tick()
    assert shown() == 1


async def test_where_the_status_cannot_be_seen_a_person_resumes(house: House, sandbox: Running) -> None:
    sandbox.switch(sequence_status=False)
    sandbox.fail_next("pause-sequence")
    await house.carry(purchase())
    sandbox.world.sequences[AFTER_VISIT].status = "active"
    await house.watching.tick()
    assert len(await house.store.held()) == 1
    assert await house.store.resume("main", AFTER_VISIT) == 1


async def test_looking_enrols_nobody_and_needs_no_destination(build: Builder, sandbox: Running) -> None:
    async with build() as house:
        sandbox.fail_next("pause-sequence")
        await house.carry(purchase())
        async with sandbox.unreachable():
            await house.watching.tick()
        await house.watching.tick()
        assert [held.sequence for held in await house.store.held()] == [AFTER_VISIT]
    assert sandbox.sendings() == []
