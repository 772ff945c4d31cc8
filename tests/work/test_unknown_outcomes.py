"""Calls whose end nobody knows: what is promised with idempotency keys honoured, without, and on hold."""

from __future__ import annotations

import asyncio

import pytest

from relay.sandbox import Running
from tests.factories import FakeClock
from tests.work.house import Builder, House, keys_sent, purchase, reached

DONE_AND_LOST = [
    "500-after",
    "504-after",
    "close-after",
    "cut-json",
    "cut-body",
    "not-json",
    "no-data",
]
NOT_DONE = ["500-before", "close-before", "502-html", "503-html", "504-html"]
HOLD = {"destinations.main.on_unknown_outcome": "hold"}
IMPATIENT = {"delivery.timeout": "100ms"}


async def after_a_while(house: House, clock: FakeClock) -> None:
    clock.move(3600)
    await house.deliver()


@pytest.mark.parametrize("fault", [*DONE_AND_LOST, *NOT_DONE])
async def test_everybody_is_enrolled_exactly_once_where_the_key_is_honoured(
    house: House, sandbox: Running, clock: FakeClock, fault: str
) -> None:
    sandbox.switch(idempotency=True)
    sandbox.fail_next(fault, 2)
    await house.carry(purchase(1), purchase(2))
    assert await house.counts() == {"sending": 2}
    await house.carry(purchase(3))
    for _ in range(3):
        await after_a_while(house, clock)
    assert await house.counts() == {"delivered": 3}
    assert sorted(reached(sandbox)) == [f"guest{number}@example.com" for number in (1, 2, 3)]


