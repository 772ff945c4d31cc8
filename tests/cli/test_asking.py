"""How commands reach the desk: through the relay that runs, else on the ledger itself."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from relay.cli.running import Running, announced
from relay.cli.wiring import Relay, running
from relay.config.resolve import open_installation
from tests.cli.terminal import Terminal, in_background


@pytest.fixture
def at_work(relay: Terminal) -> Iterator[Relay]:
    with in_background(lambda: running(open_installation(relay.config, os.environ))) as started:
        yield started


def test_a_command_goes_through_the_relay_that_runs(
    relay: Terminal, at_work: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("the ledger was opened beside the relay")

    monkeypatch.setattr("relay.cli.asking.open_store", forbidden)

    done = relay("audit", "list", "--json")

    assert (done.code, done.json) == (0, [])


def test_what_a_relay_announces_only_its_owner_can_read(relay: Terminal, at_work: Relay) -> None:
    place = relay.folder / "relay.db.running"

    assert place.stat().st_mode & 0o077 == 0


def test_a_relay_that_stopped_is_no_longer_announced(relay: Terminal) -> None:
    with in_background(lambda: running(open_installation(relay.config, os.environ))):
        pass

    assert not (relay.folder / "relay.db.running").exists()
    assert relay("audit", "list").code == 0


def test_what_a_relay_left_that_was_killed_holds_nobody_up(relay: Terminal) -> None:
    relay.prepare(lambda desk: desk.store.ledger())
    with announced(relay.folder / "relay.db", Running("http://127.0.0.1:9", "gone")):
        assert relay("audit", "list").code == 0


def test_a_ledger_that_is_not_there_yet_is_told_with_what_to_do(relay: Terminal) -> None:
    done = relay("audit", "list")

    assert done.code == 3
    assert "start the relay once with `relay serve`" in done.said


def test_a_relay_elsewhere_is_reached_by_its_address_and_a_token(
    relay: Terminal, at_work: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY_URL", at_work.url)
    monkeypatch.setenv("RELAY_TOKEN", "no-token-of-this-relay")

    done = relay("audit", "list")

    assert done.code == 2
    assert "this token is not known" in done.said


def test_a_relay_elsewhere_that_does_not_answer_is_exit_3(
    relay: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY_URL", "http://127.0.0.1:9")

    done = relay("audit", "list")

    assert done.code == 3
    assert "the relay at http://127.0.0.1:9 does not answer" in done.said
