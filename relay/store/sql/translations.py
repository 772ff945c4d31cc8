"""Saving translations: events, enrollments and withdrawals, with their deduplication, in one transaction.

What many events have to know of the ledger is asked once for all of them, and what they change is written in
a few statements: see `_rounds` for when that is the same as one after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from relay.core.letters import symptom
from relay.core.record import EventRecord
from relay.core.route import Lane
from relay.core.traffic import Seen
from relay.store.base import Tally, TranslationRecord
from relay.store.queries import queries
from relay.store.sql.database import Database, json_list, one, row, rows
from relay.store.sql.enrolling import Enrolling, hexes, known_of
from relay.store.sql.hours import count_read
from relay.store.sql.letters import add_parked, remove_letter
from relay.store.sql.traffic import add_counts

SQL = queries("relay.store.sql", "translations")
REQUESTS = queries("relay.store.sql", "requests")


class Entry(NamedTuple):
    """An event of a request."""

    record: TranslationRecord
    event: EventRecord


@dataclass(slots=True)
class _Saving:
    """What the translations of one transaction share; `events` and `people` number what is new."""

    now: int
    events: Iterator[int]
    people: Iterator[int]
    lanes: dict[Lane, int] = field(default_factory=dict)
    seen: Counter[Seen] = field(default_factory=Counter)


def save_translations(db: Database, records: Sequence[TranslationRecord], now: int) -> Tally:
    """Write what became of claimed requests. A claim that was lost meanwhile writes nothing."""
    events, people = (count(one(db, SQL[first])[0]) for first in ("next_event", "next_enrollment"))
    saving = _Saving(now, events, people)
    fresh = _fresh(db, records)
    claimed = _finish(db, records, Counter(entry.record.request_id for entry in fresh))
    entries = [entry for entry in fresh if entry.record.request_id in claimed]
    enrollments = sum(_save(db, some, saving) for some in _rounds(entries))
    add_counts(db, saving.seen, now)
    requests: Counter[str] = Counter()
    for record in records:
        if record.request_id in claimed:
            requests[record.source] += record.from_start
    count_read(db, requests, saving.seen, now)
    return Tally(enrollments)


def _fresh(db: Database, records: Sequence[TranslationRecord]) -> list[Entry]:
    """The events that were not written before, when other positions of their request were read."""
    ids = json_list(record.request_id for record in records)
    known = set(rows(db, SQL["known_events"], (ids,)))
    return [
        Entry(record, event)
        for record in records
        for event in record.events
        if (record.request_id, event.position) not in known
    ]


def _finish(db: Database, records: Sequence[TranslationRecord], events: Counter[int]) -> set[int]:
    """The requests whose claim still holds. `events` is how many each of them has more."""
    claims = json_list(
        (record.request_id, record.attempt, events[record.request_id])
        for record in records
        if not record.deferred
    )
    claimed = {number for (number,) in rows(db, REQUESTS["finish"], {"claims": claims})}
    for record in records:
        if record.deferred:
            values = {
                "request_id": record.request_id,
                "attempt": record.attempt,
                "due_at": record.due_at,
                "pending": json_list(record.deferred),
                "events": events[record.request_id],
            }
            if row(db, REQUESTS["defer"], values) is not None:
                claimed.add(record.request_id)
    return claimed


def _rounds(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """The entries in their order, cut where one could depend on what an earlier one of its round changes:
    they tell of the same appointment, are the same delivery, or enrol the same person for the same reason."""
    some: list[Entry] = []
    marks: set[bytes | None] = set()
    for entry in entries:
        event = entry.event
        its = {event.subject, event.delivery_key, *(one.dedupe_key for one in event.enrollments)} - {None}
        if not marks.isdisjoint(its):
            yield some
            some, marks = [], set()
        some.append(entry)
        marks |= its
    if some:
        yield some


def _save(db: Database, entries: list[Entry], saving: _Saving) -> int:
    """Write one round; how many enrollments that made."""
    before = _delivered_before(db, entries)
    numbered = [(next(saving.events), entry) for entry in entries]
    fresh = [(number, entry) for number, entry in numbered if entry.event.delivery_key not in before]
    repeats = [
        _repeat(number, entry, before[entry.event.delivery_key], saving.now)
        for number, entry in numbered
        if entry.event.delivery_key in before
    ]
    db.executemany(SQL["put_event"], [*repeats, *(_values(*one, saving.now) for one in fresh)])
    for number, (record, event) in fresh:
        saving.seen[Seen(record.source, event.event_type, event.fate, event.named)] += 1
        if event.fate == "parked":
            alike = symptom(event.reason or "", event.path)
            add_parked(db, number, record.request_id, alike, saving.now)
        if event.withdraws:
            _withdraw(db, event, saving.now)
    events = [(number, entry.event) for number, entry in fresh if entry.event.enrollments]
    if not events:
        return 0
    lanes = saving.lanes
    for lane in dict.fromkeys(each.lane for _, event in events for each in event.enrollments):
        if lane not in lanes:
            lanes[lane] = lane_id(db, lane)
    facts = known_of(db, [event for _, event in events], saving.now)
    enrolling = Enrolling(db, facts, lanes, saving.people, saving.now)
    for number, event in events:
        enrolling.add(number, event)
    return enrolling.write()


def _delivered_before(db: Database, entries: Iterable[Entry]) -> dict[bytes | None, int]:
    """In which request a delivery was first, for those that are repeats."""
    keys = {entry.event.delivery_key for entry in entries} - {None}
    return dict(rows(db, SQL["delivered_before"], (hexes(keys),))) if keys else {}


def _values(number: int, entry: Entry, now: int) -> tuple[Any, ...]:
    record, event = entry
    return (
        number,
        record.request_id,
        event.position,
        record.source,
        event.event_type,
        event.fate,
        event.reason,
        event.path,
        event.kind,
        event.business_key,
        event.occurred_at,
        int(event.withdraws),
        event.subject,
        event.delivery_key,
        event.detail,
        len(event.enrollments),
        now,
    )


def _repeat(number: int, entry: Entry, first: int, now: int) -> tuple[Any, ...]:
    """The row of an event that was delivered before: it changes nothing, and consumes nothing."""
    values = list(_values(number, entry, now))
    values[5:7] = "duplicate", f"sent again; first in request {first}"
    values[12:14] = None, None
    values[15] = 0
    return tuple(values)


def _withdraw(db: Database, event: EventRecord, now: int) -> None:
    about = {"subject": event.subject, "occurred_at": event.occurred_at}
    ids = json_list(number for (number,) in rows(db, SQL["about"], about))
    values = {"now": now, "ids": ids, "reason": f"{event.kind} arrived before it was sent"}
    for (enrollment_id,) in rows(db, SQL["withdraw"], values):
        db.execute(SQL["free_key"], (enrollment_id,))
        remove_letter(db, "dead", enrollment_id)


def withdraw_overtaken(db: Database, enrollments: Sequence[int], now: int) -> None:
    """Withdraw those that wait again although a cancellation came while they could not be withdrawn."""
    values = {"now": now, "ids": json_list(enrollments)}
    for (enrollment_id,) in rows(db, SQL["withdraw_overtaken"], values):
        db.execute(SQL["free_key"], (enrollment_id,))


def lane_id(db: Database, lane: Lane) -> int:
    values = (lane.destination, lane.sequence, lane.location or "", lane.employee or "")
    found = row(db, SQL["lane_of"], values) or one(db, SQL["add_lane"], values)
    return int(found[0])
