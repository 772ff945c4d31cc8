"""One HTTP request as a value, and the journal of those seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

BODY_KEPT = 64 * 1024
_MASKED = ("x-api-key", "authorization", "cookie")


@dataclass(frozen=True, slots=True)
class Call:
    """A request as received; `headers` finds a name whatever its case, `now` is Unix seconds."""

    number: int
    now: float
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Entry:
    """What the journal keeps of a request: header names in lower case, keys masked."""

    number: int
    at: float
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    status: int = 0
    fault: str | None = None
    sendings: int = 0
    repeated: bool = False


def entry_of(call: Call) -> Entry:
    """The journal's entry for a call that is not answered yet."""
    return Entry(
        number=call.number,
        at=call.now,
        method=call.method,
        path=call.path,
        query=dict(call.query),
        headers=dict(_masked(*header) for header in call.headers.items()),
        body=call.body[:BODY_KEPT],
    )


def _masked(name: str, value: str) -> tuple[str, str]:
    lower = name.lower()
    if lower not in _MASKED:
        # Bytes that are not UTF-8 arrive as lone surrogates, which no JSON can hold.
        return lower, value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    scheme, space, rest = value.rpartition(" ")
    return lower, f"{scheme}{space}{rest[:8]}…"


class Journal:
    """The newest requests, bounded by number and by bytes of bodies; it counts all of them."""

    # Without the second bound, 10,000 bodies of 64 kB would come to 640 MB.
    def __init__(self, kept: int = 10_000, kept_bytes: int = 128 * 1024 * 1024) -> None:
        self.total = 0
        self._kept = kept
        self._room = kept_bytes
        self._entries: deque[Entry] = deque()

    def add(self, entry: Entry) -> None:
        """Keep an entry and forget the oldest that no longer fit."""
        self.total += 1
        self._entries.append(entry)
        self._room -= len(entry.body)
        while len(self._entries) > self._kept or self._room < 0:
            self._room += len(self._entries.popleft().body)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __reversed__(self) -> Iterator[Entry]:
        return reversed(self._entries)
