"""`relay store backup`: a whole copy of the ledger while a relay works on it."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from relay.store import back_up
from relay.store.base import StoreFault
from tests.cli.terminal import Terminal


def enrolled(path: Path) -> int:
    with closing(apsw.Connection(str(path))) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return number(db, "SELECT count(*) FROM enrollment")


def number(db: apsw.Connection, statement: str) -> int:
    ((found,),) = db.execute(statement).fetchall()
    assert isinstance(found, int)
    return found


@pytest.fixture(name="ledger")
def _ledger(relay: Terminal) -> Path:
    relay.prepare(lambda desk: desk.enrol("ana@example.com", "ben@example.com"))
    return relay.folder / "relay.db"


def test_a_copy_is_a_ledger_that_only_its_owner_can_read(relay: Terminal, ledger: Path) -> None:
    done = relay("store", "backup", "copy.db", "--json")
    copy = relay.folder / "copy.db"
    assert (done.code, done.json["bytes"]) == (0, copy.stat().st_size)
    assert enrolled(copy) == enrolled(ledger) == 2
    assert copy.stat().st_mode & 0o077 == 0
    assert {path.name for path in relay.folder.glob("*copy*")} == {"copy.db"}


def test_a_copy_can_be_put_in_the_ledgers_place(relay: Terminal, ledger: Path) -> None:
    before = relay("status", "--json").json
    assert relay("store", "backup", "copy.db").code == 0
    ledger.unlink()
    (relay.folder / "copy.db").rename(ledger)
    assert relay("status", "--json").json == before


def test_who_writes_meanwhile_is_not_held_up_and_the_copy_is_of_one_moment(
    relay: Terminal, ledger: Path
) -> None:
    with closing(apsw.Connection(str(ledger))) as db:
        db.execute("CREATE TABLE heap (bytes BLOB)")
        db.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)"
            " INSERT INTO heap SELECT randomblob(1000000) FROM n"
        )
        told: list[tuple[int, int]] = []

        def write(done: int, of: int) -> None:
            told.append((done, of))
            writing = threading.Thread(target=db.execute, args=("DELETE FROM heap WHERE rowid % 2",))
            writing.start()
            writing.join()

        back_up(ledger, relay.folder / "copy.db", write)
    assert len(told) > 2
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]
    with closing(apsw.Connection(str(relay.folder / "copy.db"))) as copy:
        assert copy.execute("SELECT count(*) FROM heap").fetchall() == [(40,)]


def test_a_copy_takes_no_other_files_place(relay: Terminal, ledger: Path) -> None:
    (relay.folder / "copy.db").write_text("mine")
    done = relay("store", "backup", "copy.db")
    assert done.code == 3
    assert "exists already" in done.said
    assert (relay.folder / "copy.db").read_text() == "mine"


def test_a_folder_that_is_not_there_is_told(relay: Terminal, ledger: Path) -> None:
    done = relay("store", "backup", "missing/copy.db")
    assert done.code == 3
    assert "cannot be copied to missing/copy.db: " in done.said


def test_a_ledger_that_is_not_there_is_told_and_not_made(relay: Terminal) -> None:
    done = relay("store", "backup", "copy.db")
    assert done.code == 3
    assert {path.name for path in relay.folder.iterdir()} == {"config.toml"}


def test_a_ledger_in_a_database_is_backed_up_by_other_means(
    relay: Terminal, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY_STORE__URL", "postgresql://relay@127.0.0.1/relay")
    done = relay("store", "backup", "copy.db")
    assert done.code == 2
    assert "pg_dump" in done.said
    assert not (relay.folder / "copy.db").exists()


def test_another_programs_file_is_no_ledger(tmp_path: Path) -> None:
    with closing(apsw.Connection(str(tmp_path / "other.db"))) as db:
        db.execute("CREATE TABLE shopping (item TEXT)")
    with pytest.raises(StoreFault, match="is no ledger"):
        back_up(tmp_path / "other.db", tmp_path / "copy.db", lambda _done, _of: None)
    assert {path.name for path in tmp_path.iterdir()} == {"other.db"}


def test_a_damaged_ledger_is_told_and_leaves_no_copy(relay: Terminal, ledger: Path) -> None:
    with closing(apsw.Connection(str(ledger))) as db:
        size = number(db, "PRAGMA page_size")
        root = number(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'enrollment'")
    with ledger.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    done = relay("store", "backup", "copy.db")
    assert done.code == 3
    assert "damaged" in done.said
    assert not (relay.folder / "copy.db").exists()
