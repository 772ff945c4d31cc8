"""One message in three forms, each for those who take it."""

from __future__ import annotations

import orjson
import pytest

from relay.core.alert_life import Alert
from relay.core.alert_messages import Channel, message, message_id, slack_body, text_of, title_of, trial
from relay.core.alerts import AlertKind, Condition, Severity
from tests.factories import HOUR, MINUTE, NOW_MS

RELAY = "https://relay.example.com"
CONDITION = Condition(
    key="held:main",
    kind=AlertKind.HELD,
    severity=Severity.CRITICAL,
    text="Nothing goes to main: <403> & more @channel.",
    command="relay resume main",
    page="/console",
)
OPENED = Alert(condition=CONDITION, since=NOW_MS - MINUTE, seen_at=NOW_MS, opened_at=NOW_MS, told_at=NOW_MS)
CLOSED = Alert(
    condition=CONDITION,
    since=NOW_MS,
    seen_at=NOW_MS,
    opened_at=NOW_MS,
    closed_at=NOW_MS + HOUR,
    before=NOW_MS - HOUR,
)


def test_a_webhook_has_type_time_and_data() -> None:
    body = orjson.loads(message(OPENED, "opened", NOW_MS, RELAY))
    assert (body["type"], body["timestamp"]) == ("alert.opened", "2026-03-14T18:00:00.000Z")
    assert body["data"] == {
        "title": "Held",
        "key": "held:main",
        "kind": "held",
        "severity": "critical",
        "text": CONDITION.text,
        "command": "relay resume main",
        "url": "https://relay.example.com/console",
        "relay": RELAY,
        "opened_at": "2026-03-14T18:00:00.000Z",
        "closed_at": None,
        "last_closed_at": None,
    }


def test_people_are_told_what_what_helps_and_where() -> None:
    body = message(OPENED, "opened", NOW_MS, RELAY)
    assert title_of(body) == "Held (critical)"
    assert text_of(body).splitlines() == [
        CONDITION.text,
        "At a terminal: relay resume main",
        "https://relay.example.com/console",
    ]


def test_the_end_says_from_when_to_when() -> None:
    body = message(CLOSED, "closed", NOW_MS, RELAY)
    assert title_of(body) == "Over: Held (critical)"
    assert "From 2026-03-14T18:00:00.000Z to 2026-03-14T19:00:00.000Z." in text_of(body)


def test_what_was_wrong_before_says_so() -> None:
    again = Alert(condition=CONDITION, since=NOW_MS, seen_at=NOW_MS, opened_at=NOW_MS, before=NOW_MS - HOUR)
    body = message(again, "reminder", NOW_MS, RELAY)
    assert title_of(body) == "Still: Held (critical)"
    assert "The same was last over at 2026-03-14T17:00:00.000Z." in text_of(body)


def test_a_chat_is_told_the_same_and_nothing_in_it_calls_or_links() -> None:
    told = orjson.loads(slack_body(message(OPENED, "opened", NOW_MS, RELAY)))
    assert list(told) == ["text"]
    assert told["text"].startswith(
        "Held (critical)\nNothing goes to main: &lt;403&gt; &amp; more @\u200bchannel.\n"
    )


def test_the_id_of_a_message_is_its_own_and_stays() -> None:
    opened, later = message(OPENED, "opened", NOW_MS, RELAY), message(OPENED, "reminder", NOW_MS, RELAY)
    ids = {message_id(opened, "team"), message_id(later, "team"), message_id(opened, "on-call")}
    assert len(ids) == 3
    assert message_id(bytes(opened), "team") in ids


def test_a_trial_says_that_nothing_is_wrong() -> None:
    body = trial(NOW_MS, RELAY)
    assert orjson.loads(body)["type"] == "alert.test"
    assert title_of(body) == "Test (nothing is wrong)"


@pytest.mark.parametrize(
    ("severity", "kinds", "wanted"),
    [
        (Severity.WARNING, (), True),
        (Severity.CRITICAL, (), True),
        (Severity.WARNING, (AlertKind.HELD,), True),
        (Severity.WARNING, (AlertKind.DEAD,), False),
    ],
)
def test_a_channel_wants_what_it_was_set_up_for(
    severity: Severity, kinds: tuple[AlertKind, ...], wanted: bool
) -> None:
    channel = Channel(name="team", kind="slack", url="https://x", severity=severity, kinds=frozenset(kinds))
    assert channel.wants(CONDITION) is wanted


def test_a_channel_for_what_is_critical_is_not_told_warnings() -> None:
    channel = Channel(name="team", kind="slack", url="https://x", severity=Severity.CRITICAL)
    warning = Condition(
        key="k", kind=AlertKind.SILENT, severity=Severity.WARNING, text="", command="", page="/console"
    )
    assert not channel.wants(warning)


def test_neither_url_nor_secret_of_a_channel_is_shown() -> None:
    channel = Channel(name="team", kind="webhook", url="https://chat.example.com/T0/B1", secret="whsec_abc")
    assert "T0" not in repr(channel)
    assert "whsec" not in repr(channel)
