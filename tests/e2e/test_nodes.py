"""Two nodes on one PostgreSQL: one of them is killed at any moment, and the other goes on.

RELAY_TEST_CRASH_ROUNDS and RELAY_TEST_CRASH_SEED are as for the crashes of one relay.
"""

from __future__ import annotations

import sys
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from random import Random

import pytest

from tests.e2e.polling import PATIENCE, until
from tests.e2e.process import RelayProcess
from tests.e2e.scene import Scene, scene
from tests.e2e.test_crash import EACH, FAULTS, ROUNDS, assert_accounted_for, seeded
from tests.e2e.traffic import CASES, Delivery, deliveries
from tests.postgres import Databases


def on(
    database: str, folder: Path, all_of_it: list[Delivery], random: Random
) -> AbstractAsyncContextManager[Scene]:
    return scene(folder, all_of_it, random, database=database, nodes=2, hurried=True, idempotency=True)


async def kill_one(act: Scene, share: list[Delivery], random: Random) -> None:
    """Under load, when some of it is done; the other node goes on until this one is back."""
    victim = random.choice(act.nodes)
    for fault in random.sample(FAULTS, 2):
        act.sandbox.fail_next(fault)
    seen = len(act.senders.accepted) + act.sandbox.world.journal.total
    wanted = seen + random.randint(1, EACH * len(CASES))
    act.send(share + random.sample(share, 3))
    await until(
        lambda: len(act.senders.accepted) + act.sandbox.world.journal.total >= wanted, "nothing went on"
    )
    sys.stdout.write(f"killed node {act.nodes.index(victim)} after {wanted - seen} answers and calls\n")
    await victim.kill()
    if random.random() < 0.5:
        await until(lambda: all(task.done() for task in act.under_way), "the other node did not go on")
    await victim.start()


async def all_started(nodes: list[RelayProcess]) -> None:
    for node in nodes:
        await node.start()


@pytest.mark.timeout(90 + 15 * ROUNDS)
async def test_whichever_node_is_killed_everybody_is_enrolled_exactly_once(
    tmp_path: Path, databases: Databases
) -> None:
    random, all_of_it = seeded(), deliveries(EACH * -(-ROUNDS // 2))
    async with (
        databases.new() as database,
        on(database, tmp_path, all_of_it, random) as act,
    ):
        await all_started(list(act.nodes))
        size = EACH * len(CASES)
        for start in range(0, len(all_of_it), size):
            await kill_one(act, all_of_it[start : start + size], random)
        await act.taken()
        await act.resume()
        await act.settled(time.time(), PATIENCE + 2 * ROUNDS)  # by the limit of calls that a 429 named
        for node in act.nodes:
            assert await node.terminate() == 0
        counts = await assert_accounted_for(act)
        assert act.enrolled() == act.expected()
        assert act.sandbox.doubles() == []
        assert counts["enrollments"].pop("delivered") == len(act.expected())
        assert counts["enrollments"].keys() <= {"merged"}


async def test_what_a_dead_node_had_begun_is_finished_by_the_other(
    tmp_path: Path, databases: Databases
) -> None:
    random, all_of_it = seeded(), deliveries(1)
    async with (
        databases.new() as database,
        on(database, tmp_path, all_of_it, random) as act,
    ):
        first, second = act.nodes
        await first.start()
        act.sandbox.fail_next("slow-after")
        act.send(all_of_it)
        await until(lambda: act.sandbox.world.journal.total > 0, "nobody was called")
        await first.kill()
        await second.start()
        await act.taken()
        await act.settled(time.time())
        assert act.enrolled() == act.expected()
        assert act.sandbox.doubles() == []
        assert await second.terminate() == 0
        await assert_accounted_for(act)
