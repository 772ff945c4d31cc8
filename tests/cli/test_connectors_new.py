"""`relay connectors new` and `test`: a connector of one's own, from nothing to green, without a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from relay.checking.checks import CHECKS
from relay.cli.connectors.scaffold import WORDS
from tests.cli.terminal import Terminal

CASES = Path(__file__).parent.parent / "connectors"


def configured(relay: Terminal, *lines: str) -> None:
    """Lines at the top of the configuration."""
    relay.config.write_text("\n".join([*lines, relay.config.read_text()]))


def without_configuration(relay: Terminal) -> None:
    relay.config.unlink()


def outcomes(folder: Path) -> dict[str, str]:
    return {path.stem: orjson.loads(path.read_bytes())["expect"]["outcome"] for path in folder.glob("*.json")}


@pytest.mark.parametrize("group", WORDS)
def test_a_new_connector_of_every_group_is_green_at_once(relay: Terminal, group: str) -> None:
    without_configuration(relay)
    assert relay("connectors", "new", "book_well", "--group", group).code == 0
    done = relay("connectors", "test", "book_well", "--json")
    assert done.code == 0
    (found,) = done.json
    skipped = [one["reason"] for one in found["verdicts"] if one["state"] == "skipped"]
    assert found["failed"] == 0
    assert found["passed"] > 20
    # They are about other accounts, keys at an address, and secrets that may be left out.
    assert len(skipped) == 3
    assert all(skipped)


def test_its_cases_show_each_way_that_a_delivery_can_end(relay: Terminal) -> None:
    relay("connectors", "new", "bookwell")
    assert outcomes(relay.folder / "bookwell") == {
        "appointment_completed": "events",
        "appointment_completed_without_address": "ignored",
        "ping": "ignored",
        "other_unknown": "parked",
        "appointment_completed_forged": "unverified",
        "appointment_completed_stale": "unverified",
    }


def test_it_says_what_it_wrote_and_what_to_do_next(relay: Terminal) -> None:
    done = relay("connectors", "new", "bookwell", "--label", "Bookwell Ltd")
    assert "wrote bookwell.py" in done.said
    assert "wrote bookwell/ping.json" in done.said
    assert "relay connectors test bookwell" in done.said
    assert "Bookwell Ltd" in relay("connectors", "show", "bookwell").said


def test_it_goes_where_the_configuration_looks_for_connectors(relay: Terminal) -> None:
    own = relay.folder / "own"
    own.mkdir()
    configured(relay, f'connector_folders = ["{own}"]')
    assert relay("connectors", "new", "bookwell", "--json").json[0] == str(own / "bookwell.py")
    assert relay("connectors", "test", "bookwell").code == 0
    assert "bookwell" in relay("connectors", "list").said
    shown = relay("connectors", "show", "bookwell", "--json").json["cases"]
    assert shown == sorted(outcomes(own / "bookwell"))


def test_it_goes_where_it_is_told(relay: Terminal) -> None:
    done = relay("connectors", "new", "bookwell", "--folder", relay.folder / "made" / "here")
    assert done.code == 0
    assert relay("connectors", "test", "bookwell", "--folder", relay.folder / "made" / "here").code == 0


@pytest.mark.parametrize("taken", ["bookwell.py", "bookwell"])
def test_nothing_is_overwritten(relay: Terminal, taken: str) -> None:
    (relay.folder / taken).touch()
    done = relay("connectors", "new", "bookwell")
    assert done.code == 2
    assert f"{taken} is there already" in done.said
    assert {path.name for path in relay.folder.glob("bookwell*")} == {taken}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("Book-Well",), "'Book-Well' cannot be the name of a connector"),
        (("class",), "'class' cannot be the name of a connector"),
        (("../up",), "'../up' cannot be the name of a connector"),
        (("square",), "there is already a connector 'square'"),
        (("bookwell", "--group", "spa"), "there is no group 'spa'"),
    ],
)
def test_a_name_or_group_that_cannot_be_is_told(relay: Terminal, words: tuple[str, ...], told: str) -> None:
    done = relay("connectors", "new", *words)
    assert done.code == 2
    assert told in done.said
    assert not list(relay.folder.glob("*.py"))


def test_a_label_cannot_break_the_code(relay: Terminal) -> None:
    relay("connectors", "new", "bookwell", "--label", 'Book"""\\well\n{$x}')
    assert relay("connectors", "test", "bookwell").code == 0


