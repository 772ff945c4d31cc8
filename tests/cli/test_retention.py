"""What commands say of what was retired."""

from __future__ import annotations

from relay.core.retention import Kept
from tests.cli.terminal import Terminal
from tests.factories import DAY
from tests.store.desk import Desk


async def a_month_ago(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.deliver(await desk.freeze())
    desk.move(31 * DAY)
    while (await desk.store.retention.step(Kept(), desk.now)).next_due <= desk.now:
        pass


def test_a_request_whose_body_is_gone_is_shown_without_it(relay: Terminal) -> None:
    relay.prepare(a_month_ago)
    shown = relay("requests", "show", 1)
    assert shown.code == 0
    assert "What it said is not kept any more: see retention.bodies" in shown.said
    assert "ana@example.com" in shown.said
    assert relay("requests", "show", 1, "--json").json["received"]["kept"] is False


def test_a_body_that_is_gone_is_not_an_empty_one(relay: Terminal) -> None:
    relay.prepare(a_month_ago)
    done = relay("requests", "body", 1)
    assert (done.code, done.out) == (1, "")
    assert "not kept any more" in done.said


def test_nothing_is_recorded_of_a_request_that_is_gone(relay: Terminal) -> None:
    relay.prepare(a_month_ago)
    done = relay("connectors", "record", "request-1", "--name", "case")
    assert done.code == 1
    assert "request-1: What it said is not kept any more" in done.said
