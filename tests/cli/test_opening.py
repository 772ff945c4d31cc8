"""How long a start tries to open its store, and when it does not try at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from itertools import islice
from math import inf

import pytest
from structlog.testing import capture_logs

from relay.cli import opening
from relay.cli.opening import GivenUp, opened_in_time, pauses
from relay.store import Store, open_store
from relay.store.base import StoreFault, Unfit
from tests.cli.terminal import Terminal
from tests.e2e.polling import until
from tests.postgres import Server, server


@pytest.fixture(name="guarded", scope="module")
def _guarded() -> Iterator[Server]:
    """A server that asks for a password."""
    with server("fsync=off") as started:
        started.stop()
        started.demand_passwords()
        started.start()
        yield started


@pytest.fixture(name="unguarded", scope="module")
def _unguarded() -> Iterator[Server]:
    with server("fsync=off") as started:
        yield started


async def opened(url: str, seconds: float = inf) -> None:
    """As a start does it that nobody stops."""
    async with AsyncExitStack() as stack:
        await opened_in_time(
            stack, lambda: open_store(url), seconds, stop=asyncio.Event(), waiting=asyncio.Event()
        )


@pytest.mark.parametrize("total", [0.1, 1.0, 60.0, 3600.0])
def test_tries_become_rarer_and_end_in_time(total: float) -> None:
    waited = list(pauses(total))
    assert sum(waited) == pytest.approx(total)
    assert waited[:-1] == sorted(waited[:-1])
    assert max(waited) <= 5


def test_a_store_that_is_not_waited_for_is_tried_once() -> None:
    assert list(pauses(0)) == []


def test_tries_for_a_store_that_is_waited_for_however_long_never_end() -> None:
    assert sum(islice(pauses(inf), 10_000)) > 40_000


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://relay:hunter2@127.0.0.1:9/relay", "refused"),
        ("postgresql://relay:hunter2@nowhere.invalid/relay", "not known"),
    ],
)
async def test_a_database_that_may_come_yet_is_tried_again_and_the_log_says_so_now_and_then(
    url: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(opening, "_LONGEST_PAUSE", 0.001)
    stop, waiting, tries = asyncio.Event(), asyncio.Event(), 0

    def trying() -> AbstractAsyncContextManager[Store]:
        nonlocal tries
        tries += 1
        return open_store(url)

    async with AsyncExitStack() as stack:
        with capture_logs() as logs:
            start = asyncio.create_task(opened_in_time(stack, trying, inf, stop=stop, waiting=waiting))
            await until(lambda: tries >= 5, "it was not tried again")
            assert waiting.is_set()
            assert [line["event"] for line in logs] == ["waiting for the store"]
            stop.set()
            with pytest.raises(GivenUp):
                await start
    assert why in logs[0]["fault"]
    assert "hunter2" not in str(logs)


async def test_while_a_start_waits_it_says_so_every_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_FIRST_PAUSE", "_LONGEST_PAUSE"):
        monkeypatch.setattr(opening, name, 0.001)
    monkeypatch.setattr(opening, "_REMIND_SECONDS", 0.0)
    with capture_logs() as logs, pytest.raises(StoreFault):
        await opened("postgresql://relay@127.0.0.1:9/relay", 0.004)
    assert [line["event"] for line in logs] == ["waiting for the store"] * 4


async def test_waiting_helps_nobody_with_a_wrong_password(guarded: Server) -> None:
    with pytest.raises(Unfit, match="check the user and the password") as caught:
        await opened(guarded.url().replace("relay@", "relay:hunter2@"))
    assert "hunter2" not in str(caught.value)


async def test_waiting_helps_nobody_who_names_a_database_that_was_never_made(unguarded: Server) -> None:
    with pytest.raises(Unfit, match='database "nothing" does not exist; create it'):
        await opened(unguarded.url("nothing"))


@pytest.mark.parametrize("query", ["sslmode=bogus", "target_session_attrs=bogus"])
async def test_waiting_helps_nobody_whose_url_cannot_be_understood(query: str) -> None:
    with pytest.raises(Unfit):
        await opened(f"postgresql://relay@127.0.0.1:9/relay?{query}")


@pytest.mark.parametrize("command", [("serve",), ("serve", "--processes", "2"), ("status",)], ids=" ".join)
def test_a_wrong_password_ends_any_command_at_once_with_a_sentence(
    relay: Terminal, guarded: Server, command: tuple[str, ...]
) -> None:
    url = guarded.url().replace("relay@", "relay:hunter2@")
    text = relay.config.read_text("utf-8")
    relay.config.write_text(text.replace("[store]\n", f'[store]\nurl = "{url}"\n'), "utf-8")
    done = relay(*command, "--config", relay.config)
    assert done.code == 3
    assert "password authentication failed" in done.said
    assert "check the user and the password in it" in done.said
    assert "hunter2" not in done.said
