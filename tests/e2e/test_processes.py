"""A relay in several processes under traffic: they are replaced one by one, and killed; nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from relay.cli.running import find_running
from tests.e2e.cast import cast
from tests.e2e.polling import until

SEATS = ("work-1", "intake-2", "intake-3")
EACH = 80
"""Deliveries of every case."""


async def test_while_all_processes_are_replaced_no_call_is_refused(tmp_path: Path) -> None:
    async with cast(tmp_path, SEATS, EACH, keeps_connections=(False,)) as play:
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
    async with cast(tmp_path, SEATS, EACH) as play:
        for lives in (2, 3):
            await play.send_some()
            play.kill(seat)
            await play.send_until(lambda: len(play.lives(seat)) >= lives, "it did not come again")  # noqa: B023
        others = [len(play.lives(other)) for other in SEATS if other != seat]
        assert others == [1, 1]


async def test_when_the_supervisor_is_killed_its_processes_leave_and_the_next_one_goes_on(
    tmp_path: Path,
) -> None:
    async with cast(tmp_path, SEATS, EACH) as play:
        await play.send_some()
        await play.act.relay.kill()
        await until(lambda: play.count("stopped") == len(SEATS), "they went on alone")
        await play.act.relay.start()


async def test_with_a_faulty_configuration_the_former_processes_go_on(tmp_path: Path) -> None:
    async with cast(tmp_path, SEATS, 1) as play:
        config = tmp_path / "node-0.toml"
        config.write_text(config.read_text("utf-8") + "\n[server2]\n", "utf-8")
        play.act.relay.renew()
        await until(
            lambda: play.act.relay.has_logged("not replaced: the configuration has faults"), "it was not told"
        )
        config.write_text(config.read_text("utf-8").replace("[server2]", ""), "utf-8")
        assert [len(play.lives(seat)) for seat in SEATS] == [1, 1, 1]
        play.send(6)


async def test_commands_find_the_relay_whichever_process_answers_them(tmp_path: Path) -> None:
    async with cast(tmp_path, SEATS, 1) as play:
        found = find_running(tmp_path / "relay.db")
        assert found is not None
        assert found.url == play.act.relay.url
        answers = await asyncio.gather(*(play.act.relay.command("audit", "list") for _ in range(2)))
        assert answers == [(0, [])] * 2
        play.send(6)
    assert find_running(tmp_path / "relay.db") is None
