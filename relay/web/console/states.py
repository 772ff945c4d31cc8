"""The words and colours of states: one tone for each kind of news, so that pages agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Tone = Literal["good", "wait", "warn", "bad", "quiet"]


class Look(NamedTuple):
    """How a state reads, and the news it is."""

    label: str
    tone: Tone


_LOOKS: Mapping[str, Look] = {
    # Requests and events
    "translated": Look("read", "good"),
    "read": Look("read", "good"),
    "ignored": Look("ignored", "quiet"),
    "duplicate": Look("duplicate", "quiet"),
    "parked": Look("parked", "bad"),
    # Enrollments
    "waiting": Look("waiting", "wait"),
    "sending": Look("sending", "wait"),
    "delivered": Look("delivered", "good"),
    "dead": Look("dead", "bad"),
    "withdrawn": Look("withdrawn", "quiet"),
    "suppressed": Look("suppressed", "quiet"),
    "merged": Look("merged", "quiet"),
    "discarded": Look("discarded", "quiet"),
    # Causes of dead letters
    "unreadable": Look("unreadable", "bad"),
    "refused": Look("refused", "bad"),
    "gave_up": Look("gave up", "warn"),
    "unknown": Look("outcome unknown", "warn"),
    "unconfirmed": Look("not confirmed", "warn"),
    "held": Look("held", "warn"),
    "unmapped": Look("no id there", "warn"),
    # Attempts
    "not_sent": Look("not sent", "warn"),
    # Breakers
    "closed": Look("closed", "good"),
    "half_open": Look("trying", "warn"),
    "open": Look("open", "bad"),
    # Jobs
    "preparing": Look("being prepared", "wait"),
    "ready": Look("ready", "wait"),
    "pending": Look("not yet", "quiet"),
    "released": Look("under way", "wait"),
    "planned": Look("planned", "wait"),
    "skipped": Look("changed meanwhile", "quiet"),
    "left": Look("left", "quiet"),
    "running": Look("running", "wait"),
    "done": Look("done", "good"),
    "cancelled": Look("cancelled", "quiet"),
    "failed": Look("failed", "bad"),
}


def look(state: str) -> Look:
    """How to show a state; one that is new here reads as it is written."""
    return _LOOKS.get(state) or Look(state.replace("_", " "), "quiet")
