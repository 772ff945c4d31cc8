"""Whether a connector reads the invented delivery as it read the real one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any


def changed_readings(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What differs in more than names: outcome, kinds, times, fields. Both as `run_case` gives them."""
    if before["outcome"] != after["outcome"]:
        yield f"the outcome was {before['outcome']} and is {after['outcome']}"
    for number, (old, new) in enumerate(zip_longest(before["events"], after["events"]), 1):
        if old is None or new is None:
            yield f"event {number} is {'new' if old is None else 'gone'}"
            continue
        for part, was, now in _parts(old, new):
            if was != now:
                yield f"event {number}: {part} was {was} and is {now}"


def _parts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for part in ("kind", "occurred_at", "ends_at", "withdraws", "test"):
        yield part, old[part], new[part]
    yield "the contacts' fields", _filled(old), _filled(new)


def _filled(event: Mapping[str, Any]) -> list[str]:
    """The fields that each contact has, without their values."""
    return [" ".join(key for key, value in contact.items() if value) for contact in event["contacts"]]
