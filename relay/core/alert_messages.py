"""What is told of an alert, and to whom: one message, in the form that each kind of channel takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Literal

import orjson

from relay.core.alert_life import Alert, Told
from relay.core.alerts import AlertKind, Condition, Severity

ChannelKind = Literal["webhook", "slack", "apprise"]

TITLES: Mapping[AlertKind, str] = {
    AlertKind.DEAD: "New reason for dead letters",
    AlertKind.HELD: "Held",
    AlertKind.BREAKER: "No calls",
    AlertKind.BUDGET: "Calls used up",
    AlertKind.WAITING: "Waiting for too long",
    AlertKind.SILENT: "Silent source",
    AlertKind.UNVERIFIED: "Unverified requests",
    AlertKind.IMBALANCE: "The accounts do not balance",
    AlertKind.NODE: "A node is gone",
    AlertKind.SPOOL: "Requests wait in a spool",
}
_PREFIXES: Mapping[str, str] = {"opened": "", "reminder": "Still: ", "closed": "Over: "}

PAGE = "/console/alerts"
"""The console's page of all alerts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where alerts are told. `url` and `secret` are never shown; `kinds` empty: all of them."""

    name: str
    kind: ChannelKind
    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    severity: Severity = Severity.WARNING
    kinds: frozenset[AlertKind] = frozenset()

    def wants(self, condition: Condition) -> bool:
        kinds = self.kinds or frozenset(AlertKind)
        return condition.kind in kinds and condition.severity.reaches(self.severity)


@dataclass(frozen=True, slots=True)
class NotTold:
    """Why a message did not arrive; `retry_after` in seconds. `final`: another try would change nothing."""

    reason: str
    retry_after: float | None = None
    final: bool = False


def message(alert: Alert, told: Told, now: int, relay: str) -> bytes:
    """The message as JSON, in the form that Standard Webhooks recommends.

    `relay` is the public URL of the relay that tells it.
    (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure)
    """
    condition = alert.condition
    data = {
        "title": _PREFIXES[told] + TITLES[condition.kind],
        "key": condition.key,
        "kind": condition.kind,
        "severity": condition.severity,
        "text": condition.text,
        "command": condition.command,
        "url": relay + condition.page,
        "relay": relay,
        "opened_at": _iso(alert.opened_at),
        "closed_at": _iso(alert.closed_at),
        "last_closed_at": _iso(alert.before),
    }
    return orjson.dumps({"type": f"alert.{told}", "timestamp": _iso(now), "data": data})


def trial(now: int, relay: str) -> bytes:
    """A message that only shows that a channel works."""
    data = {
        "title": "Test",
        "key": "test",
        "kind": "test",
        "severity": "nothing is wrong",
        "text": "This is a test of the channel.",
        "command": "relay alerts list",
        "url": relay + PAGE,
        "relay": relay,
        "opened_at": None,
        "closed_at": None,
        "last_closed_at": None,
    }
    return orjson.dumps({"type": "alert.test", "timestamp": _iso(now), "data": data})


def _iso(moment: int | None) -> str | None:
    if moment is None:
        return None
    shown = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
    return shown.replace("+00:00", "Z")


def message_id(body: bytes, channel: str) -> str:
    """The same for every try of a message, and for no other."""
    return "msg_" + blake2b(body, digest_size=16, key=blake2b(channel.encode()).digest()).hexdigest()


def title_of(body: bytes) -> str:
    data = _data(body)
    return f"{data['title']} ({data['severity']})"


def text_of(body: bytes) -> str:
    """The message for people, in a few lines."""
    data = _data(body)
    lines = [data["text"]]
    if data["closed_at"]:
        lines.append(f"From {data['opened_at']} to {data['closed_at']}.")
    elif data["last_closed_at"]:
        lines.append(f"The same was last over at {data['last_closed_at']}.")
    return "\n".join([*lines, f"At a terminal: {data['command']}", data["url"]])


def slack_body(body: bytes) -> bytes:
    """The message as Slack's incoming webhooks take it; Mattermost and Rocket.Chat take the same.

    (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
    https://developers.mattermost.com/integrate/webhooks/incoming)
    """
    text = f"{title_of(body)}\n{text_of(body)}"
    # Slack's three control signs, and what would call everybody in Mattermost
    # (https://docs.slack.dev/messaging/formatting-message-text).
    for sign, stands_for in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("@", "@\u200b")):
        text = text.replace(sign, stands_for)
    return orjson.dumps({"text": text})


def _data(body: bytes) -> Mapping[str, Any]:
    data: Mapping[str, Any] = orjson.loads(body)["data"]
    return data
