"""The relay is killed and stopped at every kind of moment, from outside, under traffic.

RELAY_TEST_CRASH_ROUNDS asks for more rounds, RELAY_TEST_CRASH_SEED repeats those of a run that failed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.e2e.polling import until
from tests.e2e.scene import Scene, scene
from tests.e2e.traffic import CASES, Delivery, deliveries

ROUNDS = int(os.environ.get("RELAY_TEST_CRASH_ROUNDS", "8"))
EACH = 3
"""Deliveries of every case in a round."""

FAULTS = ("429", "500-before", "500-after", "close-before", "close-after", "503-html", "cut-body", "no-data")

Traffic = Callable[[], None]
Moment = Callable[[Scene, Traffic, Random], Awaitable[None]]


async def after_some_answers(scene: Scene, traffic: Traffic, random: Random) -> None:
    """Some requests were answered, others are being verified, stored, translated."""
    wanted = len(scene.senders.accepted) + random.randint(1, EACH * len(CASES))
    traffic()
    await until(lambda: len(scene.senders.accepted) >= wanted, "too few requests were answered")


async def after_some_calls(scene: Scene, traffic: Traffic, random: Random) -> None:
    """The destination has seen a call; its answer is on the way, or being written down."""
    wanted = scene.sandbox.world.journal.total + random.randint(1, 3)
    traffic()
    await until(lambda: scene.sandbox.world.journal.total >= wanted, "too few calls were made")


async def after_some_lookups(scene: Scene, traffic: Traffic, random: Random) -> None:
    """Customers are looked up, enrollments saved."""
    wanted = scene.providers.asked + random.randint(1, EACH * 3)
    traffic()
    await until(lambda: scene.providers.asked >= wanted, "too few look-ups were made")


async def while_a_lookup_is_under_way(scene: Scene, traffic: Traffic, random: Random) -> None:
    """A request is claimed, and its provider does not answer."""
    scene.providers.open.clear()
    asked = scene.providers.asked
    traffic()
    await until(lambda: scene.providers.asked > asked, "nobody was looked up")


async def between_sending_and_answer(scene: Scene, traffic: Traffic, random: Random) -> None:
    """The destination has enrolled, and the relay will never hear of it."""
    slow = count_of(scene, "slow-after")
    # First in line: a share of the traffic may make fewer calls than there are faults before it.
    scene.sandbox.forget_faults()
    scene.sandbox.fail_next("slow-after")
    traffic()
    await until(lambda: count_of(scene, "slow-after") > slow, "no call was slow")


async def while_it_starts(scene: Scene, traffic: Traffic, random: Random) -> None:
    """What a first crash has left is being taken up, and there comes a second one."""
    await between_sending_and_answer(scene, traffic, random)
    await scene.relay.kill()
    seen = signs_of_life(scene)
    await scene.relay.launch()
    await until(lambda: signs_of_life(scene) > seen or scene.relay.has_logged("listening"), "it did nothing")


async def while_it_stops(scene: Scene, traffic: Traffic, random: Random) -> None:
    """It was asked to stop, waits for a call under way, and is killed by an impatient supervisor."""
    await between_sending_and_answer(scene, traffic, random)
    scene.relay.ask_to_stop()
    await until(lambda: scene.relay.has_logged("stopping"), "it did not begin to stop")


MOMENTS: tuple[Moment, ...] = (
    after_some_answers,
    after_some_calls,
    after_some_lookups,
    while_a_lookup_is_under_way,
    between_sending_and_answer,
    while_it_starts,
    while_it_stops,
)


def count_of(scene: Scene, fault: str) -> int:
    return sum(entry.fault == fault for entry in scene.sandbox.requests())


def signs_of_life(scene: Scene) -> int:
    return scene.sandbox.world.journal.total + scene.providers.asked


def seeded() -> Random:
    """Chance that can be repeated; pytest shows the seed of a test that failed."""
    seed = os.environ.get("RELAY_TEST_CRASH_SEED") or str(time.time_ns())
    sys.stdout.write(f"RELAY_TEST_CRASH_SEED={seed}\n")
    return Random(seed)


def moments(random: Random, rounds: int) -> list[Moment]:
    """Every moment before any comes again, in an order of chance."""
    drawn: list[Moment] = []
    while len(drawn) < rounds:
        drawn += random.sample(MOMENTS, len(MOMENTS))
    return drawn[:rounds]


async def crash(scene: Scene, moment: Moment, traffic: Traffic, random: Random) -> None:
    """Kill the relay at this moment and start it again on the same ledger."""
    sys.stdout.write(f"killed {moment.__name__.replace('_', ' ')}\n")
    for fault in random.sample(FAULTS, 2):
        scene.sandbox.fail_next(fault)
    await moment(scene, traffic, random)
    await scene.relay.kill()
    scene.providers.open.set()
    await scene.relay.start()


async def crash_again_and_again(scene: Scene, all_of_it: list[Delivery], random: Random) -> None:
    """A crash for each share of the traffic; afterwards the last relay finishes in peace, and stops."""
    await scene.relay.start()
    size = EACH * len(CASES)
    for number, moment in enumerate(moments(random, len(all_of_it) // size)):
        share = all_of_it[number * size : (number + 1) * size]
        repeated = random.sample(share, 3)  # vendors send twice even what was taken
        await crash(scene, moment, partial(scene.send, share + repeated), random)
    await finish(scene)


async def finish(scene: Scene) -> None:
    await scene.taken()
    await scene.settled(time.time())
    assert await scene.relay.terminate() == 0


async def assert_accounted_for(scene: Scene) -> dict[str, dict[str, int]]:
    """Whatever was answered 2xx is in the ledger, and the ledger balances; its counts."""
    assert scene.senders.accepted <= await scene.kept()
    assert await scene.leases() == 0
    code, ledger = await scene.relay.command("status")
    assert (code, ledger["faults"]) == (0, [])
    counts: dict[str, dict[str, int]] = ledger
    return counts


@pytest.mark.timeout(60 + 15 * ROUNDS)
async def test_whenever_the_relay_is_killed_everybody_is_enrolled_exactly_once(tmp_path: Path) -> None:
    random, all_of_it = seeded(), deliveries(EACH * ROUNDS)
    async with scene(tmp_path, all_of_it, random, idempotency=True) as act:
        await crash_again_and_again(act, all_of_it, random)
        counts = await assert_accounted_for(act)
        assert act.enrolled() == act.expected()
        assert act.sandbox.doubles() == []
        assert counts["enrollments"].pop("delivered") == len(act.expected())
        assert counts["enrollments"].keys() <= {"merged"}
        assert counts["events"].keys() <= {"read", "duplicate", "ignored"}


@pytest.mark.timeout(60 + 15 * ROUNDS)
async def test_held_outcomes_are_dead_letters_and_nobody_is_enrolled_twice(tmp_path: Path) -> None:
    """The destination ignores idempotency keys, so what is unknown is not sent again."""
    random, all_of_it = seeded(), deliveries(EACH * -(-ROUNDS // 2))
    async with scene(tmp_path, all_of_it, random, unknown="hold") as act:
        act.sandbox.fail_next("500-after")
        await crash_again_and_again(act, all_of_it, random)
        counts = await assert_accounted_for(act)
        letters = await act.dead_letters()
        dead = {(letter.email, letter.sequence) for letter in letters if letter.cause == "unknown"}
        assert act.sandbox.doubles() == []
        assert len(dead) == len(letters) > 0
        assert act.enrolled() | dead == act.expected()
        assert counts["enrollments"].get("delivered", 0) + len(dead) == len(act.expected())


async def test_sigterm_under_load_ends_the_calls_under_way_and_loses_nothing(tmp_path: Path) -> None:
    random, all_of_it = seeded(), deliveries(EACH * 2)
    async with scene(tmp_path, all_of_it, random, latency_seconds=0.3) as act:
        await act.relay.start()
        await after_some_calls(act, partial(act.send, all_of_it), random)
        assert await act.relay.terminate() == 0
        assert act.relay.has_logged("stopped")
        await assert_accounted_for(act)
        before = act.enrolled()
        assert before
        await act.relay.start()
        await finish(act)
        await assert_accounted_for(act)
        assert act.enrolled() == act.expected() >= before
        assert act.sandbox.doubles() == []


async def test_sigterm_gives_back_what_cannot_be_finished_in_time(tmp_path: Path) -> None:
    random, all_of_it = seeded(), deliveries(EACH)
    async with scene(tmp_path, all_of_it, random, grace="200ms", idempotency=True) as act:
        await act.relay.start()
        act.providers.open.clear()
        await between_sending_and_answer(act, partial(act.send, all_of_it), random)
        assert await act.relay.terminate() == 0
        await assert_accounted_for(act)
        act.providers.open.set()
        await act.relay.start()
        await finish(act)
        await assert_accounted_for(act)
        assert act.enrolled() == act.expected()
        assert act.sandbox.doubles() == []