async def test_a_call_that_was_never_answered_is_repeated_byte_for_byte(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.switch(idempotency=True)
    sandbox.fail_next("slow-after")
    async with build(IMPATIENT) as house:
        await house.carry(purchase())
        assert await house.counts() == {"sending": 1}
    async with build() as house:
        await after_a_while(house, clock)
        assert await house.counts() == {"delivered": 1}
    first, second = sandbox.executions()
    assert (first.body, first.headers["idempotency-key"]) == (second.body, second.headers["idempotency-key"])
    assert second.repeated
    assert len(sandbox.sendings()) == 1


@pytest.mark.parametrize("trouble", ["429", "revoke-key", "pause-sequence", "unreachable"])
async def test_other_trouble_on_the_repeat_enrols_nobody_twice_where_the_key_is_honoured(
    house: House, sandbox: Running, clock: FakeClock, trouble: str
) -> None:
    """The members stay together under their key, though others have come to wait beside them."""
    sandbox.switch(idempotency=True)
    sandbox.fail_next("close-after")
    await house.carry(purchase(1))
    await house.receive(purchase(2))
    await house.translate()
    clock.move(3600)
    if trouble == "unreachable":
        async with sandbox.unreachable():
            await house.deliver()
    else:
        sandbox.fail_next(trouble)
        await house.deliver()
    for key in sandbox.world.keys.values():
        key.active = True
    for sequence in sandbox.world.sequences.values():
        sequence.status = "active"
    for held in await house.store.held():
        await house.store.resume(held.destination, held.sequence)
    await after_a_while(house, clock)
    assert await house.counts() == {"delivered": 2}
    assert list(sandbox.doubles()) == []


@pytest.mark.parametrize("fault", NOT_DONE)
async def test_a_call_that_did_nothing_is_repeated_without_harm_where_no_key_is_honoured(
    house: House, sandbox: Running, clock: FakeClock, fault: str
) -> None:
    sandbox.fail_next(fault)
    await house.carry(purchase())
    await after_a_while(house, clock)
    assert await house.counts() == {"delivered": 1}
    assert list(sandbox.doubles()) == []


@pytest.mark.parametrize("fault", DONE_AND_LOST)
async def test_where_no_key_is_honoured_a_repeat_may_enrol_twice_and_loses_nobody(
    house: House, sandbox: Running, clock: FakeClock, fault: str
) -> None:
    """The limit of the promise: at least once. Whoever cannot have that holds instead."""
    sandbox.fail_next(fault)
    await house.carry(purchase())
    await after_a_while(house, clock)
    assert await house.counts() == {"delivered": 1}
    assert [times for *_, times in sandbox.doubles()] == [2]


@pytest.mark.parametrize("fault", [*DONE_AND_LOST, *NOT_DONE])
async def test_on_hold_nothing_is_sent_twice_and_what_is_unknown_is_a_dead_letter(
    build: Builder, sandbox: Running, clock: FakeClock, fault: str
) -> None:
    sandbox.fail_next(fault)
    async with build(HOLD) as house:
        await house.carry(purchase())
        await after_a_while(house, clock)
        assert await house.counts() == {"dead": 1}
        assert (await house.letter()).cause == "unknown"
    assert len(sandbox.executions()) == 1
    assert list(sandbox.doubles()) == []


async def test_on_hold_a_person_may_send_it_again(build: Builder, sandbox: Running, clock: FakeClock) -> None:
    sandbox.switch(idempotency=True)
    sandbox.fail_next("close-after")
    async with build(HOLD) as house:
        await house.carry(purchase())
        await house.store.retry_dead(["dead-1"], 0)
        await house.deliver()
        assert await house.counts() == {"delivered": 1}
    assert len(set(keys_sent(sandbox))) == 1
    assert list(sandbox.doubles()) == []


@pytest.mark.parametrize("fault", ["unknown-status", "short-results"])
async def test_a_success_that_confirms_nobody_is_never_sent_again(
    house: House, sandbox: Running, clock: FakeClock, fault: str
) -> None:
    sandbox.fail_next(fault)
    await house.carry(purchase())
    await after_a_while(house, clock)
    assert await house.counts() == {"dead": 1}
    assert (await house.letter()).cause == "unconfirmed"
    assert len(sandbox.executions()) == 1


async def test_a_destination_that_cannot_be_reached_gets_everything_later(
    house: House, sandbox: Running, clock: FakeClock
) -> None:
    async with sandbox.unreachable():
        await house.carry(purchase(1))
        assert await house.counts() == {"waiting": 1}
        assert await house.deliver() == 5
    await house.carry(purchase(2))
    await after_a_while(house, clock)
    assert await house.counts() == {"delivered": 2}
    assert len(sandbox.executions()) == 1
    assert list(sandbox.doubles()) == []


async def test_an_outage_keeps_the_batches_together_until_it_is_over(
    house: House, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.begin_outage(1800)
    await house.carry(purchase())
    for _ in range(5):
        clock.move(200)
        await house.deliver()
    assert await house.counts() == {"sending": 1}
    await after_a_while(house, clock)
    assert await house.counts() == {"delivered": 1}
    assert len(set(keys_sent(sandbox))) == 1


@pytest.mark.parametrize(("how", "state"), [({}, "sending"), (HOLD, "dead")])
async def test_a_call_that_is_cut_short_by_a_shutdown_is_written_down_as_unknown(
    build: Builder, sandbox: Running, clock: FakeClock, how: dict[str, str], state: str
) -> None:
    sandbox.switch(idempotency=True)
    sandbox.fail_next("slow-after")
    async with build(how) as house:
        await house.receive(purchase())
        await house.translate()
        await house.delivering.tick()
        async with asyncio.timeout(5):
            while not sandbox.executions():
                await house.calls()
        await house.delivering.cut_short()
        assert await house.counts() == {state: 1}
    async with build(how) as house:
        await after_a_while(house, clock)
        assert list(sandbox.doubles()) == []
        assert await house.counts() == {"delivered" if state == "sending" else "dead": 1}


@pytest.mark.parametrize(("how", "states"), [({}, {"sending": 1}), (HOLD, {"dead": 1})])
async def test_a_call_whose_process_died_is_of_unknown_outcome(
    build: Builder, sandbox: Running, clock: FakeClock, how: dict[str, str], states: dict[str, int]
) -> None:
    async with build(how) as house:
        await house.receive(purchase())
        await house.translate()
        now = int(clock.now() * 1000)
        (frozen,) = (await house.store.claim_batches(now, now + 120_000, 0, {"main": 1})).batches
    async with build(how) as house:
        await house.delivering.rescue()
        assert await house.counts() == states
        await after_a_while(house, clock)
    assert {entry.headers["idempotency-key"] for entry in sandbox.executions()} <= {frozen.key}


async def test_a_rescue_leaves_calls_alone_that_are_under_way(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    sandbox.switch(slow_seconds=0.3)
    sandbox.fail_next("slow-after")
    async with build(HOLD) as house:
        await house.receive(purchase())
        await house.translate()
        await house.delivering.tick()
        clock.move(3600)
        await house.delivering.rescue()
        await house.delivering.settle_down()
        assert await house.counts() == {"delivered": 1}
        assert await house.calls() == 1
    assert len(sandbox.executions()) == 1
