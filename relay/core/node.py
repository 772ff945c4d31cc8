"""A node: one process of a relay, and what it last told of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

GONE = 60_000
"""Milliseconds after which a node that says nothing is taken to be gone."""

FORGOTTEN = 86_400_000


LONG_SPOOLED = 300_000
"""Milliseconds after which what waits in a spool has waited for long, where the store is there."""


class Waiting(NamedTuple):
    """Requests in a spool, and when the oldest of them came."""

    requests: int = 0
    since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Times are milliseconds since 1970. `id` is another one at each start.

    `name` stays when another takes the place of a node on its `host`: so it is known who came after whom.
    `requests` were answered 2xx and `contacts` delivered in the minute before `seen_at`. `spooled` requests
    wait in its spool, the oldest of them since `spooled_since`.
    """

    id: str
    host: str
    pid: int
    name: str
    role: str
    version: str
    started_at: int
    seen_at: int
    requests: int = 0
    contacts: int = 0
    spooled: int = 0
    spooled_since: int | None = None

    def is_gone(self, now: int) -> bool:
        """Whether it ended without a word, or hangs: a node that ends as it should is listed no more."""
        return now - self.seen_at > GONE

    def spools_for_long(self, now: int) -> bool:
        """Whether what it spooled should have come into the store by now."""
        return self.spooled_since is not None and now - self.spooled_since > LONG_SPOOLED
