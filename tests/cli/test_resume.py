"""`relay resume` lets go on what was held, and says when nothing is."""

from __future__ import annotations

from relay.core.outcome import Certainty, Scope
from tests.cli.terminal import Terminal
from tests.factories import LANE, failure, policy
from tests.store.desk import Desk


async def held(desk: Desk) -> None:
    await desk.enrol_in(LANE)
    refused = failure(Certainty.REFUSED, Scope.DESTINATION, reason="401 INVALID_API_KEY: Invalid key")
    await desk.end(await desk.freeze(), refused)


def test_what_is_held_is_shown_and_resumed(relay: Terminal) -> None:
    relay.prepare(held)
    assert "Held: main: 401 INVALID_API_KEY: Invalid key" in " ".join(relay("status").said.split())
    assert relay("status", "--json").json["pauses"][0]["until"] is None
    assert relay("resume", "--json").json == {"resumed": ["main"]}
    assert relay("status", "--json").json["pauses"] == []


async def opened(desk: Desk) -> None:
    no_answer = failure(Certainty.UNKNOWN, Scope.DESTINATION, reason="no answer [b]within[/] 30 s")
    for number in range(3):
        await desk.enrol_at(LANE, f"guest{number}@example.com")
        await desk.end(await desk.freeze(), no_answer, policy(on_unknown_outcome="hold"))


def test_what_gets_no_calls_is_shown_and_let_through(relay: Terminal) -> None:
    relay.prepare(opened)
    assert "Open: main gets no calls" in " ".join(relay("status").said.split())
    assert "the last call: no answer [b]within[/] 30 s" in " ".join(relay("status").said.split())
    found = relay("status", "--json").json["breakers"]
    assert [(one["sequence"], one["state"], one["failures"]) for one in found] == [
        (None, "open", 3),
        (LANE.sequence, "open", 3),
    ]
    assert relay("resume", "main", "--json").json == {"resumed": ["main", f"main / {LANE.sequence}"]}
    assert "Half open: main answers again" in " ".join(relay("status").said.split())


def test_nothing_held_is_exit_1(relay: Terminal) -> None:
    relay.prepare(held)
    done = relay("resume", "elsewhere")
    assert (done.code, done.out) == (1, "")
    assert "nothing of that is held or gets no calls" in done.said
