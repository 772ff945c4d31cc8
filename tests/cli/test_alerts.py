"""`relay alerts`: what is wrong, what was, and whether the channels work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import standardwebhooks

from relay.core.alert_life import Alert, Step
from relay.core.alerts import AlertKind, Condition, Severity
from relay.store.alerts import Outgoing, Saved
from tests.cli.terminal import Terminal, in_background
from tests.factories import HOUR, MINUTE, NOW_MS
from tests.store.desk import Desk
from tests.work.receiver import SECRET, Receiver, receiving

HELD = Condition(
    key="held:main",
    kind=AlertKind.HELD,
    severity=Severity.CRITICAL,
    text="Nothing goes to main: [red]401[/] \x1b[31m.",
    command="relay resume main",
    page="/console",
)
PENDING = replace(HELD, key="breaker:main", kind=AlertKind.BREAKER, text="Not for long enough yet.")


async def some(desk: Desk) -> None:
    """One that is open and not told yet, one that is not open yet, and one that is over."""
    look = await desk.store.alerts.claim_look(NOW_MS, NOW_MS, HOUR)
    assert look is not None
    alert = Alert(condition=HELD, since=NOW_MS, seen_at=NOW_MS, opened_at=NOW_MS, told_at=NOW_MS)
    over = replace(
        alert,
        condition=replace(HELD, key="imbalance", text="The accounts do not balance."),
        closed_at=NOW_MS + MINUTE,
    )
    pending = Alert(condition=PENDING, since=NOW_MS, seen_at=NOW_MS)
    saved = [
        Saved(Step(alert, "opened"), (Outgoing("team", b"{}"),)),
        Saved(Step(over)),
        Saved(Step(pending)),
    ]
    assert await desk.store.alerts.save_look(look, saved)
    (message,) = await desk.store.alerts.claim_messages(["team"], NOW_MS, NOW_MS)
    await desk.store.alerts.put_off_message(message, NOW_MS, "answered 503")


async def nothing(desk: Desk) -> None:
    await desk.store.ledger()


def test_where_nothing_is_wrong_it_says_so(relay: Terminal) -> None:
    relay.prepare(nothing)
    done = relay("alerts", "list")
    assert (done.code, done.said) == (0, "No alert is open.")
    assert relay("alerts", "list", "--json").json == {"open": [], "past": [], "untold": []}


def test_what_is_wrong_what_was_and_what_was_not_told_is_listed(relay: Terminal) -> None:
    relay.prepare(some)
    said = relay("alerts", "list").said
    assert "2026-03-14 18:00:00 critical Nothing goes to main: [red]401[/]" in said
    assert "relay resume main" in said
    assert "2026-03-14 18:00:00 2026-03-14 18:01:00 critical The accounts do not balance." in said
    assert "1 not told yet to team, since 2026-03-14 18:00:00 UTC, the last try: answered 503" in said
    assert "Not for long enough yet" not in said
    assert "\x1b" not in relay("alerts", "list").out


def test_machines_get_it_too(relay: Terminal) -> None:
    relay.prepare(some)
    found = relay("alerts", "list", "--json").json
    assert [one["key"] for one in found["open"]] == ["held:main"]
    assert [one["closed_at"] for one in found["past"]] == ["2026-03-14T18:01:00.000Z"]
    assert [(one["channel"], one["count"]) for one in found["untold"]] == [("team", 1)]


@pytest.fixture(name="receiver")
def _receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    with in_background(lambda: receiving(receiver)):
        yield receiver


def add_channels(relay: Terminal, url: str) -> None:
    text = f"""
        [[alerts.channels]]
        name = "team"
        kind = "webhook"
        url = "{url}/hook"
        secret = "{SECRET}"

        [[alerts.channels]]
        name = "chat"
        kind = "slack"
        url = "{url}/chat"
    """
    relay.config.write_text(relay.config.read_text() + text)


def test_every_channel_is_tried_and_signs_what_it_sends(relay: Terminal, receiver: Receiver) -> None:
    add_channels(relay, receiver.url)
    done = relay("alerts", "test")
    assert done.code == 0
    assert "team webhook told" in done.said
    assert "chat slack told" in done.said
    assert len(receiver.ids) == 1
    webhook = next(one for one in receiver.told if "type" in one)
    assert webhook["type"] == "alert.test"
    assert {"text"} in [one.keys() for one in receiver.told]


def test_a_receiver_takes_the_signature_by_the_library_of_the_scheme(
    relay: Terminal, receiver: Receiver
) -> None:
    """It compares with its own clock, so that it can verify only what is sent now."""
    add_channels(relay, receiver.url)
    assert relay("alerts", "test", "team").code == 0
    (call,) = receiver.raw
    library = standardwebhooks.Webhook(SECRET)
    assert library.verify(call.body, dict(call.headers))["type"] == "alert.test"
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        library.verify(call.body + b" ", dict(call.headers))


def test_a_channel_that_cannot_be_told_is_exit_1_and_says_why(relay: Terminal, receiver: Receiver) -> None:
    add_channels(relay, receiver.url)
    receiver.answers = [404, 404]
    done = relay("alerts", "test")
    assert done.code == 1
    assert "team webhook not told: answered 404" in done.said
    receiver.answers = [404]
    assert relay("alerts", "test", "chat", "--json").json == {"chat": "answered 404"}


def test_an_unknown_channel_names_those_there_are(relay: Terminal, receiver: Receiver) -> None:
    add_channels(relay, receiver.url)
    done = relay("alerts", "test", "nobody")
    assert done.code == 2
    assert "there is no channel nobody there are: team, chat" in done.said
    assert receiver.calls == 0


def test_without_channels_it_says_where_they_are_configured(relay: Terminal) -> None:
    done = relay("alerts", "test")
    assert done.code == 1
    assert "no channel is configured add [[alerts.channels]]; docs/alerts.md shows how" in done.said
