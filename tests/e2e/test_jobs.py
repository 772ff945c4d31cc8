"""A job goes on whenever the relay is killed: every letter ends once, and nobody is enrolled twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from relay.core.audit import change
from relay.core.job import Job, JobKind, JobState, Order, Outcome
from relay.core.letters import EVERY_LETTER
from relay.core.repair import How
from relay.store import Store, open_store
from tests.e2e.polling import until_seen
from tests.e2e.scene import Scene, scene
from tests.e2e.test_crash import assert_accounted_for, seeded
from tests.e2e.traffic import Delivery, deliveries

KILLS = 2


def now() -> int:
    return round(time.time() * 1000)


async def everybody_is_refused(act: Scene, all_of_it: list[Delivery]) -> None:
    """Everybody is a dead letter, and the destination would take them by now."""
    act.sandbox.switch(poison={email for delivery in all_of_it for email in delivery.emails})
    await act.relay.start()
    act.send(all_of_it)
    await act.taken()
    await act.settled(time.time())
    act.sandbox.switch(poison=set())
    dead = {(letter.email, letter.sequence) for letter in await act.dead_letters()}
    assert dead == act.expected()


async def crash(act: Scene) -> None:
    await act.relay.kill()
    await act.relay.start()


async def found(store: Store, number: int) -> Job:
    job = await store.jobs.find(number)
    assert job is not None
    return job


async def until(store: Store, number: int, state: JobState) -> None:
    async def is_so() -> bool:
        return (await found(store, number)).state is state

    await until_seen(is_so, f"the job is not {state}")


async def until_it_goes_on(act: Scene, store: Store, number: int, calls: int) -> None:
    """So many more calls are made to anybody, unless there is nothing left to call for."""
    wanted = act.sandbox.world.journal.total + act.providers.asked + calls

    async def is_so() -> bool:
        made = act.sandbox.world.journal.total + act.providers.asked
        return made >= wanted or (await found(store, number)).state is JobState.DONE

    await until_seen(is_so, "the job does not go on")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", How)
async def test_whenever_the_relay_is_killed_its_job_goes_on(tmp_path: Path, how: How) -> None:
    random, all_of_it = seeded(), deliveries(10)
    async with scene(tmp_path, all_of_it, random, idempotency=True) as act:
        await everybody_is_refused(act, all_of_it)
        async with open_store(act.store) as store:
            # Ordered by another process, so that the relay finds it by itself.
            made = Order(kind=JobKind.RETRY, wanted=EVERY_LETTER, how=how)
            number = (await store.jobs.order(made, change("ops", now(), "job.order"))).id
            await crash(act)
            await until(store, number, JobState.READY)
            act.sandbox.switch(latency_seconds=0.1)
            assert await store.jobs.start(number, now())
            for _ in range(KILLS):
                await until_it_goes_on(act, store, number, random.randint(1, 3))
                await crash(act)
            act.sandbox.switch(latency_seconds=0)
            await until(store, number, JobState.DONE)
            items = await store.jobs.items(number, 1000)
            assert (await found(store, number)).total == len(items) == len(act.expected())
        ends = [item.outcome for item in items]
        dead = {(letter.email, letter.sequence) for letter in await act.dead_letters()}
        # A provider that fails time and again leaves its letter as it was.
        assert set(ends) <= {Outcome.DELIVERED, Outcome.FAILED}
        assert ends.count(Outcome.FAILED) == len(dead)
        assert act.enrolled() == act.expected() - dead
        assert act.sandbox.doubles() == []
        assert await act.relay.terminate() == 0
        await assert_accounted_for(act)
