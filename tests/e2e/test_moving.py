"""A relay that is moved to a database under traffic, and a move that is stopped from outside."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from relay.config.keys import literal
from relay.store import open_store
from tests.e2e.polling import until_seen
from tests.e2e.process import RELAY, environ
from tests.e2e.scene import scene
from tests.e2e.test_crash import assert_accounted_for, between_sending_and_answer, finish, seeded
from tests.e2e.traffic import deliveries
from tests.postgres import Databases
from tests.store.desk import Desk


def set_url(config: Path, database: str) -> None:
    text = config.read_text("utf-8")
    config.write_text(text.replace("[store]\n", f"[store]\nurl = {literal(database)}\n"), "utf-8")


async def test_a_relay_is_moved_under_traffic_and_everybody_is_enrolled_exactly_once(
    tmp_path: Path, databases: Databases
) -> None:
    random, all_of_it = seeded(), deliveries(9)
    third = len(all_of_it) // 3
    async with (
        databases.new() as database,
        scene(tmp_path, all_of_it, random, hurried=True, idempotency=True) as act,
    ):
        await act.relay.start()
        act.send(all_of_it[:third])
        code, told = await act.relay.command("store", "migrate", "--to", database)
        assert (code, told["state"]) == (0, "copied")
        await between_sending_and_answer(act, lambda: act.send(all_of_it[third : 2 * third]), random)
        await act.relay.kill()
        code, told = await act.relay.command("store", "migrate", "--to", database, "--finish")
        assert (code, told["state"]) == (0, "moved")
        set_url(tmp_path / "node-0.toml", database)
        act.store = database
        await act.relay.start()
        act.send(all_of_it[2 * third :])
        await finish(act)
        counts = await assert_accounted_for(act)
        assert act.enrolled() == act.expected()
        assert act.sandbox.doubles() == []
        assert counts["enrollments"]["delivered"] == len(act.expected())


@asynccontextmanager
async def held_up(database: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Nobody writes an enrollment there."""
    connection = await asyncpg.connect(database)
    await connection.execute(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql"
        " AS $$BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END$$;"
        "CREATE TRIGGER wait BEFORE INSERT ON enrollment FOR EACH ROW EXECUTE FUNCTION wait();"
        "SELECT pg_advisory_lock(1)"
    )
    try:
        yield connection
        # First: who is gone may still wait for it there, and have what is dropped.
        await connection.execute("SELECT pg_advisory_unlock(1)")
        await connection.execute("DROP FUNCTION wait CASCADE")
    finally:
        await connection.close()


@pytest.mark.parametrize(("stopped", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
@pytest.mark.parametrize("words", [(), ("--finish",)])
async def test_a_move_that_is_stopped_goes_on_when_it_is_run_again(
    tmp_path: Path, databases: Databases, stopped: signal.Signals, code: int, words: tuple[str, ...]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"[store]\npath = {literal(str(tmp_path / 'relay.db'))}\n")
    async with open_store(tmp_path / "relay.db") as store:
        await Desk(store).enrol("ana@example.com")
    async with databases.new() as database:
        command = (str(RELAY), "store", "migrate", "--config", str(config), "--to", database, *words)
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environ()}

        async def run() -> asyncio.subprocess.Process:
            return await asyncio.create_subprocess_exec(*command, **pipes)

        async with held_up(database) as connection:
            waiting = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
            first = await run()
            await until_seen(lambda: connection.fetchval(waiting), "it did not come to the enrollments")
            first.send_signal(stopped)
            _, said = await first.communicate()
            assert first.returncode == code
            assert (b"Run the same again, and it goes on." in said) == (stopped is signal.SIGINT)
            assert b"Traceback" not in said
            assert await connection.fetchval("SELECT count(*) FROM move_range WHERE place = 'delivery'") == 1
        async with open_store(tmp_path / "relay.db", exclusive=True) as store:
            assert (await store.ledger()).accepted == 1
        second = await run()
        _, said = await second.communicate()
        assert (second.returncode, said) == (0, b"")
