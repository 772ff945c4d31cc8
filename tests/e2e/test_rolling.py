"""Processes on one PostgreSQL are replaced, killed and stopped under traffic, and share one budget."""

from __future__ import annotations

import time
from pathlib import Path

from tests.e2e.cast import Cast, cast
from tests.e2e.polling import until
from tests.e2e.scene import Scene, scene
from tests.e2e.test_crash import EACH, assert_accounted_for, seeded
from tests.e2e.traffic import CASES, deliveries
from tests.postgres import Databases

SEATS = ("all-1", "all-2")
SOME = 20
"""Deliveries of every case."""

A_MINUTE = 20
"""Calls; the first half of them may go out at once."""


SLOW = "1m"
"""The database may take so long: on a busy machine it would count as away again and again."""


async def nodes_of(act: Scene) -> list[tuple[str, str]]:
    """Name and state, as `relay nodes` shows them."""
    code, found = await act.relay.command("nodes")
    assert code == 0
    return [(node["name"], node["state"]) for node in found]


async def test_while_all_processes_are_replaced_no_call_fails_and_everybody_is_enrolled_once(
    tmp_path: Path, databases: Databases
) -> None:
    """Neither over connections that are kept, nor over fresh ones."""
    kept_and_fresh = (True, False)
    async with (
        databases.new() as database,
        cast(tmp_path, SEATS, SOME, database=database, keeps_connections=kept_and_fresh) as play,
    ):
        await play.send_some()
        play.act.relay.renew()
        await play.send_until(lambda: play.count("replaced") == len(SEATS), "not all were replaced", 2)
        await play.send_some()
        assert [len(play.lives(seat)) for seat in SEATS] == [2, 2]
        assert play.act.senders.failed == 0
        assert await nodes_of(play.act) == [(seat, "up") for seat in SEATS]


async def killed_once(play: Cast) -> None:
    await play.send_some()
    play.kill(SEATS[1])
    await play.send_until(lambda: len(play.lives(SEATS[1])) == 2, "it did not come again")


async def test_a_process_that_is_killed_comes_again_while_the_other_goes_on(
    tmp_path: Path, databases: Databases
) -> None:
    async with databases.new() as database, cast(tmp_path, SEATS, SOME, database=database) as play:
        await killed_once(play)
        assert len(play.lives(SEATS[0])) == 1


async def test_a_node_that_is_stopped_finishes_what_it_began_and_the_other_does_the_rest(
    tmp_path: Path, databases: Databases
) -> None:
    all_of_it = deliveries(EACH * 2)
    async with (
        databases.new() as database,
        scene(
            tmp_path, all_of_it, seeded(), database=database, nodes=2, away_after=SLOW, latency_seconds=0.2
        ) as act,
    ):
        for node in act.nodes:
            await node.start()
        stays, leaves = act.nodes
        act.send(all_of_it)
        await until(lambda: len(act.senders.accepted) >= len(CASES), "nothing was taken")
        assert await leaves.terminate() == 0
        await act.taken()
        await act.settled(time.time())
        assert act.senders.failed == 0
        assert await nodes_of(act) == [("all", "up")]
        assert await stays.terminate() == 0
        assert await nodes_of(act) == []
        await assert_accounted_for(act)
        assert act.enrolled() == act.expected()
        assert act.sandbox.doubles() == []


async def test_nodes_that_are_all_busy_keep_one_budget_together(tmp_path: Path, databases: Databases) -> None:
    """The destination allows no more than the nodes are told, and would refuse the first call beyond it."""
    all_of_it = deliveries(5 * SOME)
    async with (
        databases.new() as database,
        scene(
            tmp_path, all_of_it, seeded(), database=database, nodes=2, away_after=SLOW, per_minute=A_MINUTE
        ) as act,
    ):
        for node in act.nodes:
            await node.start()
        journal = act.sandbox.world.journal
        await Cast(act, all_of_it, ()).send_until(
            lambda: journal.total >= A_MINUTE * 3 // 4, "few calls were made"
        )
        await act.taken()
        ends = [await node.terminate() for node in act.nodes]
        assert ends == [0, 0]
        await assert_accounted_for(act)
        _, status = await act.relay.command("status")
        assert status["rates"][0]["used_minute"] == journal.total <= A_MINUTE
        assert {entry.status for entry in act.sandbox.requests()} == {200}
