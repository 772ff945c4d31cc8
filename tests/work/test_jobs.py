"""Jobs at work: bounded, stopped and taken up at any moment, and nobody is sent to twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from relay.clock import milliseconds
from relay.core.audit import change
from relay.core.job import Job, JobKind, JobState, Order, Outcome
from relay.core.letters import EVERY_LETTER
from relay.core.repair import How
from relay.sandbox import Running
from relay.work.jobs import CHUNK, LOOK_SECONDS, WINDOW
from tests.factories import NOW_MS, FakeClock
from tests.installing import AFTER_PURCHASE
from tests.work.house import Builder, House, purchase, reached
from tests.work.provider import Provider, Said, listening
from tests.work.test_long_look_ups import Slow
from tests.work.test_lookups import CUSTOMER, changes, sell

SHOP = "sources.shop.settings"


async def order(house: House, kind: JobKind = JobKind.RETRY, *, started: bool = True, **given: Any) -> int:
    """A job for every dead letter, prepared, and started unless told otherwise."""
    made = Order(kind=kind, wanted=EVERY_LETTER, **given)
    job = await house.store.jobs.order(made, change("ops", NOW_MS, "job.order"))
    await house.work()
    if started:
        assert await house.store.jobs.start(job.id, milliseconds(house.clock))
    return job.id


async def found(house: House, number: int) -> Job:
    job = await house.store.jobs.find(number)
    assert job is not None
    return job


async def reasons(house: House, number: int) -> list[tuple[Outcome, str | None]]:
    return [(item.outcome, item.reason) for item in await house.store.jobs.items(number, 1000)]


async def refused(house: House, sandbox: Running, count: int, **more: Any) -> None:
    """So many people who paid and whom the destination refused, until it takes everybody again."""
    bodies = [purchase(number, **more) for number in range(1, count + 1)]
    sandbox.switch(poison={str(body["email"]) for body in bodies})
    await house.carry(*bodies)
    sandbox.switch(poison=set())
    assert await house.counts() == {"dead": count}


async def unread(house: House, count: int, first: int = 1) -> None:
    """So many purchases that yesterday's configuration could not read."""
    numbers = range(first, first + count)
    await asyncio.gather(*(house.receive(purchase(number, event="sold")) for number in numbers))
    await house.translate()
    assert await house.fates() == {"parked": count} | ({"read": first - 1} if first > 1 else {})


SOLD = {f"{SHOP}.kind.sold": "purchase.completed"}


async def test_a_job_is_prepared_and_then_waits_for_a_person(house: House, sandbox: Running) -> None:
    await refused(house, sandbox, 3)
    number = await order(house, started=False)
    job = await found(house, number)
    assert (job.state, job.counts) == (JobState.READY, {Outcome.PENDING: 3})
    assert await house.work() is None
    assert await house.counts() == {"dead": 3}


async def test_what_a_job_retries_is_delivered(house: House, sandbox: Running) -> None:
    await refused(house, sandbox, 3)
    number = await order(house)
    await house.finish_jobs()
    job = await found(house, number)
    assert (job.state, job.counts) == (JobState.DONE, {Outcome.DELIVERED: 3})
    assert sorted(reached(sandbox)) == [f"guest{number}@example.com" for number in (1, 2, 3)]
    assert house.woken["deliver"] > 0


async def test_a_job_is_looked_at_soon_while_something_of_it_is_under_way(
    house: House, sandbox: Running
) -> None:
    await refused(house, sandbox, 1)
    await order(house)
    assert await house.work() == LOOK_SECONDS
    await house.deliver()
    assert await house.work() is None


async def test_what_is_refused_again_is_a_dead_letter_again(house: House, sandbox: Running) -> None:
    await refused(house, sandbox, 2)
    number = await order(house)
    sandbox.switch(poison={"guest1@example.com"})
    await house.finish_jobs()
    assert (await found(house, number)).counts == {Outcome.DELIVERED: 1, Outcome.DEAD: 1}
    assert await house.counts() == {"delivered": 1, "dead": 1}


