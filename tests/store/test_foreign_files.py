"""A file that is no ledger is left alone, and one that is damaged is told of, both without a traceback."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from relay.store import open_store
from relay.store.base import StoreFault
from relay.store.sql.store import SqlStore
from relay.store.sqlite.engine import SqliteEngine

PAGE = 8192


@pytest.mark.parametrize("table", ["accounts (id)", "request (id)", "migration (id, applied_at)"])
async def test_another_programs_file_is_left_as_it_is(tmp_path: Path, table: str) -> None:
    path = tmp_path / "theirs.db"
    with apsw.Connection(str(path)) as theirs:
        theirs.execute(f"CREATE TABLE {table}")
    theirs.close()
    before = path.read_bytes()
    with pytest.raises(StoreFault, match=r"theirs\.db is another program's SQLite file"):
        async with open_store(path):
            pass
    assert path.read_bytes() == before


async def test_a_damaged_ledger_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "relay.db"
    async with open_store(path):
        pass
    with path.open("r+b") as file:
        file.seek(PAGE)
        file.write(b"\xff" * 4 * PAGE)
    with pytest.raises(
        StoreFault, match=r"relay\.db cannot be (used|opened).*: database disk image is malformed"
    ):
        async with open_store(path):
            pass


async def test_a_ledger_that_is_damaged_at_work_is_a_fault_of_the_store(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path / "relay.db", exclusive=True)
    store = SqlStore(engine)
    try:
        await engine.write(lambda db: db.execute("DROP TABLE quarantine"))
        with pytest.raises(StoreFault, match="cannot be read: no such table: quarantine"):
            await store.quarantined(1)
        await engine.write(lambda db: db.execute("DROP TABLE request_state"))
        with pytest.raises(StoreFault, match="cannot be written: no such table: request_state"):
            await store.rescue_requests(0)
    finally:
        await store.close()
