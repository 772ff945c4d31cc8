"""`relay suppress`: the list of who must not be written to, at a terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from relay.cli.output import errors
from relay.store import open_store
from tests.cli.terminal import Done, Terminal
from tests.store.desk import Desk

LIST = (
    "kind,value,reason,expires\nemail,ana@example.com,asked us,\ndomain,example.net,,2999-01-01T00:00:00Z\n"
)


async def made(desk: Desk) -> None:
    """A ledger that is there."""
    await desk.store.ledger()


@pytest.fixture(autouse=True)
def _ledger(relay: Terminal) -> None:
    relay.prepare(made)


def entries(relay: Terminal) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = relay("suppress", "list", "--json").json
    return listed


def values(relay: Terminal) -> list[str]:
    return [entry["value"] for entry in entries(relay)]


def imported(relay: Terminal, text: str | bytes, *words: str) -> Done:
    file = relay.folder / "list.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return relay("suppress", "import", file, *words)


def test_an_empty_list_says_how_to_fill_it(relay: Terminal) -> None:
    done = relay("suppress", "list")
    assert (done.code, entries(relay)) == (0, [])
    assert "Nobody is suppressed. relay suppress add and import change that." in done.said


def test_values_of_all_kinds_are_added_with_reason_and_end(relay: Terminal) -> None:
    words = ("Ana@Example.com", "@example.net", "202-555-0101", "--region", "us")
    done = relay("suppress", "add", *words, "--reason", "asked us", "--until", "2999-01-01")
    assert (done.code, done.said) == (0, "3 added, 0 replaced.")
    assert [(entry["kind"], entry["value"]) for entry in entries(relay)] == [
        ("phone", "+12025550101"),
        ("email", "ana@example.com"),
        ("domain", "example.net"),
    ]
    for shown in ("asked us", "2999-01-01 00:00:00"):
        assert relay("suppress", "list").said.count(shown) == 3


def test_adding_again_replaces(relay: Terminal) -> None:
    relay("suppress", "add", "ana@example.com")
    done = relay("suppress", "add", "ana@example.com", "ben@example.com", "--json")
    assert done.json == {"added": 1, "replaced": 1, "expired": 0}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("fine@example.com", "ana@"),
            "value 2 of 2, read as email: There must be something after the @-sign.",
        ),
        (("202-555-0101",), "value 1 of 1, read as phone: is not a valid phone number"),
        (("nonsense",), "value 1 of 1, read as domain: is not a domain such as example.com"),
        (("a@example.com", "--until", "2020-01-01"), "--until is in the past"),
        (("a@example.com", "--until", "soon"), "--until should be a date such as 2027-01-31"),
        (("a@example.com", "--reason", "x" * 201), "--reason should have at most 200 characters"),
        ((), "Missing argument"),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(relay: Terminal, words: tuple[str, ...], said: str) -> None:
    done = relay("suppress", "add", *words)
    assert done.code == 2
    assert said in done.said
    assert entries(relay) == []


def test_values_are_removed_in_whatever_form_they_are_named(relay: Terminal) -> None:
    relay("suppress", "add", "ana@example.com", "example.net", "ben@example.com")
    assert relay("suppress", "remove", "ANA@example.com", "@example.net").said == "2 removed."
    assert values(relay) == ["ben@example.com"]


def test_removing_what_is_not_there_is_a_no(relay: Terminal) -> None:
    relay("suppress", "add", "ana@example.com")
    done = relay("suppress", "remove", "ana@example.com", "ben@example.com", "--json")
    assert done.code == 1
    assert done.json == {"removed": ["ana@example.com"], "not_found": ["ben@example.com"]}
    assert "1 of 2 were not on the list" in done.said


def test_a_list_is_limited_and_says_that_there_is_more(relay: Terminal) -> None:
    relay("suppress", "add", *(f"guest{number}@example.com" for number in range(3)))
    done = relay("suppress", "list", "--limit", 2)
    assert "guest2" not in done.said
    assert "There are more; --limit and relay suppress export show them." in done.said
    assert len(relay("suppress", "list", "--limit", 2, "--json").json) == 2
    assert "There are more" not in relay("suppress", "list", "--limit", 3).said


def test_a_list_may_be_of_one_kind(relay: Terminal) -> None:
    relay("suppress", "add", "ana@example.com", "example.net")
    assert "ana" not in relay("suppress", "list", "--kind", "domain").said
    assert relay("suppress", "list", "--kind", "nonsense").code == 2


def test_a_file_is_imported_and_exported_the_same(relay: Terminal) -> None:
    assert imported(relay, LIST).said == "2 added, 0 replaced."
    assert sorted(relay("suppress", "export").out.splitlines()) == sorted(LIST.splitlines())
    assert relay("suppress", "export", "copy.csv").said == "2 written."
    relay("suppress", "remove", "ana@example.com", "example.net")
    assert relay("suppress", "import", "copy.csv", "--json").json == {"added": 2, "replaced": 0, "expired": 0}
    assert values(relay) == ["ana@example.com", "example.net"]


def test_entries_of_a_file_that_have_expired_are_left_out(relay: Terminal) -> None:
    done = imported(relay, LIST + "email,ben@example.com,,2020-01-01\n")
    assert done.said == "2 added, 0 replaced. 1 had expired and were left out."
    assert "ben@example.com" not in values(relay)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_files_of_a_spreadsheet_are_read(relay: Terminal, mark: bytes) -> None:
    assert imported(relay, mark + LIST.replace("\n", "\r\n").encode()).code == 0
    assert len(entries(relay)) == 2


def test_a_file_with_faults_imports_nothing_and_names_every_line(relay: Terminal) -> None:
    done = imported(relay, LIST + "email,ana(at)example.com,,\nmail,eve@example.com,,\n")
    assert done.code == 2
    for shown in ("list.csv has faults", "4 value", "5 kind should be email, phone or domain", "2 faults"):
        assert shown in done.said
    assert "nothing was imported" in done.said
    assert "eve@" not in done.said
    assert entries(relay) == []


def test_machines_get_every_fault_and_people_the_first_ones(relay: Terminal) -> None:
    text = "kind,value\n" + "email,nobody\n" * 30
    done = imported(relay, text, "--json")
    assert (done.code, done.json["added"], len(done.json["faults"])) == (2, 0, 30)
    assert done.json["faults"][0] == {
        "line": 2,
        "column": "value",
        "problem": "An email address must have an @-sign.",
    }
    assert "30 faults, the first 20 are shown" in imported(relay, text).said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"kind,value\nemail,a\xff\n", "line 2: is not UTF-8 text"),
        (b"", "should name the columns: kind,value,reason,expires"),
        (b"kind;value\n", "should be separated by commas"),
    ],
)
def test_a_file_that_is_no_list_is_told_what_one_looks_like(
    relay: Terminal, content: bytes, said: str
) -> None:
    done = imported(relay, content)
    assert done.code == 2
    assert said in done.said


def test_a_file_that_is_not_there_is_named(relay: Terminal) -> None:
    done = relay("suppress", "import", "missing.csv")
    assert (done.code, done.said) == (2, "missing.csv cannot be read: No such file or directory")


def test_more_than_a_relay_should_wait_for_is_refused(
    relay: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.cli.suppress_import._MOST", 1)
    done = imported(relay, LIST)
    assert done.code == 2
    assert "has 2 entries; at most 1 go in at a time split the file" in done.said
    assert entries(relay) == []


def test_a_long_import_is_shown_on_a_terminal_and_in_no_pipe(
    relay: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "kind,value\n" + "".join(f"domain,shop{number}.example.com\n" for number in range(6000))
    assert imported(relay, text).err == ""
    monkeypatch.setattr(errors, "_force_terminal", True)
    monkeypatch.setattr(errors, "is_interactive", True)
    monkeypatch.setenv("TERM", "xterm")
    done = imported(relay, text)
    assert "Reading" in done.err
    assert done.out == "0 added, 6000 replaced.\n"


def test_the_list_can_be_changed_beside_a_relay_at_work(relay: Terminal) -> None:
    ledger = Path(relay.folder / "relay.db")

    async def opened() -> None:
        async with open_store(ledger, exclusive=True) as store:
            await Desk(store).enrol("ana@example.com")
            await asyncio.to_thread(relay, "suppress", "add", "ana@example.com")
            assert await Desk(store).nothing_due()
            assert await Desk(store).counts() == {"suppressed": 1}

    asyncio.run(opened())


def test_no_entry_steers_the_terminal(relay: Terminal) -> None:
    relay("suppress", "add", "ana@example.com", "--reason", "\x1b[2J[/red]\u202e")
    done = relay("suppress", "list")
    assert not {"\x1b", "\u202e"} & set(done.out)
    assert orjson.loads(relay("suppress", "list", "--json").out)[0]["reason"] == "\x1b[2J[/red]\u202e"


def test_without_a_ledger_it_says_how_to_make_one(relay: Terminal) -> None:
    (relay.folder / "relay.db").unlink()
    done = relay("suppress", "list")
    assert done.code == 3
    assert "start the relay once" in done.said
