"""`relay store migrate`: what it asks for, what it says, and what commands do before and afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from relay.store import open_store
from tests.cli.terminal import Terminal, in_background
from tests.postgres import Databases


@pytest.fixture(name="database")
def _database(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty database, which `LEDGER` holds, too."""
    with in_background(databases.new) as url:
        monkeypatch.setenv("LEDGER", url)
        yield url


@pytest.fixture(name="ledger")
def _ledger(relay: Terminal) -> Path:
    relay.prepare(lambda desk: desk.enrol("ana@example.com", "ben@example.com"))
    return relay.folder / "relay.db"


def set_url(relay: Terminal) -> None:
    text = relay.config.read_text()
    relay.config.write_text(text.replace("[store]\n", '[store]\nurl = { env = "LEDGER" }\n'))


def test_a_ledger_is_copied_moved_and_found_where_store_url_says(
    relay: Terminal, ledger: Path, database: str
) -> None:
    before = relay("status", "--json").json
    copied = relay("store", "migrate", "--to", "env:LEDGER")
    assert copied.code == 0
    assert "rows copied to postgresql://relay@127.0.0.1" in copied.said
    assert "Stop the relay, and run the same with --finish" in copied.said
    moved = relay("store", "migrate", "--to", "env:LEDGER", "--finish")
    assert moved.code == 0
    assert "every row was compared. Set store.url to it, and start the relay" in moved.said
    refused = relay("status")
    assert refused.code == 3
    assert f"{ledger} was moved to postgresql://relay@127.0.0.1" in refused.said
    set_url(relay)
    assert relay("status", "--json").json == before
    (entry,) = relay("audit", "list", "--json").json
    assert (entry["action"], entry["detail"]) == ("store.migrate", {"source": str(ledger)})


def test_machines_get_one_document_for_each_step(relay: Terminal, ledger: Path, database: str) -> None:
    survey = relay("store", "migrate", "--to", "env:LEDGER", "--dry-run", "--json").json
    assert (survey["ledger"], survey["copied"], survey["size"]) == (str(ledger), 0, ledger.stat().st_size)
    assert (survey["tables"]["enrollment"], survey["tables"]["request"]) == (2, 1)
    copied = relay("store", "migrate", "--to", "env:LEDGER", "--json").json
    assert (copied["state"], copied["left"], copied["warnings"]) == ("copied", 0, [])
    moved = relay("store", "migrate", "--to", "env:LEDGER", "--finish", "--json").json
    assert (moved["state"], moved["passes"]) == ("moved", [0])
    parts = urlsplit(database)
    assert moved["database"] == f"postgresql://relay@127.0.0.1:{parts.port}{parts.path}"


def test_a_dry_run_shows_what_there_is_and_changes_nothing(
    relay: Terminal, ledger: Path, database: str
) -> None:
    done = relay("store", "migrate", "--to", "env:LEDGER", "--dry-run")
    assert done.code == 0
    assert "enrollment 2" in done.said
    assert "can take it. 0 rows are there already; the other" in done.said

    async def accepted() -> int:
        async with open_store(database) as store:
            return (await store.ledger()).accepted

    assert relay.prepare(lambda _: accepted()) == 0


def test_the_url_may_stand_in_a_file_or_be_that_of_store_url(
    relay: Terminal, ledger: Path, database: str
) -> None:
    (relay.folder / "url").write_text(f"{database}\n")
    assert relay("store", "migrate", "--to", "file:url").code == 0
    set_url(relay)
    assert relay("store", "migrate", "--finish").code == 0
    assert relay("status").code == 0


def test_a_password_in_a_command_is_warned_of_and_never_shown(relay: Terminal, ledger: Path) -> None:
    done = relay("store", "migrate", "--to", "postgresql://relay:pa55word@127.0.0.1:9/relay")
    assert done.code == 3
    assert "can see a password in a command" in done.said
    assert "postgresql://relay@127.0.0.1:9/relay cannot be reached" in done.said
    assert "pa55word" not in done.said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--to", "env:NOWHERE"], "the environment variable NOWHERE is not set"),
        (["--to", "env:no-name"], "--to env:no-name names no environment variable"),
        (["--to", "file:missing"], "the file cannot be read: No such file or directory"),
        (["--to", "relay.db"], "is no URL of a PostgreSQL database"),
        (["--to", "mysql://localhost/relay"], "is no URL of a PostgreSQL database"),
        ([], "which database is not said name it: --to env:NAME or --to file:PATH"),
    ],
)
def test_what_names_no_database_is_told(relay: Terminal, ledger: Path, words: list[str], told: str) -> None:
    done = relay("store", "migrate", *words)
    assert done.code == 2
    assert told in done.said


def test_a_relay_at_work_is_to_be_stopped_for_the_end_alone(
    relay: Terminal, ledger: Path, database: str
) -> None:
    with in_background(lambda: open_store(ledger, exclusive=True)):
        assert relay("store", "migrate", "--to", "env:LEDGER").code == 0
        done = relay("store", "migrate", "--to", "env:LEDGER", "--finish")
    assert done.code == 3
    assert "stop all its processes, and run this again" in done.said
    assert relay("status").code == 0


def test_a_file_that_was_moved_is_taken_back_only_by_somebody_who_is_sure(
    relay: Terminal, ledger: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay("store", "migrate", "--to", "env:LEDGER", "--finish")
    monkeypatch.setattr("sys.stdin", StringIO("n\n"))
    unsure = relay("store", "migrate", "--undo")
    assert unsure.code == 1
    assert "without what a relay on the database has taken in or sent since? " in unsure.said
    assert "Nothing is changed" in unsure.said
    assert relay("status").code == 3
    done = relay("store", "migrate", "--undo", "--yes")
    assert done.code == 0
    assert "Let none work on postgresql://relay@127.0.0.1" in done.said
    assert relay("status").code == 0
    assert relay("store", "migrate", "--undo", "--yes", "--json").json["moved_to"] is None


def test_what_was_wrong_before_is_told(relay: Terminal, ledger: Path, database: str) -> None:
    async def lose_a_request() -> None:
        from tests.store.conftest import Engine  # noqa: PLC0415  # its fixtures are the store's

        await Engine(ledger).execute("DELETE FROM request")

    relay.prepare(lambda _: lose_a_request())
    done = relay("store", "migrate", "--to", "env:LEDGER", "--finish")
    assert done.code == 0
    assert "in the ledger as it was before: 0 requests were accepted, 1 have a state" in done.said
