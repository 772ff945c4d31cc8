"""`relay health`: what a supervisor that runs commands learns."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from relay.cli.health import address_of
from relay.cli.wiring import Relay, running
from relay.config.models import Server
from relay.config.resolve import open_installation
from tests.cli.terminal import Terminal, in_background
from tests.ports import free_port


@pytest.fixture
def at_work(relay: Terminal) -> Iterator[Relay]:
    text = relay.config.read_text().replace("port = 0", f"port = {free_port()}")
    relay.config.write_text(text)
    with in_background(lambda: running(open_installation(relay.config, os.environ))) as started:
        yield started


def test_a_relay_that_is_ready_is_exit_0(relay: Terminal, at_work: Relay) -> None:
    assert (relay("health").code, relay("health").out) == (0, "ready\n")
    assert (relay("health", "--live").code, relay("health", "--live").out) == (0, "alive\n")
    assert relay("health", "--url", at_work.url + "/", "--json").json == {"ok": True, "detail": None}


def test_a_relay_that_stops_is_exit_1_and_alive(relay: Terminal, at_work: Relay) -> None:
    at_work.health.stop()
    done = relay("health")
    assert (done.code, done.out) == (1, "not ready: the relay is stopping\n")
    assert relay("health", "--json").json == {"ok": False, "detail": "the relay is stopping"}
    assert relay("health", "--live").code == 0


def test_a_proxy_of_the_environment_is_not_asked(
    relay: Terminal, at_work: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert relay("health").code == 0


def test_where_nobody_answers_is_exit_3(relay: Terminal) -> None:
    done = relay("health", "--url", f"http://127.0.0.1:{free_port()}")
    assert done.code == 3
    assert "Connection refused" in done.said


def test_what_is_no_address_is_told(relay: Terminal) -> None:
    assert relay("health", "--url", "somewhere").code == 3


def test_a_port_that_the_relay_alone_knows_is_told_with_what_to_do(relay: Terminal) -> None:
    done = relay("health")
    assert done.code == 2
    assert "--url" in done.said


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("relay.internal", "http://relay.internal:80"),
    ],
)
def test_a_relay_that_listens_everywhere_is_asked_here(host: str, asked: str) -> None:
    assert address_of(Server(host=host, port=80)) == asked
