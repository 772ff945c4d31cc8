"""`relay resume` lets go on what was held, and says when nothing is."""

from __future__ import annotations

from relay.core.outcome import Certainty, Scope
from tests.cli.terminal import Terminal
from tests.factories import LANE, failure
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


def test_nothing_held_is_exit_1(relay: Terminal) -> None:
    relay.prepare(held)
    done = relay("resume", "elsewhere")
    assert (done.code, done.out) == (1, "")
    assert "nothing of that is held" in done.said
