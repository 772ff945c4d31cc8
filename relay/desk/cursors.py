"""Cursors: where a list goes on, as one opaque text."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import orjson

from relay.desk.problems import Invalid

_LARGEST = 2**63 - 1
"""What a ledger can hold as a number."""


def to_cursor(*key: int | str) -> str:
    return urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def from_cursor(cursor: str | None, *kinds: type[int] | type[str]) -> tuple[int | str, ...] | None:
    """The key of a cursor, of these kinds; None for none. Raises `Invalid` for what no list has given."""
    if cursor is None:
        return None
    try:
        key = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise _foreign() from None
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise _foreign()
    if any(isinstance(part, int) and not -_LARGEST <= part <= _LARGEST for part in key):
        raise _foreign()
    return tuple(key)


def number_in(cursor: str | None) -> int | None:
    """The key of a cursor of a list that is in the order of one number."""
    key = from_cursor(cursor, int)
    return None if key is None else int(key[0])


def _foreign() -> Invalid:
    where = {"where": "query.after", "message": "is no `next` of this list"}
    return Invalid("the list cannot go on there", "begin without `after`", [where])
