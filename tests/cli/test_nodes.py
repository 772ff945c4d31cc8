"""`relay nodes` and the line of `relay status`: which processes are at work, and which should be."""

from __future__ import annotations

from dataclasses import replace

from relay.clock import SystemClock, milliseconds
from tests.cli.terminal import Terminal
from tests.factories import HOUR, MINUTE, NOW_MS, node
from tests.store.desk import Desk


async def nobody(desk: Desk) -> None:
    await desk.store.ledger()


async def three(desk: Desk) -> None:
    now = milliseconds(SystemClock())
    await desk.store.nodes.tell(node("a", now, pid=11))
    await desk.store.nodes.tell(node("b", now, pid=12, name="all-2"))
    await desk.store.nodes.tell(replace(node("c", now - HOUR, host="sh\x1bop"), started_at=now - 2 * HOUR))


async def one(desk: Desk) -> None:
    await desk.store.nodes.tell(node("a", milliseconds(SystemClock()) - MINUTE // 2))


def test_where_no_relay_is_at_work_it_says_what_starts_one(relay: Terminal) -> None:
    relay.prepare(nobody)
    done = relay("nodes")
    assert (done.code, done.said) == (0, "No relay is at work on this ledger: relay serve starts one.")
    assert relay("nodes", "--json").json == []
    assert "No node is up: nothing is taken in and nothing goes out." in relay("status").said


def test_every_node_is_listed_with_what_it_does(relay: Terminal) -> None:
    relay.prepare(three)
    said = relay("nodes").said
    assert "all-1 sh\ufffdop 7 all 1.0 gone" in said
    assert "all-1 till 11 all 1.0 up" in said
    assert "all-2 till 12 all 1.0 up" in said
    assert said.endswith(" 3 2 0")


def test_machines_get_nodes_too(relay: Terminal) -> None:
    relay.prepare(three)
    listed = relay("nodes", "--json").json
    assert [(found["id"], found["state"]) for found in listed] == [("c", "gone"), ("a", "up"), ("b", "up")]
    assert relay("status", "--json").json["nodes"] == listed


def test_the_status_says_how_many_are_up_and_that_some_are_gone(relay: Terminal) -> None:
    relay.prepare(three)
    assert "2 nodes are up. 1 is gone without saying so: relay nodes" in relay("status").said


async def spooling(desk: Desk) -> None:
    now = milliseconds(SystemClock())
    await desk.store.nodes.tell(node("a", now, spooled=1804, spooled_since=NOW_MS))


def test_what_waits_in_a_spool_is_shown(relay: Terminal) -> None:
    relay.prepare(spooling)
    waits = "1804 requests wait in the spool of all-1 on till, the oldest since 2026-03-14 18:00:00 UTC."
    assert waits in relay("status").said
    assert relay("nodes").said.endswith(" 1804")
    (listed,) = relay("nodes", "--json").json
    assert (listed["spooled"], listed["spooled_since"]) == (1804, "2026-03-14T18:00:00.000Z")


def test_a_node_that_is_late_is_up(relay: Terminal) -> None:
    relay.prepare(one)
    said = relay("status").said
    assert "1 node is up." in said
    assert "gone" not in said
