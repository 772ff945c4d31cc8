"""What lists and stories of the ledger are made of. Times are milliseconds since 1970 in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

from relay.core.correction import Correction
from relay.core.suppression import Suppression

T = TypeVar("T")


class Incoming(NamedTuple):
    """A verified request to be kept. `headers` is a JSON object; it and `query` hold no credentials.

    `query` is empty or starts with a question mark. A tuple, in the order of the row, since one is made and
    written for every call.
    """

    source: str
    received_at: int
    method: str
    query: str
    headers: bytes
    body: bytes

    @property
    def is_kept(self) -> bool:
        """False: what it said was removed, since its time was over or somebody in it was forgotten."""
        return bool(self.headers)


@dataclass(frozen=True, slots=True)
class Spooled:
    """Requests of a spool file, whose name is given once in the world, from the place `start` up to `end`."""

    file: str
    start: int
    end: int
    requests: tuple[Incoming, ...]


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One HTTP try. `certainty` None: it succeeded. `answer` is cut to a bounded length."""

    batch_id: int
    number: int
    started_at: int
    took: int
    status: int | None
    certainty: str | None
    error: str | None
    answer: bytes | None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A call as it was frozen: what was sent, to whom, under which idempotency key."""

    id: int
    destination: str
    sequence: str
    key: str
    size: int
    state: str
    created_at: int
    body: bytes


class LetterPlace(NamedTuple):
    """Where a dead letter stands in the order of lists: the last of a page is where the next one goes on."""

    at: int
    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One entry of the ledger of dead letters.

    `id` is `parked-N` (an event that could not be read) or `dead-N` (an enrollment). `path` says where in
    the payload reading failed, `code` what the destination calls the trouble. Letters of one `symptom` have
    the same trouble.
    """

    id: str
    kind: Literal["parked", "dead"]
    source: str
    at: int
    cause: str
    code: str | None
    symptom: str
    reason: str
    path: str | None
    event_type: str
    business_key: str | None
    email: str | None
    route: str | None
    destination: str | None
    sequence: str | None
    request_id: int

    @property
    def place(self) -> LetterPlace:
        return LetterPlace(self.at, self.kind, int(self.id.partition("-")[2]))


@dataclass(frozen=True, slots=True)
class LetterGroup:
    """Dead letters of one source with the same trouble: how many, and from when to when."""

    cause: str
    symptom: str
    source: str
    count: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Story:
    """Everything about a dead letter: the request as received, what was read, every attempt.

    `note` is what was decided when the enrollment was made; `contact` is as it was corrected last; `batches`
    are what the attempts sent.
    """

    letter: DeadLetter
    request: Incoming
    event: bytes | None
    contact: bytes | None
    attempts: tuple[AttemptRecord, ...]
    note: str | None = None
    batches: tuple[BatchRow, ...] = ()
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch(Generic[T]):
    """A page of a list, the newest first. `next` is given as `before` for the page that follows.

    A page looks at a bounded part of the ledger: it may have fewer rows than asked for, or none, and still a
    `next`. None: there is nothing more.
    """

    rows: tuple[T, ...]
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """Which requests are meant; what is empty or None does not matter.

    `states` are `waiting` and `translated`; times are those of receipt.
    """

    sources: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None


EVERY_REQUEST = RequestFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentFilter:
    """Which enrollments are meant; what is empty or None does not matter.

    `email` is a whole address; times are those at which the enrollment was made.
    """

    states: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    email: str | None = None
    since: int | None = None
    until: int | None = None


EVERY_ENROLLMENT = EnrollmentFilter()


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list. `size` is that of its body in bytes, `fates` counts its events (up to 1000)."""

    id: int
    source: str
    received_at: int
    method: str
    size: int
    state: str
    attempts: int
    due_at: int
    fates: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class EnrollmentRow:
    """An enrollment in a list: whom, where to, what became of it and why.

    `reason` and `settled_at` tell of the state, `note` of what was decided when it was made. `contact_id` is
    the destination's.
    """

    id: int
    request_id: int
    event_id: int
    source: str
    kind: str | None
    business_key: str | None
    route: str
    destination: str
    sequence: str
    email: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    state: str
    cause: str | None
    reason: str | None
    note: str | None
    attempts: int
    due_at: int
    created_at: int
    settled_at: int | None
    contact_id: str | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as it was read, or why it was not. `position` -1 is the request as a whole."""

    id: int
    request_id: int
    position: int
    source: str
    event_type: str
    fate: str
    reason: str | None
    path: str | None
    kind: str | None
    business_key: str | None
    occurred_at: int | None
    created_at: int
    enrollments: int


@dataclass(frozen=True, slots=True)
class EventStory:
    """An event with what was read (JSON) and whom it enrolled."""

    event: EventRow
    detail: bytes | None
    enrollments: tuple[EnrollmentRow, ...]


@dataclass(frozen=True, slots=True)
class RequestStory:
    """A request as received, and what became of it: the first 500 events and 1000 enrollments."""

    row: RequestRow
    request: Incoming
    events: tuple[EventStory, ...]


@dataclass(frozen=True, slots=True)
class EnrollmentStory:
    """Everything about an enrollment: the request, what was read, what is sent, every attempt and its call.

    `letter` is None unless it is a dead letter now.
    """

    enrollment: EnrollmentRow
    letter: DeadLetter | None
    request: Incoming
    event: bytes | None
    contact: bytes
    attempts: tuple[AttemptRecord, ...]
    batches: tuple[BatchRow, ...]
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """What the ledger knows of a person, the newest first; `more`: there are more enrollments.

    `addresses` are those that were looked for. A phone number is looked for in the newest enrollments alone,
    made since `searched_since` (None: in all), and then in every enrollment of the addresses that it had.
    """

    addresses: tuple[str, ...]
    enrollments: tuple[EnrollmentRow, ...]
    more: bool
    letters: tuple[DeadLetter, ...]
    suppressions: tuple[Suppression, ...]
    searched_since: int | None = None