def test_all_built_in_connectors_pass(relay: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    # The two that try every value of every case take most of the time, and are run for every connector by
    # `tests/test_connectors.py`.
    checks = tuple(one for one in CHECKS if not one.__name__.startswith("any_value_of_"))
    assert len(checks) == len(CHECKS) - 2
    monkeypatch.setattr("relay.checking.run.CHECKS", checks)
    done = relay("connectors", "test", "--json")
    assert done.code == 0
    verdicts = {found["connector"]: found["verdicts"] for found in done.json}
    assert verdicts.keys() == {folder.name for folder in CASES.iterdir()}
    for name, found in verdicts.items():
        assert len(found) == len(list(CASES.joinpath(name).glob("*.json"))) + len(checks)


def test_a_folder_or_a_file_can_be_tested(relay: Terminal) -> None:
    for name in ("one", "two"):
        relay("connectors", "new", name, "--folder", relay.folder / "own")
    found = relay("connectors", "test", relay.folder / "own", "--json").json
    assert [each["connector"] for each in found] == ["one", "two"]
    (alone,) = relay("connectors", "test", relay.folder / "own" / "two.py", "--json").json
    assert alone["connector"] == "two"


def spoil(path: Path, **expect: Any) -> None:
    case = orjson.loads(path.read_bytes())
    case["expect"]["events"][0] |= expect
    path.write_bytes(orjson.dumps(case))


def test_a_failure_says_case_expectation_and_what_came_instead(relay: Terminal) -> None:
    relay("connectors", "new", "bookwell")
    spoil(relay.folder / "bookwell" / "appointment_completed.json", location="south")
    done = relay("connectors", "test", "bookwell")
    assert done.code == 1
    assert "bookwell, case appointment_completed" in done.said
    assert 'expect.events[0].location: expected "south", got "north"' in done.said
    assert '- "location": "south"' in done.said
    assert '+ "location": "north"' in done.said
    assert "1 failed" in done.said


def test_machines_get_every_verdict(relay: Terminal) -> None:
    relay("connectors", "new", "bookwell")
    (relay.folder / "bookwell" / "broken.json").write_text("{")
    done = relay("connectors", "test", "bookwell", "--json")
    assert done.code == 1
    (failed,) = [one for one in done.json[0]["verdicts"] if one["state"] == "failed"]
    assert (failed["what"], failed["name"]) == ("case", "broken")
    assert "is not JSON" in failed["faults"][0]


def test_what_was_skipped_is_told_with_the_reason(relay: Terminal) -> None:
    said = relay("connectors", "test", "acuity").said
    assert "skipped: an old or future stamp is refused (the sender signs no time)" in said


def test_a_connector_that_cannot_be_used_fails_beside_the_others(relay: Terminal) -> None:
    own = relay.folder / "own"
    relay("connectors", "new", "good", "--folder", own)
    (own / "bad.py").write_text("import no_such_module\n")
    done = relay("connectors", "test", own)
    assert done.code == 1
    assert "connector 'bad' cannot be imported" in done.said
    listed = relay("connectors", "list", "--folder", own)
    assert listed.code == 1
    assert "good" in listed.out
    assert "connector 'bad' cannot be imported" in " ".join(listed.err.split())


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("calendy", "did you mean 'calendly'?"),
        ("missing.py", "there is no file missing.py"),
        (".", "has no connector"),
    ],
)
def test_what_cannot_be_tested_is_told(relay: Terminal, target: str, told: str) -> None:
    done = relay("connectors", "test", target)
    assert done.code == 2
    assert told in done.said
