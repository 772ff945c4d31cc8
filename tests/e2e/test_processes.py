"""A relay in several processes under traffic: they are replaced one by one, and killed; nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import chain, cycle, islice, repeat
from pathlib import Path

import pytest

from relay.cli.running import find_running
from tests.e2e.polling import until
from tests.e2e.scene import Scene, scene
from tests.e2e.test_crash import assert_accounted_for, finish, seeded
from tests.e2e.traffic import Delivery, deliveries

SEATS = ("work-1", "intake-2", "intake-3")
WORDS = ("--processes", str(len(SEATS)))
AT_A_TIME = 4
EACH, TIMES = 80, 8
"""Deliveries of every case, and how often each is told."""


class Cast:
    """A scene whose relay has several processes, and deliveries for one share of traffic after the other."""

    def __init__(self, act: Scene, all_of_it: list[Delivery]) -> None:
        self.act = act
        # Vendors tell many things several times. The traffic lasts for as long as it is wanted.
        told = chain.from_iterable(repeat(delivery, TIMES) for delivery in all_of_it)
        self._waiting = chain(told, cycle(all_of_it))

    def lives(self, seat: str) -> list[int]:
        """The process ids of all who have come to work on a seat, the present one last."""
        lines = self.act.relay.logged()
        begun = (line for line in lines if line["event"] in {"serving", "working"})
        return [line["pid"] for line in begun if line["process"] == seat]

    def count(self, event: str) -> int:
        return sum(line["event"] == event for line in self.act.relay.logged())

    def send(self, count: int) -> None:
        self.act.send(list(islice(self._waiting, count)))

    async def send_until(self, met: Callable[[], bool], what: str) -> None:
        """A few deliveries at a time, and always another, until the condition holds."""

        async def sending() -> None:
            for delivery in self._waiting:
                self.act.send([delivery])
                # Not awaited itself: it goes on when this ends.
                await asyncio.wait(self.act.under_way[-1:])

        senders = [asyncio.create_task(sending()) for _ in range(AT_A_TIME)]
        try:
            await until(met, what)
        finally:
            for sender in senders:
                sender.cancel()

    def kill(self, seat: str) -> int:
        """The process id of whoever was there."""
        pid = self.lives(seat)[-1]
        os.kill(pid, signal.SIGKILL)
        return pid


@asynccontextmanager
async def cast(folder: Path, each: int = EACH, *, keeps_connections: bool = True) -> AsyncIterator[Cast]:
    """At the end everybody was enrolled exactly once, and the relay stops in peace."""
    random, all_of_it = seeded(), deliveries(each)
    async with scene(
        folder, all_of_it, random, words=WORDS, keeps_connections=keeps_connections, idempotency=True
    ) as act:
        await act.relay.start()
        yield Cast(act, all_of_it)
        await finish(act)
        await assert_accounted_for(act)
        assert act.enrolled() == act.expected() != set()
        assert act.sandbox.doubles() == []


async def test_while_all_processes_are_replaced_no_call_is_refused(tmp_path: Path) -> None:
    async with cast(tmp_path, keeps_connections=False) as play:
        for round_ in (1, 2):
            play.act.relay.renew()
            replaced = round_ * len(SEATS)
            await play.send_until(lambda: play.count("replaced") >= replaced, "not all were replaced")  # noqa: B023
        assert [len(play.lives(seat)) for seat in SEATS] == [3, 3, 3]
        assert play.act.senders.failed == 0


@pytest.mark.parametrize("seat", SEATS[:2])
async def test_whoever_is_killed_is_there_again_and_the_others_take_in_meanwhile(
    tmp_path: Path, seat: str
) -> None:
    async with cast(tmp_path) as play:
        for lives in (2, 3):
            accepted = len(play.act.senders.accepted) + 5
            await play.send_until(lambda: len(play.act.senders.accepted) >= accepted, "little came")  # noqa: B023
            play.kill(seat)
            await play.send_until(lambda: len(play.lives(seat)) >= lives, "it did not come again")  # noqa: B023
        others = [len(play.lives(other)) for other in SEATS if other != seat]
        assert others == [1, 1]


async def test_when_the_supervisor_is_killed_its_processes_leave_and_the_next_one_goes_on(
    tmp_path: Path,
) -> None:
    async with cast(tmp_path) as play:
        accepted = 5
        await play.send_until(lambda: len(play.act.senders.accepted) >= accepted, "little came")
        await play.act.relay.kill()
        await until(lambda: play.count("stopped") == len(SEATS), "they went on alone")
        await play.act.relay.start()


async def test_with_a_faulty_configuration_the_former_processes_go_on(tmp_path: Path) -> None:
    async with cast(tmp_path, 1) as play:
        config = tmp_path / "config.toml"
        config.write_text(config.read_text("utf-8") + "\n[server2]\n", "utf-8")
        play.act.relay.renew()
        await until(
            lambda: play.act.relay.has_logged("not replaced: the configuration has faults"), "it was not told"
        )
        config.write_text(config.read_text("utf-8").replace("[server2]", ""), "utf-8")
        assert [len(play.lives(seat)) for seat in SEATS] == [1, 1, 1]
        play.send(6)


async def test_commands_find_the_relay_whichever_process_answers_them(tmp_path: Path) -> None:
    async with cast(tmp_path, 1) as play:
        found = find_running(tmp_path / "relay.db")
        assert found is not None
        assert found.url == play.act.relay.url
        answers = await asyncio.gather(*(play.act.relay.command("audit", "list") for _ in range(2)))
        assert answers == [(0, [])] * 2
        play.send(6)
    assert find_running(tmp_path / "relay.db") is None