async def test_a_job_corrects_all_that_can_be_corrected(house: House, sandbox: Running) -> None:
    await refused(house, sandbox, 2)
    await house.carry(purchase(3, event="sold"))
    number = await order(house, JobKind.CORRECT, fields={"last_name": " Lima "}, reason="one family")
    await house.finish_jobs()
    assert (await found(house, number)).counts == {Outcome.DELIVERED: 2, Outcome.FAILED: 1}
    assert {contact.last_name for contact in sandbox.world.contacts.values()} == {"Lima"}
    assert (
        Outcome.FAILED,
        "it could not be read, so there is no contact to correct: read it again, or discard it",
    ) in await reasons(house, number)


async def test_a_correction_that_cannot_be_sent_fails_with_what_is_wrong(
    house: House, sandbox: Running
) -> None:
    await refused(house, sandbox, 1)
    number = await order(house, JobKind.CORRECT, fields={"phone": "555-0148"}, reason="asked")
    await house.finish_jobs()
    assert await reasons(house, number) == [
        (Outcome.FAILED, "the phone number is not valid; write it with + and the country code")
    ]
    assert await house.counts() == {"dead": 1}


async def test_a_job_reads_again_what_was_read_and_what_was_not(build: Builder, sandbox: Running) -> None:
    async with build({f"{SHOP}.phone": "landline"}) as house:
        await refused(house, sandbox, 2, mobile="+12025550148")
        await house.carry(purchase(3, event="sold"))
    async with build(SOLD | {f"{SHOP}.phone": "mobile"}) as house:
        number = await order(house, how=How.READ_AGAIN)
        await house.finish_jobs()
        assert (await found(house, number)).counts == {Outcome.DELIVERED: 2, Outcome.READ: 1}
        assert await house.counts() == {"delivered": 3}
    phones = {contact.email: contact.phone for contact in sandbox.world.contacts.values()}
    assert phones["guest1@example.com"] == phones["guest2@example.com"] == "+12025550148"


async def test_what_cannot_be_read_today_fails_and_stays_as_it_was(build: Builder, sandbox: Running) -> None:
    async with build() as house:
        await refused(house, sandbox, 1)
    async with build({f"{SHOP}.kind": {"sold": "purchase.completed"}, "routes": [AFTER_PURCHASE]}) as house:
        number = await order(house, how=How.READ_AGAIN)
        await house.finish_jobs()
        ((outcome, reason),) = await reasons(house, number)
        assert outcome is Outcome.FAILED
        assert (reason or "").startswith("it can no longer be read: unknown event type 'paid'")
        assert await house.counts() == {"dead": 1}


@pytest.fixture(name="till")
def _till(provider: Provider) -> dict[str, Any]:
    provider.answers = [CUSTOMER]
    return changes(provider) | {"routes": [AFTER_PURCHASE | {"cooldown": 0}]}


async def refused_at_the_till(house: House, sandbox: Running, count: int) -> None:
    sandbox.switch(poison={"maria.okafor@example.com"})
    await sell(house, *range(count))
    await house.deliver()
    sandbox.switch(poison=set())
    assert await house.counts() == {"dead": count}


async def test_a_provider_that_is_away_for_a_while_is_waited_for(
    build: Builder, provider: Provider, sandbox: Running, clock: FakeClock, till: dict[str, Any]
) -> None:
    async with build(till) as house:
        await refused_at_the_till(house, sandbox, 1)
        clock.move(1)
        provider.answers = [Said(503)]
        number = await order(house, how=How.READ_AGAIN)
        await house.finish_jobs()
        assert (await found(house, number)).counts == {Outcome.PENDING: 1}
        provider.answers = [CUSTOMER]
        clock.move(60)
        await house.finish_jobs()
        assert (await found(house, number)).counts == {Outcome.DELIVERED: 1}


async def test_a_provider_that_stays_away_fails_the_item_after_some_tries(
    build: Builder, provider: Provider, sandbox: Running, clock: FakeClock, till: dict[str, Any]
) -> None:
    async with build(till) as house:
        await refused_at_the_till(house, sandbox, 1)
        clock.move(1)
        provider.answers = [Said(503)]
        number = await order(house, how=How.READ_AGAIN)
        for _ in range(5):
            await house.work()
            clock.move(3600)
        assert await reasons(house, number) == [
            (Outcome.FAILED, "it cannot be read just now: look-up: the provider answered 503")
        ]


