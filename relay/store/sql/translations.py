"""Saving translations: events, enrollments and withdrawals, with their deduplication, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson

from relay.core.letters import symptom
from relay.core.record import EventRecord, NewEnrollment
from relay.core.route import Lane
from relay.core.traffic import Seen
from relay.store.base import Tally, TranslationRecord
from relay.store.queries import queries
from relay.store.sql.database import Database, one, row, rows
from relay.store.sql.hours import count_read
from relay.store.sql.letters import add_dead, add_parked, remove_letter
from relay.store.sql.suppression import listed
from relay.store.sql.traffic import add_counts

SQL = queries("relay.store.sql", "translations")
REQUESTS = queries("relay.store.sql", "requests")


def save_translations(db: Database, records: Sequence[TranslationRecord], now: int) -> Tally:
    """Write what became of claimed requests. A claim that was lost meanwhile writes nothing."""
    events, people = (count(one(db, SQL[first])[0]) for first in ("next_event", "next_enrollment"))
    saving = _Saving(now, events, people)
    enrollments = sum(_save(db, record, saving) for record in records)
    add_counts(db, saving.seen, now)
    count_read(db, saving.requests, saving.seen, now)
    return Tally(enrollments)


@dataclass(slots=True)
class _Saving:
    """What the translations of one transaction share; `events` and `people` number what is new."""

    now: int
    events: Iterator[int]
    people: Iterator[int]
    seen: Counter[Seen] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)


def _save(db: Database, record: TranslationRecord, saving: _Saving) -> int:
    if not _still_claimed(db, record):
        return 0
    saving.requests[record.source] += record.from_start
    fresh = [event for event in record.events if not _known(db, record.request_id, event.position)]
    enrollments = sum(_save_event(db, record, event, saving) for event in fresh)
    db.execute(SQL["count_events"], (len(fresh), record.request_id))
    return enrollments


def _known(db: Database, request_id: int, position: int) -> bool:
    return row(db, SQL["event_at"], (request_id, position)) is not None


def _still_claimed(db: Database, record: TranslationRecord) -> bool:
    name = "defer" if record.deferred else "finish"
    values = {
        "request_id": record.request_id,
        "attempt": record.attempt,
        "due_at": record.due_at,
        "pending": orjson.dumps(record.deferred).decode(),
    }
    return row(db, REQUESTS[name], values) is not None


def _save_event(db: Database, record: TranslationRecord, event: EventRecord, saving: _Saving) -> int:
    now, event_id = saving.now, next(saving.events)
    values = _values(record, event, now) | {"id": event_id}
    if event.delivery_key is not None:
        before = row(db, SQL["delivered_before"], (event.delivery_key,))
        if before is not None:
            values |= {
                "fate": "duplicate",
                "reason": f"sent again; first in request {before[0]}",
                "delivery_key": None,
                "subject": None,
                "enrollments": 0,
            }
    db.execute(SQL["put_event"], values)
    if values["fate"] == "duplicate":
        return 0
    saving.seen[Seen(record.source, event.event_type, event.fate, event.named)] += 1
    if event.fate == "parked":
        add_parked(db, event_id, record.request_id, symptom(event.reason or "", event.path), now)
    if event.withdraws:
        _withdraw(db, event, now)
    for enrollment in event.enrollments:
        _enrol(db, (event_id, next(saving.people)), event, enrollment, now)
    return len(event.enrollments)


def _values(record: TranslationRecord, event: EventRecord, now: int) -> dict[str, Any]:
    return {
        "request_id": record.request_id,
        "position": event.position,
        "source": record.source,
        "event_type": event.event_type,
        "fate": event.fate,
        "reason": event.reason,
        "path": event.path,
        "kind": event.kind,
        "business_key": event.business_key,
        "occurred_at": event.occurred_at,
        "withdraws": int(event.withdraws),
        "subject": event.subject,
        "delivery_key": event.delivery_key,
        "detail": event.detail,
        "enrollments": len(event.enrollments),
        "now": now,
    }


def _withdraw(db: Database, event: EventRecord, now: int) -> None:
    values = {
        "now": now,
        "subject": event.subject,
        "occurred_at": event.occurred_at,
        "reason": f"{event.kind} arrived before it was sent",
    }
    for (enrollment_id,) in rows(db, SQL["withdraw"], values):
        db.execute(SQL["free_key"], (enrollment_id,))
        remove_letter(db, "dead", enrollment_id)


def withdraw_overtaken(db: Database, enrollments: Sequence[int], now: int) -> None:
    """Withdraw those that wait again although a cancellation came while they could not be withdrawn."""
    values = {"now": now, "ids": orjson.dumps(list(enrollments)).decode()}
    for (enrollment_id,) in rows(db, SQL["withdraw_overtaken"], values):
        db.execute(SQL["free_key"], (enrollment_id,))


def _enrol(
    db: Database, ids: tuple[int, int], event: EventRecord, enrollment: NewEnrollment, now: int
) -> None:
    """Add the enrollment in the state that the rules give it; only one that may go out consumes its key."""
    event_id, enrollment_id = ids
    due_at = max(enrollment.due_at, now)
    state, reason = _first_state(db, event, enrollment, due_at, now)
    lane = lane_id(db, enrollment.lane)
    db.execute(
        SQL["add_enrollment"],
        (
            enrollment_id,
            event_id,
            enrollment.route,
            lane,
            enrollment.email,
            enrollment.fragment,
            enrollment.contact_key,
            enrollment.dedupe_key if state in ("waiting", "dead") else None,
            enrollment.cooldown,
            enrollment.note,
            now,
        ),
    )
    settled = None if state == "waiting" else now
    lacking = enrollment.unmapped if state == "dead" else None
    cause = lacking.cause if lacking else None
    values = (enrollment_id, lane, state, due_at, enrollment.start_at, settled, cause, reason)
    db.execute(SQL["add_delivery"], values)
    if lacking:
        person = (enrollment.email, enrollment.fragment)
        add_dead(db, enrollment_id, person, cause=lacking.cause, code=None, reason=lacking.reason, now=now)


def _first_state(
    db: Database, event: EventRecord, enrollment: NewEnrollment, due_at: int, now: int
) -> tuple[str, str | None]:
    if enrollment.suppressed is not None:
        return "suppressed", enrollment.suppressed
    if on_list := listed(db, {0: (enrollment.email, enrollment.fragment)}, now):
        return "suppressed", on_list[0]
    values = {"subject": event.subject, "occurred_at": event.occurred_at}
    withdrawn = row(db, SQL["withdrawn_by"], values)
    if withdrawn is not None:
        return "withdrawn", f"{withdrawn[0]} had already arrived"
    same = row(db, SQL["same_enrollment"], (enrollment.dedupe_key,))
    if same is None and enrollment.unmapped is not None:
        return "dead", enrollment.unmapped.reason
    if same is None:
        return "waiting", enrollment.held
    other, still_to_go, planned, newest = same
    reason = f"the same {event.business_key} is enrollment {other}"
    # Only a plan for the future can change, and only appointments have one: what is due already goes out
    # when it was to, and a purchase that is reported once more was still made when it was made.
    planned_anew = enrollment.due_at == due_at != planned and (event.occurred_at or 0) >= newest
    if still_to_go and planned_anew and (event.kind or "").startswith("appointment."):
        plan = {"due_at": due_at, "start_at": enrollment.start_at, "held": enrollment.held}
        db.execute(SQL["move"], plan | {"id": other})
        reason += ", now moved"
    return "merged", reason


def lane_id(db: Database, lane: Lane) -> int:
    values = (lane.destination, lane.sequence, lane.location or "", lane.employee or "")
    found = row(db, SQL["lane_of"], values) or one(db, SQL["add_lane"], values)
    return int(found[0])
