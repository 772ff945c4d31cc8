"""The database is stopped, crashes and hangs under traffic: senders notice nothing, and nothing is lost."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.polling import until
from tests.e2e.scene import Scene, scene
from tests.e2e.test_crash import assert_accounted_for, finish, seeded
from tests.e2e.traffic import CASES, deliveries
from tests.postgres import Server, server

EACH = 12

AWAY = "the store is away, requests are spooled"
DRAINED = "the spool is drained"
STAYS = "requests stay in the spool"

Outage = tuple[Callable[[Server], None], Callable[[Server], None]]
STOPPED: Outage = (lambda database: database.stop(signal.SIGINT), Server.start)
CRASHED: Outage = (lambda database: database.stop(signal.SIGKILL), Server.start)
HUNG: Outage = (Server.freeze, Server.thaw)


@pytest.fixture(name="database")
def _database() -> Iterator[Server]:
    with server("fsync=off") as database:  # the machine itself does not go down
        yield database


async def some_are_taken(act: Scene) -> None:
    wanted = len(act.senders.accepted) + len(CASES)
    await until(lambda: len(act.senders.accepted) >= wanted, "too few requests were answered")


async def until_logged(act: Scene, event: str) -> None:
    await until(lambda: act.relay.has_logged(event), f"not logged: {event}")


async def everybody_was_enrolled_once(act: Scene) -> None:
    await finish(act)
    await assert_accounted_for(act)
    assert act.enrolled() == act.expected()
    assert act.sandbox.doubles() == []


@pytest.mark.parametrize("outage", [STOPPED, CRASHED, HUNG], ids=["stopped", "crashed", "hung"])
async def test_while_the_database_is_away_intake_goes_on_and_everybody_is_enrolled_exactly_once(
    tmp_path: Path, database: Server, outage: Outage
) -> None:
    go_away, come_back = outage
    all_of_it = deliveries(3 * EACH)
    size = len(all_of_it) // 3
    async with scene(
        tmp_path, all_of_it, seeded(), database=database.url(), hurried=True, idempotency=True
    ) as act:
        await act.relay.start()
        act.send(all_of_it[:size])
        await some_are_taken(act)
        await asyncio.to_thread(go_away, database)
        act.send(all_of_it[size : 2 * size])
        await act.taken()
        assert act.relay.has_logged(AWAY)
        await asyncio.to_thread(come_back, database)
        act.send(all_of_it[2 * size :])
        await until_logged(act, DRAINED)
        assert list((tmp_path / "relay.db.spool").iterdir()) == []
        await everybody_was_enrolled_once(act)
        assert act.senders.failed == 0


async def asked(act: Scene, path: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as http, http.get(act.relay.url + path) as answer:
        return answer.status, (await answer.json(content_type=None)).get("detail")


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_relay_that_starts_while_the_database_is_away_takes_requests_at_once(
    tmp_path: Path, database: Server, processes: int
) -> None:
    """A database that never had a ledger."""
    all_of_it = deliveries(2 * EACH)
    size = len(all_of_it) // 2
    words = ("--processes", str(processes))
    await asyncio.to_thread(database.stop)
    async with scene(
        tmp_path, all_of_it, seeded(), database=database.url(), hurried=True, idempotency=True, words=words
    ) as act:
        await act.relay.start()
        assert await asked(act, "/readyz") == (200, "the store cannot be used: requests are spooled")
        assert await asked(act, "/livez") == (200, None)
        assert await asked(act, "/api/v1/nodes") == (503, "the relay is starting")
        act.send(all_of_it[:size])
        await act.taken()
        assert 1 <= len(act.spooled()) <= processes
        await asyncio.to_thread(database.start)
        act.send(all_of_it[size:])
        await until_logged(act, DRAINED)
        await everybody_was_enrolled_once(act)
        assert act.senders.failed == 0
        assert 1 <= [line["event"] for line in act.relay.logged()].count(AWAY) <= processes


async def test_a_relay_that_stops_while_the_database_is_away_says_what_waits_and_the_next_one_takes_it_over(
    tmp_path: Path, database: Server
) -> None:
    all_of_it = deliveries(EACH)
    await asyncio.to_thread(database.stop)
    async with scene(
        tmp_path, all_of_it, seeded(), database=database.url(), hurried=True, idempotency=True
    ) as act:
        await act.relay.start()
        act.send(all_of_it)
        await act.taken()
        assert await act.relay.terminate() == 0
        (left,) = (line for line in act.relay.logged() if line["event"] == STAYS)
        assert left["requests"] == len(act.senders.accepted)
        assert left["files"] == [file.name for file in act.spooled()]
        await asyncio.to_thread(database.start)
        await act.relay.start()
        await until_logged(act, DRAINED)
        await everybody_was_enrolled_once(act)


async def test_what_was_spooled_by_a_relay_that_was_killed_is_taken_over_by_the_next_one(
    tmp_path: Path, database: Server
) -> None:
    all_of_it = deliveries(2 * EACH)
    async with scene(
        tmp_path, all_of_it, seeded(), database=database.url(), hurried=True, idempotency=True
    ) as act:
        await act.relay.start()
        act.send(all_of_it[:EACH])
        await some_are_taken(act)
        await asyncio.to_thread(database.stop, signal.SIGKILL)
        act.send(all_of_it[EACH:])
        await some_are_taken(act)
        await until_logged(act, AWAY)
        await act.relay.kill()
        assert list((tmp_path / "relay.db.spool").iterdir()) != []
        await asyncio.to_thread(database.start)
        await act.relay.start()
        await until_logged(act, DRAINED)
        await everybody_was_enrolled_once(act)
