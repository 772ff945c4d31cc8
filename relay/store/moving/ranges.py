"""Ranges of keys: together they are all of a table, whatever is in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

Key = tuple[int | str, ...]
"""The values of a primary key. Both engines order them as Python does: texts by their bytes in UTF-8."""


class Range(NamedTuple):
    """The rows whose keys are above `after`, up to `until` and with it. None: there is no limit."""

    after: Key | None = None
    until: Key | None = None


def gaps(copied: Iterable[Range]) -> Iterator[Range]:
    """What lies between, before and behind ranges that do not overlap."""
    start: Key | None = None
    for one in sorted(copied, key=lambda each: (each.after is not None, each.after or ())):
        if one.after != start:
            yield Range(start, one.after)
        start = one.until
        if start is None:
            return
    yield Range(start)


def written(limit: Key | None) -> str:
    return orjson.dumps(limit).decode()


def read(text: str) -> Key | None:
    limit = orjson.loads(text)
    return None if limit is None else tuple(limit)


def told(table: str, key: Iterable[str], span: Range) -> str:
    """For people: `delivery, enrollment_id above 100 up to 200`, without texts, which may be somebody's."""
    limits = ((" above ", span.after), (" up to ", span.until))
    shown = (words + ", ".join(map(_number, limit)) for words, limit in limits if limit is not None)
    return f"{table}, {', '.join(key)}{''.join(shown) or ' of any value'}"


def _number(value: int | str) -> str:
    return str(value) if isinstance(value, int) else "…"
