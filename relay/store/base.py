"""What every store can do. Times are milliseconds since 1970 in UTC and are arguments."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from relay.core.attribution import Maps
from relay.core.audit import Change, Entry
from relay.core.batching import Member
from relay.core.breaker import Breaker, Health, State
from relay.core.budget import NO_BUDGETS, Budgets, Limits
from relay.core.hours import Hours
from relay.core.record import EventRecord
from relay.core.route import Lane
from relay.core.settlement import Settlement
from relay.core.suppression import Suppression
from relay.core.timing import NO_TIMINGS, Timings
from relay.core.traffic import EventType
from relay.core.values import valueclass
from relay.store.access import AccessStore
from relay.store.alerts import AlertStore
from relay.store.forgetting import ForgettingStore
from relay.store.jobs import JobStore
from relay.store.lists import Lists
from relay.store.nodes import NodeStore
from relay.store.repairs import RepairStore
from relay.store.retention import RetentionStore
from relay.store.rows import AttemptRecord, DeadLetter, Incoming, LetterGroup, LetterPlace, Spooled, Story

__all__ = [
    "HELD",
    "WITHOUT_MAPS",
    "AttemptRecord",
    "Claimed",
    "ClaimedBatch",
    "ClaimedRequest",
    "DeadLetter",
    "Held",
    "InUse",
    "Incoming",
    "Ledger",
    "LetterGroup",
    "LetterPlace",
    "OpenBreaker",
    "Quarantined",
    "Rate",
    "Spooled",
    "Store",
    "StoreFault",
    "Story",
    "Tally",
    "TranslationRecord",
    "Unfit",
]


class StoreFault(Exception):
    """The ledger cannot be used; the message says which file and what to do."""


class Unfit(StoreFault):
    """It can hold no ledger, or lets us not in, until a person mends that: waiting does not help."""


class InUse(StoreFault):
    """Another process does the relay's work on this ledger."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A request that was not verified, kept as it came."""

    source: str
    received_at: int
    method: str
    query: str
    token: str | None
    headers: bytes
    body: bytes
    reason: str


@valueclass(frozen=True, slots=True)
class ClaimedRequest:
    """A request to translate. `attempt` counts from 1; `pending` None: read every event."""

    id: int
    source: str
    received_at: int
    method: str
    query: str
    headers: bytes
    body: bytes
    attempt: int
    pending: frozenset[int] | None


@valueclass(frozen=True, slots=True)
class TranslationRecord:
    """What became of a claimed request. `deferred` positions are read again at `due_at`.

    `from_start`: every event was to be read, not only some that had been deferred or parked.
    """

    request_id: int
    source: str
    attempt: int
    events: tuple[EventRecord, ...]
    deferred: tuple[int, ...] = ()
    due_at: int = 0
    from_start: bool = True


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """A batch to send. `attempt` counts from 1, this one included; `organization` is whose limits it uses."""

    id: int
    lane: Lane
    key: str
    body: bytes
    members: tuple[Member, ...]
    attempt: int
    organization: str
    replay: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """Batches to send now, and when there will be more (None: when something new arrives)."""

    batches: tuple[ClaimedBatch, ...]
    next_due: int | None


HELD = 1 << 53
"""The moment until which something is paused that is held: never by itself."""


@dataclass(frozen=True, slots=True)
class Held:
    """A destination, or one sequence of it, that goes on when a person or a check resumes it."""

    destination: str
    sequence: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """A breaker that is not closed: of a destination, or of one sequence of it."""

    destination: str
    sequence: str | None
    breaker: Breaker


@dataclass(frozen=True, slots=True)
class Rate:
    """How much of an organization's limits is used, and what its API has said of them."""

    organization: str
    limits: Limits
    used_minute: int
    used_hour: int
    reason: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What a group commit wrote that somebody may be waiting for."""

    enrollments: int = 0


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counts for the accounting identity, read in one snapshot.

    `requests`, `events` and `enrollments` count rows by state; `accepted`, `promised_events` and
    `promised_enrollments` are what there ever were of them: what the rows above say they produced, and what
    was `retired` since its time was over. `letters` are by kind.
    """

    requests: Mapping[str, int]
    accepted: int
    events: Mapping[str, int]
    promised_events: int
    enrollments: Mapping[str, int]
    promised_enrollments: int
    letters: Mapping[str, int]
    retired: Mapping[str, int]
    stray: int
    quarantined: int
    oldest_waiting: int | None
    open_batches: int
    calls: int
    pauses: tuple[tuple[str, int, str], ...]

    def faults(self) -> list[str]:
        """Every way in which the books do not balance, as sentences; none: the identity holds."""
        faults = []
        there = {
            "requests": sum(self.requests.values()) + self.retired["requests"],
            "events": sum(self.events.values()) + self.retired["events"],
            "enrollments": sum(self.enrollments.values()) + self.retired["enrollments"],
        }
        if self.accepted != there["requests"]:
            faults.append(f"{self.accepted} requests were accepted, {there['requests']} have a state")
        if self.promised_events != there["events"]:
            faults.append(f"requests gave {self.promised_events} events, {there['events']} are there")
        if self.promised_enrollments != there["enrollments"]:
            made, left = self.promised_enrollments, there["enrollments"]
            faults.append(f"events gave {made} enrollments, {left} are there")
        for kind, things in (("parked", self.events), ("dead", self.enrollments)):
            listed, found = self.letters.get(kind, 0), things.get(kind, 0)
            if listed != found:
                faults.append(f"{listed} dead letters of kind {kind} are listed, {found} are there")
        if self.stray:
            faults.append(f"{self.stray} enrollments or batches under way do not belong together")
        return faults


