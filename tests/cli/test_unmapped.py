"""Dead letters that lack a location: seen, explained and retried at a terminal."""

from __future__ import annotations

from typing import Literal

import orjson

from relay.cli.options import load_installation
from relay.cli.wiring import running
from relay.core.attribution import Unmapped
from relay.sandbox.first import DOWNTOWN
from tests.cli.terminal import Terminal, in_background
from tests.factories import new_enrollment, read_event
from tests.store.desk import Desk

REASON = 'location "L9" of shop is not in destinations.main.locations'


async def held(desk: Desk) -> None:
    await lacking(desk, "held")


async def lacking(desk: Desk, cause: Literal["held", "unmapped"] = "unmapped") -> None:
    one = new_enrollment(unmapped=Unmapped(cause, REASON), note="employee left out")
    detail = orjson.dumps({"location": "L9", "employee": None})
    await desk.report(read_event(enrollments=(one,), detail=detail))


def configure(relay: Terminal, *lines: str) -> None:
    """Say more about the destination."""
    text = relay.config.read_text()
    relay.config.write_text(text.replace("\n[sources.shop]", "\n".join((*lines, "", "[sources.shop]")), 1))


async def counts(desk: Desk) -> dict[str, int]:
    return await desk.counts()


def test_its_story_says_what_is_lacking_and_what_was_left_out(relay: Terminal) -> None:
    relay.prepare(lacking)
    said = relay("dead", "show", "dead-1").said
    for shown in ("cause unmapped", REASON, "note employee left out"):
        assert shown in said
    assert relay("dead", "show", "dead-1", "--json").json["note"] == "employee left out"


def test_a_retry_without_a_map_says_what_to_do(relay: Terminal) -> None:
    relay.prepare(lacking)
    configure(relay, 'unknown_location = "dead"', f'locations = {{ "L1" = "{DOWNTOWN}" }}')
    done = relay("dead", "retry", "dead-1")
    assert done.code == 1
    assert f"dead-1 stays: {REASON}" in done.said
    assert "1 of 1 stay mend what is named" in done.said
    counts_ = relay("dead", "retry", "--all", "--json").json["counts"]
    assert counts_["failed"] == 1
    assert relay("jobs", "items", 1, "--json").json[0]["reason"].endswith(REASON)
    assert relay.prepare(counts) == {"dead": 1}


def test_a_retry_with_a_map_sends_it(relay: Terminal) -> None:
    relay.prepare(lacking)
    configure(relay, f'locations = {{ "L9" = "{DOWNTOWN}" }}')
    assert relay("dead", "retry", "dead-1").said.startswith("1 retried.")
    assert relay.prepare(counts) == {"waiting": 1}


def test_beside_a_wrong_id_it_is_still_said_to_stay(relay: Terminal) -> None:
    relay.prepare(lacking)
    configure(relay, 'unknown_location = "hold"')
    done = relay("dead", "retry", "dead-1", "dead-7")
    assert done.code == 1
    assert f"dead-1 stays: {REASON}" in done.said
    assert "no such dead letters: dead-7" in done.said


def test_a_relay_that_starts_with_a_map_releases_what_was_held(relay: Terminal) -> None:
    relay.prepare(held)
    configure(relay, 'unknown_location = "hold"')
    with in_background(lambda: running(load_installation(relay.config, quiet=True))):
        assert relay.prepare(counts) == {"dead": 1}
    configure(relay, f'locations = {{ "L9" = "{DOWNTOWN}" }}')
    with in_background(lambda: running(load_installation(relay.config, quiet=True))):
        assert "dead" not in relay.prepare(counts)
