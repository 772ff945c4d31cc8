"""What both sides know at the end, read from the ledger's file and from the sandbox's own record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import apsw
import orjson

from relay.sandbox import Running
from relay.sandbox.journal import Entry

_ENROLLMENTS = """
SELECT lower(enrollment.email), lane.sequence, lane.location, lane.employee, delivery.state, delivery.cause,
  delivery.reason, delivery.contact_id
FROM delivery JOIN enrollment ON enrollment.id = delivery.enrollment_id
JOIN lane ON lane.id = delivery.lane_id ORDER BY enrollment.id
"""
_ATTEMPTS = """
SELECT batch.key, lane.sequence, batch.body, attempt.status, attempt.certainty, attempt.answer
FROM attempt JOIN batch ON batch.id = attempt.batch_id JOIN lane ON lane.id = batch.lane_id
ORDER BY attempt.id
"""

Pair = tuple[str, str]
"""A sequence and an address."""


@dataclass(frozen=True, slots=True)
class Enrollment:
    email: str
    sequence: str
    location: str
    employee: str
    state: str
    cause: str | None
    reason: str | None
    contact_id: str | None

    @property
    def pair(self) -> Pair:
        return self.sequence, self.email

    @property
    def end(self) -> str:
        """Its state, or why it is dead."""
        return self.cause or "?" if self.state == "dead" else self.state


@dataclass(frozen=True, slots=True)
class Attempt:
    key: str
    sequence: str
    body: bytes
    status: int | None
    certainty: str | None
    answer: bytes | None

    @property
    def pairs(self) -> list[Pair]:
        return [(self.sequence, email) for email in addresses(self.body)]

    @property
    def wait(self) -> float:
        """Seconds that a 429 asked for; a minute where it asked for nothing."""
        return float(orjson.loads(self.answer or b"")["error"]["details"].get("retryAfter", 60))


def addresses(body: bytes) -> list[str]:
    return [contact["email"] for contact in orjson.loads(body)["contacts"]]


class Seen:
    """The ledger at a path and the sandbox, side by side."""

    def __init__(self, path: Path, sandbox: Running) -> None:
        self._sandbox = sandbox
        with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as db:
            self.enrollments = [Enrollment(*row) for row in _rows(db, _ENROLLMENTS)]
            self.attempts = [Attempt(*row) for row in _rows(db, _ATTEMPTS)]

    @cached_property
    def calls(self) -> list[Entry]:
        """Every execute call that came to the sandbox, in order."""
        return [entry for entry in self._sandbox.requests() if entry.path.endswith("/execute")]

    @cached_property
    def copies(self) -> Counter[Pair]:
        """How often the sandbox enrolled each address in each sequence."""
        return Counter((sequence, email) for email, sequence, *_ in self.placed())

    def placed(self) -> Iterator[tuple[str, str, str, str]]:
        """Address, sequence, location and employee of every sending."""
        contacts = self._sandbox.world.contacts
        for one in self._sandbox.sendings():
            email = contacts[one.contact_id].email.casefold()
            yield email, one.sequence_id, one.location_id or "", one.employee_id or ""

    def wanted(self) -> list[Enrollment]:
        """Without those that are another report of the same purchase."""
        return [one for one in self.enrollments if one.state != "merged"]

    def confused(self) -> list[Enrollment]:
        """Those delivered under the contact id of somebody else."""
        contacts = self._sandbox.world.contacts
        told = [one for one in self.enrollments if one.state == "delivered" and one.contact_id]
        return [one for one in told if contacts[one.contact_id or ""].email.casefold() != one.email]

    def ends(self) -> Counter[str]:
        """Enrollments by their end, the delivered ones left out."""
        return Counter(one.end for one in self.wanted() if one.state != "delivered")

    def pairs(self, *ends: str) -> Counter[Pair]:
        """How many enrollments of each pair came to one of these ends."""
        return Counter(one.pair for one in self.enrollments if one.end in ends)

    def unknown_calls(self) -> Counter[Pair]:
        """How many calls of unknown end named each pair, as the relay itself wrote down."""
        return Counter(
            pair for attempt in self.attempts if attempt.certainty == "unknown" for pair in attempt.pairs
        )


def _rows(db: apsw.Connection, query: str) -> list[tuple[Any, ...]]:
    return list(db.execute(query))