WITHOUT_MAPS: Mapping[str, Maps] = MappingProxyType({})


class Store(Lists, Protocol):
    """The ledger. A method that writes returns only when what it wrote is durable.

    What a person changes is written into the audit log with it: `by` says who, where anything was changed.
    `access` holds who is let in, `alerts` what is wrong and who is to be told, `repairs` repairs dead letters
    one by one, `jobs` many of them; `retention` retires what is over, `forgetting` people; `nodes` are the
    processes that are at work.
    """

    access: AccessStore
    alerts: AlertStore
    is_shared: bool
    """Whether other nodes may be at work, too: then leases of one that is gone run out by themselves."""
    nodes: NodeStore
    repairs: RepairStore
    jobs: JobStore
    retention: RetentionStore
    forgetting: ForgettingStore

    def add_request(self, incoming: Incoming) -> asyncio.Future[int]:
        """Its number. Who gives the future another end hears no more; it may be kept all the same."""
        ...

    async def add_spooled(self, spooled: Spooled, now: int) -> int:
        """How far the file has come; nothing is added unless that was `start`, so it is safe to do twice."""
        ...

    async def add_quarantined(self, request: Quarantined, keep: int) -> None: ...

    async def claim_requests(
        self, now: int, lease_until: int, limit: int, busy: Collection[str] = ()
    ) -> list[ClaimedRequest]:
        """Requests that are due, of each source its share of `limit` and at least one, the oldest first;
        fewer where they are large. Sources that are `busy` are passed over."""
        ...

    async def next_request_due(self, busy: Collection[str] = ()) -> int | None:
        """When the next one of a source that is not `busy` can be claimed."""
        ...

    async def save_translations(self, records: Sequence[TranslationRecord], now: int) -> Tally: ...

    async def release_requests(self, ids: Sequence[int], now: int) -> None: ...

    async def claim_batches(
        self,
        now: int,
        lease_until: int,
        linger: int,
        room: Mapping[str, int],
        *,
        timings: Timings = NO_TIMINGS,
        budgets: Budgets = NO_BUDGETS,
        replay_room: Mapping[str, int] | None = None,
    ) -> Claimed:
        """Batches to send now. `room` is how many calls each destination may still get beside those under
        way, `replay_room` how many of them may be replays (None: all)."""
        ...

    async def settle(
        self, batch: ClaimedBatch, attempt: AttemptRecord, settlement: Settlement, now: int
    ) -> None: ...

    async def renew_requests(self, ids: Sequence[int], lease_until: int) -> None: ...

    async def held(self) -> list[Held]: ...

    async def open_breakers(self) -> list[OpenBreaker]: ...

    async def looked(self, found: OpenBreaker, health: Health, now: int) -> State: ...

    async def spend_call(self, organization: str, now: int) -> None: ...

    async def rates(self, now: int) -> list[Rate]: ...

    async def resume(self, destination: str, sequence: str | None, by: Change | None = None) -> int: ...

    async def rescue_requests(self, now: int) -> int: ...

    async def rescue_batches(self, now: int, lease_until: int) -> list[ClaimedBatch]: ...

    async def expire_leases(self) -> None: ...

    async def request(self, number: int) -> Incoming | None: ...

    async def retry_dead(
        self,
        letters: Sequence[str],
        now: int,
        maps: Mapping[str, Maps] = WITHOUT_MAPS,
        by: Change | None = None,
    ) -> list[str]: ...

    async def release_mapped(self, maps: Mapping[str, Maps], now: int) -> int: ...

    async def discard_dead(
        self, letters: Sequence[str], reason: str, now: int, by: Change | None = None
    ) -> list[str]: ...

    async def quarantined(self, limit: int) -> list[tuple[int, Quarantined]]: ...

    async def release_quarantined(
        self, entry: int, incoming: Incoming, by: Change | None = None
    ) -> int | None: ...

    async def suppress(self, entries: Collection[Suppression], now: int, by: Change | None = None) -> int: ...

    async def unsuppress(self, values: Sequence[str], by: Change | None = None) -> list[str]: ...

    async def audit_page(self, after: int, limit: int) -> list[Entry]: ...

    async def audit_newest(self, limit: int, before: int | None = None) -> list[Entry]:
        """The newest entries first, of those with a number smaller than `before`."""
        ...

    async def suppressions(self, kind: str | None, after: str, limit: int, now: int) -> list[Suppression]: ...

    async def ledger(self) -> Ledger: ...

    async def traffic(self) -> list[EventType]: ...

    async def hours(self, first: int) -> Hours:
        """Counts from the hour `first` on, counted from 1970 in UTC."""
        ...

    async def watch(self) -> None:
        """Returns once another process may have written something since the last call; the first at once.

        One caller at a time. Raises `StoreFault`.
        """
        ...

    async def ahead(self) -> float:
        """How many seconds the clock that all nodes go by is ahead of this machine's."""
        ...

    async def close(self) -> None: ...
