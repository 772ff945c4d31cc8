"""A user's mistake is told in a sentence with a way out, under a documented exit code."""

from __future__ import annotations

import socket

import pytest

from relay import __version__
from tests.cli.terminal import Terminal


def test_the_version_is_printed(relay: Terminal) -> None:
    assert relay("--version").out == f"relay {__version__}\n"


def test_without_words_the_help_is_shown_with_the_exit_codes(relay: Terminal) -> None:
    said = relay("--help").said
    for shown in (
        "serve",
        "status",
        "dead",
        "quarantine",
        "Exit codes",
        "3 something needed cannot be reached",
    ):
        assert shown in said


@pytest.mark.parametrize(
    "words",
    [("explode",), ("status", "--no-such-option"), ("dead", "show"), ("serve", "--port", "70000"), ("dead",)],
)
def test_wrong_words_are_exit_2(relay: Terminal, words: tuple[str, ...]) -> None:
    assert relay(*words).code == 2


COMMANDS = [
    ("status",),
    ("dead", "list"),
    ("quarantine", "release"),
    ("check",),
    ("serve",),
    ("simulate", "generic", "body_not_json"),
    ("connectors", "list"),
]


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[server\nport = 1", "is not TOML: line 1"),
        ("[server]\nport = 'many'", "server.port should be a whole number"),
        ("[sever]\nport = 1", "did you mean server?"),
    ],
)
def test_a_faulty_configuration_is_told_by_every_command(
    relay: Terminal, words: tuple[str, ...], content: str, told: str
) -> None:
    relay.config.write_text(content)
    done = relay(*words)
    assert done.code == 2
    assert told in done.said


@pytest.mark.parametrize("words", COMMANDS)
def test_a_configuration_that_is_named_and_missing_is_told(relay: Terminal, words: tuple[str, ...]) -> None:
    done = relay(*words, "--config", "elsewhere.toml")
    assert done.code == 2
    assert "elsewhere.toml" in done.said
    assert "cannot be read: No such file or directory" in done.said


def test_a_folder_for_a_configuration_is_told(relay: Terminal) -> None:
    done = relay("status", "--config", relay.folder)
    assert done.code == 2
    assert "cannot be read: Is a directory" in done.said


def test_an_unknown_variable_of_the_environment_is_told(
    relay: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY_SERVER__PROT", "1")
    done = relay("status")
    assert done.code == 2
    assert "RELAY_SERVER__PROT" in done.said
    assert "did you mean RELAY_SERVER__PORT?" in done.said


@pytest.mark.parametrize(
    "words", [("status",), ("dead", "list"), ("dead", "retry", "dead-1"), ("quarantine", "list")]
)
def test_a_ledger_that_is_no_ledger_is_exit_3(relay: Terminal, words: tuple[str, ...]) -> None:
    (relay.folder / "relay.db").write_text("a shopping list, and a long one at that. " * 100)
    done = relay(*words)
    assert done.code == 3
    assert "relay.db cannot be opened as an SQLite file" in done.said


def test_a_folder_that_does_not_exist_for_the_ledger_is_exit_3(relay: Terminal) -> None:
    text = relay.config.read_text().replace("/relay.db", "/missing/relay.db")
    relay.config.write_text(text)
    done = relay("serve")
    assert done.code == 3
    assert "missing/relay.db cannot be used: No such file or directory" in done.said


def test_a_port_that_is_taken_is_exit_3(relay: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = relay("serve", "--port", port)
    assert done.code == 3
    assert f"cannot listen on 127.0.0.1, port {port} (server.port): Address already in use" in done.said


def test_a_secret_is_in_no_message(relay: Terminal) -> None:
    relay.config.write_text(relay.config.read_text().replace("settings.kind", "settings.knid"))
    done = relay("check")
    assert done.code == 2
    assert "token-of-the-shop" not in done.said
    assert "dem_" not in done.said
