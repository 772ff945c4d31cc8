"""The audit log: every change that a person made, each entry sealed with the one before it.

One that is altered, removed or slipped in later no longer fits the chain. No entry names a person of the
ledger's, since none could ever be erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b

import orjson

FIRST = ""
"""What stands before the first entry."""


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did (`dead.retry`), when (milliseconds since 1970), and to what, as JSON."""

    who: str
    at: int
    action: str
    detail: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A change as it was written down; `seal` in hex."""

    number: int
    change: Change
    seal: str


def change(who: str, at: int, action: str, **detail: object) -> Change:
    return Change(who, at, action, orjson.dumps(detail, option=orjson.OPT_SORT_KEYS))


def about(made: Change, **detail: object) -> Change:
    """The same change with more told of it."""
    told = orjson.loads(made.detail) | detail
    return replace(made, detail=orjson.dumps(told, option=orjson.OPT_SORT_KEYS))


def seal(before: str, number: int, made: Change) -> str:
    """The seal of an entry that follows the one with the seal `before`."""
    told = orjson.dumps([before, number, made.at, made.who, made.action])
    return blake2b(told + made.detail, digest_size=24, person=b"relay-audit").hexdigest()


def broken(entries: Iterable[Entry], before: str = FIRST) -> Iterator[str]:
    """Where the chain does not hold, as sentences; `entries` are in the order of their numbers."""
    expected = None
    for entry in entries:
        if expected is not None and entry.number != expected:
            yield f"entry {entry.number} follows {expected - 1}: what was between them is gone"
        if seal(before, entry.number, entry.change) != entry.seal:
            yield f"entry {entry.number} is not what was written, or another one stood before it"
        before, expected = entry.seal, entry.number + 1
