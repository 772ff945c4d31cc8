"""Forgetting a person: where an address stands in what was received, in whichever form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus

FORGOTTEN = "forgotten"
"""Stands in place of an address, and in reasons that named it."""

_ESCAPES = (
    (re.compile(r"\\u0040|&#64;|&#x40;|&commat;"), "@"),
    (re.compile(r"\\u002b|&#43;|&#x2b;|&plus;"), "+"),
    (re.compile(r"\\[nrtbf]"), " "),
)
_CODED = re.compile(r"%[0-9a-f]{2}")


class Phase(IntEnum):
    """Where is looked, in this order."""

    ENROLLMENTS = 0
    REQUESTS = 1
    QUARANTINE = 2
    JOBS = 3


class Place(NamedTuple):
    """How far somebody has been looked for: the id that was looked at last."""

    phase: Phase = Phase.ENROLLMENTS
    seen: int = 0


START = Place()


@dataclass(frozen=True, slots=True)
class Traces:
    """What a step found, or removed, of a person. `left` is under way and has to be looked for again later.

    `next` None: everything was looked at.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    next: Place | None = None


def names(address: str) -> Callable[[bytes], bool]:
    """Whether bytes name an address: as text, in a URL or a form, or escaped in JSON or HTML."""
    whole = re.compile(rf"(?<![\w.+-]){re.escape(address.lower())}(?!\.?[\w-])")

    def named(raw: bytes) -> bool:
        return any(whole.search(text) for text in _forms(raw.decode("utf-8", "replace").lower()))

    return named


def _forms(text: str) -> Iterator[str]:
    for pattern, meant in _ESCAPES:
        text = pattern.sub(meant, text)
    yield text
    if _CODED.search(text):
        for decoded in (unquote(text), unquote_plus(text)):
            yield decoded
            yield unquote(decoded)
