"""The SQLite file itself: who may open it, what it must look like, and what a full disk does."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from relay.store import Store, open_store
from relay.store.base import StoreFault
from relay.store.sql.database import Database
from relay.store.sql.store import SqlStore
from relay.store.sqlite import writer
from relay.store.sqlite.connection import connect
from relay.store.sqlite.engine import SqliteEngine
from tests.factories import incoming, quarantined
from tests.store.conftest import Engine
from tests.store.desk import Desk


def altered(path: Path, statement: str) -> None:
    db = apsw.Connection(str(path))
    db.execute(statement)
    db.close()


async def opened(path: Path, *, exclusive: bool = True) -> None:
    async with open_store(path, exclusive=exclusive):
        pass


async def test_a_second_relay_on_the_same_file_is_refused(sqlite: Engine) -> None:
    async with sqlite.open():
        with pytest.raises(StoreFault, match=rf"another relay \(process {os.getpid()}\) works on the ledger"):
            await opened(sqlite.path)


async def test_the_file_is_free_again_when_its_relay_is_gone(sqlite: Engine) -> None:
    await opened(sqlite.path)
    await opened(sqlite.path)


async def test_no_program_that_leaves_can_take_itself_for_the_last_one(sqlite: Engine) -> None:
    """Who closes the file last deletes its log, and knows by locking these bytes, which all others share."""
    last_one = (
        "import fcntl, sys\n"
        "with open(sys.argv[1], 'r+b') as file:\n"
        "    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)\n"
    )
    async with sqlite.open() as store:
        await store.add_request(incoming())
        tried = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", last_one, str(sqlite.path)],
            capture_output=True,
            check=False,
        )
    assert b"BlockingIOError" in tried.stderr


def test_every_connection_waits_for_the_disk_at_each_commit(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "relay.db")) as db:
        assert db.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
        assert db.execute("PRAGMA synchronous").fetchall() == [(2,)]


async def test_what_was_acknowledged_before_a_kill_is_there(sqlite: Engine) -> None:
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.store.killed", str(sqlite.path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert killed.returncode == -9, killed.stderr
    acknowledged = {int(number) for number in killed.stdout.split()}
    assert 500 in acknowledged
    async with sqlite.open() as store:
        await store.expire_leases()
        await store.rescue_requests(0)
        assert {claimed.id for claimed in await Desk(store).claim(limit=10_000)} >= acknowledged
        assert (await store.ledger()).faults() == []


async def test_a_relay_that_died_leaves_no_lock_behind(sqlite: Engine) -> None:
    holder = (
        "import asyncio, os, sys, pathlib\n"
        "from relay.store import open_store\n"
        "async def main():\n"
        "    async with open_store(pathlib.Path(sys.argv[1]), exclusive=True):\n"
        "        os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    died = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", holder, str(sqlite.path)], check=False
    )
    assert died.returncode == -9
    await opened(sqlite.path)


async def test_a_file_that_cannot_be_opened_is_not_left_locked(sqlite: Engine) -> None:
    sqlite.path.write_bytes(b"this is not a database, and long enough to be seen as none" * 20)
    for _ in range(2):
        with pytest.raises(StoreFault, match="cannot be opened as an SQLite file"):
            await opened(sqlite.path)
    sqlite.path.unlink()
    await opened(sqlite.path)


async def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "relay.db"
    with pytest.raises(StoreFault, match=f"store.path {path}"):
        await opened(path)
    with pytest.raises(StoreFault, match=f"store.path {path}"):
        await opened(path, exclusive=False)


async def test_a_ledger_that_must_exist_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "relay.db"
    with pytest.raises(StoreFault, match="start the relay once"):
        async with open_store(path, must_exist=True):
            pass
    assert not path.exists()


async def test_a_ledger_of_a_newer_relay_is_refused(sqlite: Engine) -> None:
    await opened(sqlite.path)
    altered(sqlite.path, "INSERT INTO migration VALUES (9999, '9999_future.sql', 'x')")
    with pytest.raises(StoreFault, match="has migration 9999, which this relay does not know: upgrade it"):
        await opened(sqlite.path)


async def test_a_ledger_whose_migrations_were_altered_is_refused(sqlite: Engine) -> None:
    await opened(sqlite.path)
    altered(sqlite.path, "UPDATE migration SET checksum = 'other' WHERE number = 1")
    with pytest.raises(StoreFault, match="was applied in another form"):
        await opened(sqlite.path)


async def test_opening_again_applies_nothing_twice(sqlite: Engine) -> None:
    await opened(sqlite.path)
    db = apsw.Connection(str(sqlite.path))
    before = db.execute("SELECT * FROM migration").fetchall()
    db.close()
    await opened(sqlite.path)
    db = apsw.Connection(str(sqlite.path))
    assert db.execute("SELECT * FROM migration").fetchall() == before
    db.close()


async def test_nobody_else_on_the_machine_can_read_the_ledger(sqlite: Engine) -> None:
    async with sqlite.open() as store:
        await store.add_request(incoming())
        modes = {path.name: path.stat().st_mode & 0o777 for path in sqlite.path.parent.glob("relay.db*")}
    assert len(modes) == 5
    assert set(modes.values()) == {0o600}


async def test_a_closed_store_takes_nothing(sqlite: Engine) -> None:
    async with sqlite.open() as store:
        pass
    with pytest.raises(StoreFault, match="the store is closed"):
        await store.add_request(incoming())


async def test_closing_waits_for_what_was_handed_in(sqlite: Engine) -> None:
    async with sqlite.open() as store:
        handed_in = [asyncio.ensure_future(store.add_request(incoming())) for _ in range(50)]
        await asyncio.wait(handed_in, timeout=0)
    assert [one.result() for one in handed_in] == list(range(1, 51))


async def test_a_writer_that_finds_the_file_locked_for_long_says_so_and_goes_on(sqlite: Engine) -> None:
    async with sqlite.open() as store:
        blocker = apsw.Connection(str(sqlite.path))
        blocker.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(store.add_request(incoming()))
        await asyncio.wait([waiting], timeout=0)
        blocker.execute("ROLLBACK")
        blocker.close()
        assert await waiting == 1


def size_of(path: Path) -> int:
    return path.stat().st_size


async def add_large(store: Store, count: int) -> None:
    for _ in range(count):
        await store.add_request(incoming(body=bytes(64 * 1024)))


async def until_grown(store: Store, path: Path, before: int) -> None:
    """Till the log is copied into the file."""
    async with asyncio.timeout(30):
        while size_of(path) <= before:
            await store.ledger()


async def test_the_log_is_copied_into_the_file_while_requests_come_in(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "NEW_PAGES", 100)
    async with sqlite.open() as store:
        before = size_of(sqlite.path)
        await add_large(store, 200)
        await until_grown(store, sqlite.path, before)


async def test_the_log_is_copied_once_it_is_long_whatever_is_written(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LOG_PAGES", 100)
    async with sqlite.open() as store:
        before = size_of(sqlite.path)
        for _ in range(50):
            await store.add_quarantined(quarantined(body=bytes(64 * 1024)), keep=1000)
        await until_grown(store, sqlite.path, before)


async def test_the_log_begins_anew_although_requests_never_cease(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "NEW_PAGES", 20)
    monkeypatch.setattr(writer, "LOG_PAGES", 80)
    async with sqlite.open() as store:
        log = Path(f"{sqlite.path}-wal")
        ends = asyncio.Event()

        async def never_cease() -> None:
            while not ends.is_set():
                await add_large(store, 1)

        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            # While one is committed, others wait already: no copy of the log is ever whole.
            for _ in range(4):
                group.create_task(never_cease())
            while size_of(sqlite.path) < max(2 * size_of(log), 200 * 64 * 1024):
                await store.ledger()
            ends.set()


@pytest.fixture(name="after_full_disk")
async def _after_full_disk(sqlite: Engine) -> list[int]:
    """The ids that a process acknowledged before, during and after its disk was full."""
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.store.full_disk", str(sqlite.path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return [int(number) for number in ran.stdout.split()]


async def test_what_was_acknowledged_around_a_full_disk_is_there(
    sqlite: Engine, after_full_disk: list[int]
) -> None:
    async with sqlite.open() as store:
        there: set[int] = set()
        while claimed := await Desk(store).claim(limit=10_000):
            there |= {one.id for one in claimed}
        assert there >= set(after_full_disk)
        assert (await store.ledger()).faults() == []


async def test_a_long_look_holds_up_no_other_read(tmp_path: Path) -> None:
    begun, over = threading.Event(), threading.Event()

    def count(_db: Database) -> bool:
        begun.set()
        return over.wait(30)

    engine = SqliteEngine(tmp_path / "relay.db", exclusive=True)
    store = SqlStore(engine)
    try:
        looking = asyncio.create_task(engine.look(count))
        try:
            assert await asyncio.to_thread(begun.wait, 30)
            async with asyncio.timeout(10):
                assert await store.held() == []
                assert await store.add_request(incoming()) == 1
        finally:
            over.set()
        assert await looking
    finally:
        await store.close()
