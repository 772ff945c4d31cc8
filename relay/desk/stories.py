"""What the stories of requests, enrollments and dead letters are made of."""

from __future__ import annotations

from typing import Any

import orjson

from relay.core.correction import Correction, Field, compare
from relay.desk.model import Model, Moment, moment, shown
from relay.store.rows import AttemptRecord, BatchRow, Incoming


class Received(Model):
    """A request as it was received, without the credentials that it showed."""

    source: str
    received_at: Moment
    method: str
    query: str
    headers: dict[str, str]
    body: str
    """As text; bytes that are no UTF-8 are question marks."""
    size: int
    """Of the body, in bytes."""
    kept: bool
    """False: query, headers and body were removed, since their time was over or somebody was forgotten."""


class AttemptModel(Model):
    """One HTTP try of a call that the enrollment was part of."""

    batch: int
    number: int
    started_at: Moment
    took: int
    """Milliseconds."""
    status: int | None
    certainty: str | None
    """Of the failure: not_sent, refused or unknown; None: it succeeded."""
    error: str | None
    answer: str | None


def received(request: Incoming) -> Received:
    return Received(
        source=request.source,
        received_at=moment(request.received_at),
        method=request.method,
        query=request.query,
        headers=orjson.loads(request.headers or b"{}"),
        body=shown(request.body) or "",
        size=len(request.body),
        kept=request.is_kept,
    )


def attempt(one: AttemptRecord) -> AttemptModel:
    return AttemptModel(
        batch=one.batch_id,
        number=one.number,
        started_at=moment(one.started_at),
        took=one.took,
        status=one.status,
        certainty=one.certainty,
        error=one.error,
        answer=shown(one.answer),
    )


class CallModel(Model):
    """A call as it was frozen: what was sent, to whom, under which idempotency key."""

    batch: int
    destination: str
    sequence: str
    key: str
    size: int
    state: str
    created_at: Moment
    body: str


class FieldDiff(Model):
    """A field before and after; both are equal where nothing changes."""

    field: Field
    before: str | None
    after: str | None


class CorrectionModel(Model):
    """What a person, or a job, changed of what is sent."""

    at: Moment
    who: str
    why: str
    job: int | None
    fields: tuple[FieldDiff, ...]
    """Those that were changed."""


def correction(one: Correction) -> CorrectionModel:
    changed = (field for field in compare(one.before, one.after) if field.changes)
    return CorrectionModel(
        at=moment(one.at),
        who=one.who,
        why=one.why,
        job=one.job,
        fields=tuple(FieldDiff(field=each.field, before=each.before, after=each.after) for each in changed),
    )


def call(one: BatchRow) -> CallModel:
    return CallModel(
        batch=one.id,
        destination=one.destination,
        sequence=one.sequence,
        key=one.key,
        size=one.size,
        state=one.state,
        created_at=moment(one.created_at),
        body=shown(one.body) or "",
    )


class ContactModel(Model):
    """What is sent of a person. Phone numbers in E.164."""

    email: str
    first_name: str | None
    last_name: str | None
    phone: str | None


def contact(fragment: bytes) -> ContactModel:
    """From the form in which the destination takes it."""
    sent: dict[str, Any] = orjson.loads(fragment)
    return ContactModel(
        email=sent["email"],
        first_name=sent.get("firstName"),
        last_name=sent.get("lastName"),
        phone=sent.get("phone"),
    )
