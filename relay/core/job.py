"""Jobs: one repair for many dead letters, over a set that is frozen before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import orjson

from relay.core.correction import FIELDS, Correction, Fields
from relay.core.letters import LetterFilter
from relay.core.repair import How

MOST_NAMED = 1000
"""So many letters may be named one by one; a filter has no such bound."""

MOST_OPEN = 100
"""So many jobs may be there that have not ended."""

MOST_TRIES = 5
"""So often an item is read again whose provider is away, before it has failed."""


class JobKind(StrEnum):
    RETRY = "retry"
    CORRECT = "correct"
    DISCARD = "discard"
    MARK_DELIVERED = "mark_delivered"


class JobState(StrEnum):
    """`preparing`: letters are put into its set. `ready`: nothing has happened yet, a person looks at it."""

    PREPARING = "preparing"
    READY = "ready"
    RUNNING = "running"
    CANCELLED = "cancelled"
    DONE = "done"

    @property
    def may_start(self) -> bool:
        return self is JobState.READY

    @property
    def may_be_cancelled(self) -> bool:
        return self in (JobState.PREPARING, JobState.READY, JobState.RUNNING)


class Outcome(StrEnum):
    """What became of one item: the first two are under way, the others are for good."""

    PENDING = "pending"
    RELEASED = "released"
    """Sent or read again, and its end is not known yet."""

    DELIVERED = "delivered"
    READ = "read"
    """An event that could not be read before, and was read now."""

    PLANNED = "planned"
    """An enrollment whose time is yet to come: it waits as if it had never been a dead letter."""

    DISCARDED = "discarded"
    NOT_SENT = "not_sent"
    """Withdrawn, suppressed or merged, for a reason of its own."""

    DEAD = "dead"
    """A dead letter again."""

    SKIPPED = "skipped"
    """Changed by somebody else since the set was frozen: left to them."""

    FAILED = "failed"
    """Not possible: the reason says why, and the dead letter is as it was."""

    LEFT = "left"
    """The job was cancelled before it was this one's turn."""


class JobRefused(Exception):
    """A job that is not made; the message says why, and what to do."""


class NotAnOrder(ValueError):
    """A job that cannot be ordered so; the message says what is missing or too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a job is to do, and to which dead letters: those named, or all that a filter matches.

    `how` is for retries; events that could not be read are read again in any case. `fields` are for
    corrections, which are sent again as well. `reason` is for all but retries.
    """

    kind: JobKind
    letters: tuple[str, ...] = ()
    wanted: LetterFilter | None = None
    how: How = How.AS_IT_WAS
    fields: Fields = field(default_factory=dict)
    reason: str = ""

    def check(self) -> None:
        """Raises `NotAnOrder`."""
        if bool(self.letters) == (self.wanted is not None):
            raise NotAnOrder("name dead letters, or give a filter: one of the two")
        if len(self.letters) > MOST_NAMED:
            raise NotAnOrder(f"names more than {MOST_NAMED} dead letters: give a filter instead")
        if self.kind is not JobKind.RETRY and not self.reason.strip():
            raise NotAnOrder("needs a reason, which is kept")
        if (self.kind is JobKind.CORRECT) != bool(self.fields):
            raise NotAnOrder("a correction needs fields, and nothing else has any")
        if self.how is How.READ_AGAIN and self.kind is not JobKind.RETRY:
            raise NotAnOrder("only a retry reads again")


def to_json(order: Order) -> bytes:
    """The order without the letters, of which a job keeps items."""
    told = {
        "kind": order.kind,
        "wanted": None if order.wanted is None else asdict(order.wanted),
        "how": order.how,
        "fields": dict(order.fields),
        "reason": order.reason,
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def from_json(raw: bytes) -> Order:
    """Raises `KeyError`, `ValueError` for what `to_json` did not write."""
    data: dict[str, Any] = orjson.loads(raw)
    wanted = data["wanted"]
    return Order(
        kind=JobKind(data["kind"]),
        wanted=None if wanted is None else LetterFilter(**{k: _tuple(v) for k, v in wanted.items()}),
        how=How(data["how"]),
        fields={name: data["fields"][name] for name in FIELDS if name in data["fields"]},
        reason=data["reason"],
    )


def mark(order: Order) -> bytes:
    """16 bytes that stand for the whole order, letters included."""
    return blake2b(to_json(order) + orjson.dumps(order.letters), digest_size=16).digest()


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is now. `counts` are its items by outcome; times are milliseconds since 1970.

    `who` ordered it, as entry `entry` of the audit log says.
    """

    id: int
    order: Order
    state: JobState
    who: str
    entry: int
    created_at: int
    started_at: int | None
    ended_at: int | None
    counts: Mapping[Outcome, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def open(self) -> int:
        """Items whose end is not known yet."""
        return self.counts.get(Outcome.PENDING, 0) + self.counts.get(Outcome.RELEASED, 0)


@dataclass(frozen=True, slots=True)
class JobGroup:
    """How many letters of a job have this in common; `sequence` None: of events that could not be read."""

    cause: str
    source: str
    sequence: str | None
    count: int


@dataclass(frozen=True, slots=True)
class JobItem:
    """A dead letter in a job. `batch` and `position` are its place in the job's order.

    `batch`: the call of unknown outcome that it was in, 0 for all others; together they keep its key.
    """

    batch: int
    position: int
    letter: str
    outcome: Outcome
    reason: str | None
    tries: int
    ended_at: int | None

    @property
    def place(self) -> tuple[int, int]:
        return self.batch, self.position


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with an item next, beside what its job does with all.

    `correction`: what is sent instead. `failed`: why it is not possible. `again_at`: when it is looked at
    again, since the provider was away.
    """

    item: JobItem
    correction: Correction | None = None
    failed: str | None = None
    again_at: int | None = None


_ENDS: Mapping[str, Outcome] = {
    "delivered": Outcome.DELIVERED,
    "dead": Outcome.DEAD,
    "parked": Outcome.DEAD,
    "discarded": Outcome.DISCARDED,
    "read": Outcome.READ,
    "ignored": Outcome.READ,
    "duplicate": Outcome.READ,
}


def end_of(state: str, reason: str | None) -> tuple[Outcome, str | None]:
    """What the state of an enrollment, or the fate of an event, that was released means for its item."""
    outcome = _ENDS.get(state, Outcome.NOT_SENT)
    named = state if outcome is Outcome.NOT_SENT or state in ("ignored", "duplicate") else None
    return outcome, ": ".join(part for part in (named, reason) if part) or None


def after_retry(state: str, reason: str | None, due_at: int, now: int) -> tuple[Outcome, str | None]:
    """The outcome of an enrollment that was retried just now; times are milliseconds since 1970."""
    if state == "waiting" and due_at > now:
        return Outcome.PLANNED, "waits until it is time"
    return (Outcome.RELEASED, None) if state in ("waiting", "sending") else end_of(state, reason)
