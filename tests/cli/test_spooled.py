"""A relay whose database is away from its start: what commands on its machine tell."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from urllib.request import urlopen

import orjson
import pytest
from structlog.testing import capture_logs

from relay.cli.wiring import Relay, running
from relay.config.resolve import open_installation
from tests.cli.terminal import Terminal, in_background
from tests.installing import TOKEN
from tests.ports import free_port
from tests.web.front import SALE


@pytest.fixture(name="away")
def _away(relay: Terminal) -> None:
    url = f"postgresql://relay:hunter2@127.0.0.1:{free_port()}/relay"
    text = relay.config.read_text("utf-8").replace("[store]\n", f'[store]\nurl = "{url}"\n')
    relay.config.write_text(text.replace("port = 0", f"port = {free_port()}"), "utf-8")


@contextmanager
def working(relay: Terminal) -> Iterator[Relay]:
    """What it logs is not what a command says."""
    opening = partial(running, open_installation(relay.config, os.environ))
    with capture_logs(), in_background(opening) as started:
        yield started


@pytest.fixture(name="at_work")
def _at_work(relay: Terminal, away: None) -> Iterator[Relay]:
    with working(relay) as started:
        yield started


def send(relay: Relay) -> None:
    with urlopen(f"{relay.url}/hooks/shop/{TOKEN}", orjson.dumps(SALE), timeout=10) as answer:
        assert answer.status == 200


def test_a_relay_that_spools_is_ready_and_says_why_that_is_not_all(relay: Terminal, at_work: Relay) -> None:
    done = relay("health")
    assert (done.code, done.out) == (0, "ready: the store cannot be used: requests are spooled\n")


def test_the_status_tells_what_waits_on_this_machine(relay: Terminal, at_work: Relay) -> None:
    for _ in range(3):
        send(at_work)
    done = relay("status")
    assert done.code == 3
    assert "cannot be opened: Connection refused" in done.said
    assert "3 requests (" in done.said
    assert f"wait in the spool {relay.folder}/relay.db.spool, the oldest since " in done.said
    assert "hunter2" not in done.said
    told = relay("status", "--json")
    assert (told.code, told.json["spool"]["requests"], told.json["spool"]["files"]) == (3, 3, 1)
    assert told.json["spool"]["bytes"] > 0
    assert "refused" in told.json["fault"]


def test_what_a_relay_that_stopped_has_left_is_told_too(relay: Terminal, away: None) -> None:
    with working(relay) as at_work:
        send(at_work)
    assert "1 requests (" in relay("status").said


def test_where_nothing_waits_the_fault_is_told_alone(relay: Terminal, away: None) -> None:
    done = relay("status")
    assert (done.code, done.out) == (3, "")
    assert "cannot be opened: Connection refused" in done.said


def test_of_another_machines_relay_this_one_has_no_spool(
    relay: Terminal, at_work: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(at_work)
    monkeypatch.setenv("RELAY_URL", f"http://127.0.0.1:{free_port()}")
    done = relay("status")
    assert (done.code, done.out) == (3, "")
    assert "does not answer" in done.said
