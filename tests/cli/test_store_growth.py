"""`relay store size`, `prune` and `compact`: seeing how a ledger grows, and making it smaller."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from relay.store import Store, open_store
from tests.cli.terminal import Terminal, in_background
from tests.factories import DAY, incoming, quarantined, read_event
from tests.postgres import Databases
from tests.store.desk import Desk

WIDE = b"{" + 40_000 * b"x" + b"}"


async def two_months_ago(desk: Desk) -> None:
    """Ten people were enrolled, one is still a dead letter, and somebody unknown came by."""
    desk.now = round(time.time() * 1000) - 60 * DAY
    for number in range(10):
        await desk.store.add_request(incoming(body=WIDE, received_at=desk.now))
        await desk.save(await desk.claim_one(), read_event(f"guest{number}@example.com", key=f"P-{number}"))
        await desk.deliver(await desk.freeze())
    await desk.refuse("dead@example.com")
    await desk.store.add_quarantined(quarantined(received_at=desk.now), keep=10)


@pytest.fixture(name="old")
def _old(relay: Terminal) -> Terminal:
    relay.prepare(two_months_ago)
    return relay


async def nothing(_desk: Desk) -> None:
    """A ledger without anything in it."""


def test_an_empty_ledger_says_so(relay: Terminal) -> None:
    relay.prepare(nothing)
    shown = relay("store", "size")
    assert shown.code == 0
    assert "The ledger is empty, and takes" in shown.said


@pytest.mark.parametrize("command", ["size", "prune", "compact"])
def test_a_ledger_that_is_not_there_is_told_and_not_made(relay: Terminal, command: str) -> None:
    done = relay("store", command)
    assert done.code == 3
    assert "does not exist yet: start the relay once with `relay serve`" in done.said
    assert {path.name for path in relay.folder.iterdir()} == {"config.toml"}


def test_what_takes_the_room_is_shown_and_what_retention_will_do(old: Terminal) -> None:
    shown = old("store", "size").said
    assert re.search(r"requests [45]\d\d\.\d kB \N{FULL BLOCK}{24} 11 20\d\d-", shown)
    assert re.search(r"dead letters \S+ kB \N{FULL BLOCK}+ 1 20\d\d-", shown)
    assert "what requests said 30d 11 0 0" in shown
    assert "relay store prune removes it now" in shown


def test_machines_get_the_same(old: Terminal) -> None:
    told = old("store", "size", "--json").json
    rows = {table["name"]: table["rows"] for table in told["tables"] if table["rows"]}
    assert (rows["request"], rows["dead_letter"], rows["quarantine"]) == (11, 1, 1)
    assert told["bytes"] == (old.folder / "relay.db").stat().st_size
    assert told["retention"][0] | {"next_at": ""} == {
        "stage": "bodies",
        "due": 11,
        "soon": 0,
        "lingering": 0,
        "next_at": "",
    }


def test_a_ledger_that_keeps_everything_says_so(old: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELAY_RETENTION__BODIES", "0")
    monkeypatch.setenv("RELAY_RETENTION__RECORDS", "0")
    assert "Everything is kept for ever: see [retention]" in old("store", "size").said
    assert "nothing to remove" in old("store", "prune").said


def test_a_dry_run_says_what_goes_and_removes_nothing(old: Terminal) -> None:
    before = old("store", "size", "--json").json["tables"]
    foreseen = old("store", "prune", "--dry-run", "--json").json["would_remove"]
    assert foreseen == {"bodies": 10, "call bodies": 10, "quarantined": 1}
    assert (
        "Would be removed: 10 bodies, 10 call bodies, 1 quarantined."
        in old("store", "prune", "--dry-run").said
    )
    assert old("store", "size", "--json").json["tables"] == before


def test_what_is_past_its_time_goes_at_once(old: Terminal) -> None:
    assert "Removed: 10 bodies, 10 call bodies, 1 quarantined." in old("store", "prune").said
    assert "nothing to remove" in old("store", "prune").said
    assert old("status", "--json").json["balanced"]
    assert old("requests", "show", 1, "--json").json["received"]["kept"] is False


def test_a_retention_that_is_too_short_removes_nothing(
    old: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELAY_RETENTION__RECORDS", "1d")
    monkeypatch.setenv("RELAY_RETENTION__BODIES", "1d")
    done = old("store", "prune")
    assert done.code == 2
    assert "retention.records should be at least 30d" in done.said
    assert not old("status", "--json").json["retired"]["requests"]


def test_free_room_goes_back_to_the_disk(old: Terminal) -> None:
    old("store", "prune")
    before = (old.folder / "relay.db").stat().st_size
    assert "relay store compact gives them back" in old("store", "size").said
    assert "given back: " in old("store", "compact").said
    assert (old.folder / "relay.db").stat().st_size < before - 300_000
    assert "Nothing to give back" in old("store", "compact").said
    assert old("status", "--json").json["balanced"]


def test_a_relay_goes_on_meanwhile(old: Terminal) -> None:
    @asynccontextmanager
    async def at_work() -> AsyncIterator[Store]:
        async with open_store(old.folder / "relay.db", exclusive=True) as store:
            arriving = asyncio.create_task(_arrive(store))
            try:
                yield store
            finally:
                arriving.cancel()

    with in_background(at_work):
        assert old("store", "size", "--json").code == 0
        assert old("store", "prune", "--json").json["removed"]["bodies"] == 10
        done = old("store", "compact", "--json").json
    assert done["before_bytes"] > 0
    assert old("status", "--json").json["balanced"]


async def _arrive(store: Store) -> None:
    while True:
        await store.add_request(incoming(received_at=round(time.time() * 1000)))


async def test_a_database_is_looked_after_the_same_way(
    relay: Terminal, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with databases.new() as url:
        monkeypatch.setenv("RELAY_STORE__URL", url)
        async with open_store(url) as store:
            await two_months_ago(Desk(store))
        shown = (await asyncio.to_thread(relay, "store", "size")).said
        assert "dead rows" in shown
        assert "what requests said 30d 11" in shown
        removed = (await asyncio.to_thread(relay, "store", "prune", "--json")).json["removed"]
        assert removed == {"bodies": 10, "call bodies": 10, "quarantined": 1}
        compacted = await asyncio.to_thread(relay, "store", "compact", "--json")
        assert compacted.code == 0
        tables = (await asyncio.to_thread(relay, "store", "size", "--json")).json["tables"]
        assert next(one for one in tables if one["name"] == "delivery")["vacuumed"] is not None
