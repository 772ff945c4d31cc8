"""What sources sent lately, and what changed in it: the part of `relay status` about the senders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from operator import attrgetter
from typing import Any

from rich.text import Text

from relay.cli.output import console, plain, show_time, table
from relay.core.drift import BEFORE, RECENT, Drift, Share, bad, drifts
from relay.core.traffic import Counts, EventType, day_of

_WEEK = max(RECENT)
_SHOWN = 12
_TOLD = 20
_COLUMNS = ("source", "event type", "today", "7 days", "no e-mail", "parked", "first seen", "last seen")
_SPANS = {1: "today", 2: "since yesterday", 7: "in the last 7 days"}
_FIELDS = {
    "email": "e-mail address",
    "first_name": "first name",
    "last_name": "last name",
    "phone": "phone number",
    "location": "location",
    "employee": "employee",
}


def as_data(traffic: Sequence[EventType], now: int) -> dict[str, Any]:
    """For machines: every event type ever counted, and what changed. Times are milliseconds since 1970."""
    today = day_of(now)
    return {
        "traffic": [
            {
                "source": one.source,
                "event_type": one.name,
                "first_at": one.first_at,
                "last_at": one.last_at,
                "today": one.between(today, today)._asdict(),
                "last_7_days": _lately(one, today)._asdict(),
                "before": _before(one, today)._asdict(),
            }
            for one in traffic
        ],
        "drift": [
            asdict(each) | {"now": each.now._asdict(), "before": each.before._asdict()}
            for each in drifts(traffic, today)
        ],
    }


def show(traffic: Sequence[EventType], now: int) -> None:
    """For people: the event types of the last week, the busiest of each source first."""
    today = day_of(now)
    rows = [line for _, group in groupby(traffic, attrgetter("source")) for line in _lines(group, today)]
    if rows:
        console.print(
            table(
                f"Event types of the last {_WEEK} days (in brackets: the {BEFORE} days before)",
                _COLUMNS,
                rows,
            )
        )
        console.print()


def show_drift(traffic: Sequence[EventType], now: int) -> None:
    """For people: what changed, a line for each."""
    changes = drifts(traffic, day_of(now))
    for each in changes[:_TOLD]:
        text = f"Drift: {each.source}: {each.event_type or 'no event type'}: {sentence(each)}"
        console.print(Text(plain(text), style="yellow"))
    if rest := changes[_TOLD:]:
        console.print(f"{len(rest)} more changes: see --json.")
    if changes:
        console.print("Has the sender changed something? docs/drift.md says how to find out.")


def _lately(one: EventType, today: int) -> Counts:
    return one.between(today - _WEEK + 1, today)


def _before(one: EventType, today: int) -> Counts:
    return one.between(today - _WEEK - BEFORE + 1, today - _WEEK)


def _lines(group: Iterator[EventType], today: int) -> Iterator[tuple[str, ...]]:
    lately = [(one, counts) for one in group if (counts := _lately(one, today)).events]
    lately.sort(key=lambda line: -line[1].events)
    for one, counts in lately[:_SHOWN]:
        yield _line(one, counts, today)
    if rest := lately[_SHOWN:]:
        events = str(sum(counts.events for _, counts in rest))
        yield rest[0][0].source, f"{len(rest)} more, see --json", "", events, "", "", "", ""


def _line(one: EventType, counts: Counts, today: int) -> tuple[str, ...]:
    now, before = bad(counts), bad(_before(one, today))
    return (
        one.source,
        one.name or "(none)",
        str(one.between(today, today).events),
        str(counts.events),
        _compared(now["email"], before["email"]),
        _compared(now["parked"], before["parked"]),
        show_time(one.first_at)[:10],
        show_time(one.last_at)[:16],
    )


def _compared(now: Share, before: Share) -> str:
    return f"{_percent(now)} ({_percent(before)})" if before.whole else _percent(now)


def _percent(share: Share) -> str:
    return f"{share.share:.0%}" if share.whole else "-"


def sentence(drift: Drift) -> str:
    """What changed, in words."""
    if drift.what == "new":
        return f"never seen before the last 7 days, {drift.now.part} since"
    span = _SPANS[drift.days]
    figures = f"{drift.now.part} of {drift.now.whole} {span}, {_percent(drift.before)} before"
    if drift.what == "parked":
        return f"more cannot be read: {figures}"
    if drift.what == "ignored":
        return f"more are ignored: {figures}"
    name = _FIELDS[drift.what]
    if drift.now.part == drift.now.whole:
        return f"the {name} is gone: missing in {figures}"
    return f"the {name} is missing more often: in {figures}"