async def test_one_look_up_serves_all_items_of_a_job(
    build: Builder, provider: Provider, sandbox: Running, clock: FakeClock, till: dict[str, Any]
) -> None:
    async with build(till | {"lookups.parallel": 1}) as house:
        await refused_at_the_till(house, sandbox, 30)
        clock.move(1)
        asked = len(provider.asked)
        await order(house, how=How.READ_AGAIN)
        await house.finish_jobs()
        assert await house.counts() == {"delivered": 30}
    assert len(provider.asked) == asked + 1


async def test_a_relay_that_stops_waits_for_no_look_up(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    provider = Slow()
    provider.answers = [CUSTOMER]
    provider.may_answer.set()
    async with listening(provider):
        async with build(changes(provider)) as house:
            await refused_at_the_till(house, sandbox, 1)
            clock.move(1)
            number = await order(house, how=How.READ_AGAIN)
            provider.asked_for.clear()
            provider.may_answer.clear()
            tick = asyncio.create_task(house.jobs.tick())
            async with asyncio.timeout(20):
                await provider.asked_for.wait()
                house.jobs.cut_short()
                assert await tick is None
            assert (await found(house, number)).counts == {Outcome.PENDING: 1}
        provider.may_answer.set()
        async with build(changes(provider)) as house:
            await house.finish_jobs()
            assert (await found(house, number)).counts == {Outcome.DELIVERED: 1}


async def test_few_are_under_way_at_a_time_however_large_the_job(build: Builder, sandbox: Running) -> None:
    count = WINDOW + 2 * CHUNK
    async with build() as house:
        await unread(house, count)
    async with build(SOLD) as house:
        number = await order(house)
        await house.work()
        assert (await found(house, number)).counts == {Outcome.RELEASED: WINDOW, Outcome.PENDING: 2 * CHUNK}
        await house.translate()
        await house.work()
        assert (await found(house, number)).counts == {Outcome.READ: WINDOW, Outcome.RELEASED: 2 * CHUNK}


async def test_ten_thousand_are_cancelled_half_way(build: Builder, sandbox: Running) -> None:
    async with build() as house:
        await unread(house, 10_000)
    async with build(SOLD) as house:
        number = await order(house)
        while (await found(house, number)).counts.get(Outcome.READ, 0) < 5_000:
            await house.work()
            await house.translate()
        assert await house.store.jobs.cancel(number, NOW_MS)
        await house.finish_jobs()
        job = await found(house, number)
        assert (job.state, job.counts) == (
            JobState.CANCELLED,
            {Outcome.READ: 5_500, Outcome.LEFT: 4_500},
        )
        assert await house.fates() == {"parked": 4_500, "read": 5_500}
        assert await house.counts() == {"delivered": 5_500}
    assert len(set(reached(sandbox))) == len(reached(sandbox)) == 5_500


async def test_a_large_job_holds_up_no_other(house: House, sandbox: Running) -> None:
    await refused(house, sandbox, 3)
    first = await order(house, JobKind.DISCARD, reason="tests of ours", started=False)
    await unread(house, 2 * CHUNK, first=4)
    second = await order(house, JobKind.DISCARD, reason="tests of ours", started=False)
    for number in (second, first):
        await house.store.jobs.start(number, NOW_MS)
    await house.jobs.tick()
    assert (await found(house, first)).counts == {Outcome.DISCARDED: 3}
    assert (await found(house, second)).counts[Outcome.PENDING] > 0


async def test_one_letter_that_cannot_be_repaired_holds_up_no_other(
    house: House, sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug of ours, on one letter: the others go out."""
    await refused(house, sandbox, 5)
    number = await order(house)
    take = house.store.jobs.take

    async def stumbling(job: int, steps: Any, *rest: Any) -> None:
        if any(step.item.letter == "dead-3" and step.failed is None for step in steps):
            raise KeyError("a bug")
        await take(job, steps, *rest)

    monkeypatch.setattr(house.store.jobs, "take", stumbling)
    await house.finish_jobs()
    assert (await found(house, number)).counts == {Outcome.DELIVERED: 4, Outcome.FAILED: 1}
    failed = [reason for outcome, reason in await reasons(house, number) if outcome is Outcome.FAILED]
    assert (failed[0] or "").startswith("the relay failed on it: KeyError")
