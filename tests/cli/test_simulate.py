"""`relay simulate`: a recorded webhook, signed anew, sent to a relay that runs; and that relay's own end."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from connectors.forms import tally
from relay.cli.cases import cases_folder
from tests.cli.terminal import Terminal

SQUARE = """
[sources.till]
connector = "square"
secrets.signing_key = "key-of-the-till"
secrets.access_token = "access-of-the-till"
"""


@pytest.fixture(name="served")
def _served(relay: Terminal) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A relay in a process of its own, and its address."""
    relay.config.write_text(relay.config.read_text() + SQUARE + '\n[log]\nformat = "json"\n')
    command = [str(Path(sys.executable).parent / "relay"), "serve", "--config", str(relay.config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        url = ""
        for line in process.stderr:
            entry = orjson.loads(line) if line.startswith(b"{") else {}
            if entry.get("event") == "listening":
                url = entry["url"]
                break
        yield process, url
        process.kill()


def test_the_cases_of_a_connector_are_listed(relay: Terminal) -> None:
    assert "payment_completed" in relay("simulate", "square").out.split()
    assert "payment_completed" in relay("simulate", "square", "--json").json


OWN = """
[sources.wells]
connector = "bookwell"
secrets.signing_key = "key-of-the-wells"
"""


def test_cases_of_a_connector_in_a_folder_are_found_and_sent(relay: Terminal) -> None:
    own = relay.folder / "own"
    own.mkdir()
    assert relay("connectors", "new", "bookwell", "--group", "booking", "--folder", own).code == 0
    relay.config.write_text(f'connector_folders = ["{own}"]\n{relay.config.read_text()}{OWN}')
    names = sorted(path.stem for path in (own / "bookwell").glob("*.json"))
    assert relay("simulate", "bookwell", "--json").json == names
    sent = relay("simulate", "bookwell", names[0], "--url", "http://127.0.0.1:9")
    assert (sent.code, "no relay answers at http://127.0.0.1:9" in sent.said) == (3, True)
    unknown = relay("simulate", "bookwell", "no_such_case")
    assert unknown.code == 2
    assert f"its cases: {', '.join(names)}" in unknown.said


def test_a_corrected_connector_without_cases_of_its_own_has_those_that_came_with_the_relay(
    relay: Terminal,
) -> None:
    own = relay.folder / "forms"
    own.mkdir()
    (own / "tally.py").write_bytes(Path(tally.__file__).read_bytes())
    relay.config.write_text(f'connector_folders = ["{own}"]\n{relay.config.read_text()}')
    packaged = sorted(path.stem for path in (cases_folder() / "tally").glob("*.json"))
    assert relay("simulate", "tally", "--json").json == packaged


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("simulate", "sqare"), "did you mean 'square'?"),
        (("simulate", "square", "no_such_case"), "square has no case 'no_such_case'"),
        (
            ("simulate", "square", "payment_completed"),
            "the configuration has no source with connector square",
        ),
        (
            ("simulate", "generic", "body_not_json", "--source", "kiosk"),
            "the configuration has no source kiosk",
        ),
    ],
)
def test_a_mistake_in_the_words_is_told_in_a_sentence(
    relay: Terminal, words: tuple[str, ...], told: str
) -> None:
    done = relay(*words)
    assert done.code == 2
    assert told in done.said


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid", "not-a-url", "http://"])
def test_a_relay_that_does_not_answer_is_exit_3_with_a_hint(relay: Terminal, url: str) -> None:
    done = relay("simulate", "generic", "body_not_json", "--url", url)
    assert done.code == 3
    assert "start one with `relay serve`, or name it with --url" in done.said


def test_a_running_relay_takes_the_genuine_and_refuses_the_forged_and_ends_when_told(
    relay: Terminal, served: tuple[subprocess.Popen[bytes], str]
) -> None:
    process, url = served
    genuine = relay("simulate", "square", "payment_completed", "--url", url, "--json")
    assert (genuine.code, genuine.json) == (0, {"source": "till", "status": 200, "body": ""})
    forged = relay("simulate", "square", "payment_completed", "--url", url, "--forged")
    assert forged.code == 1
    assert "till answered 401" in forged.said
    unknown = relay("simulate", "generic", "body_not_json", "--url", f"{url}/elsewhere")
    assert (unknown.code, "answered 404" in unknown.said) == (1, True)
    second = relay("serve")
    assert second.code == 3
    assert f"another relay (process {process.pid}) works on the ledger" in second.said
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    status = relay("status", "--json")
    assert (status.code, status.json["accepted"], status.json["quarantined"]) == (0, 1, 1)
