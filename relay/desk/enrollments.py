"""Enrollments: one contact in one sequence because of one event, and its whole way."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from relay.desk.cursors import number_in, to_cursor
from relay.desk.desk import Desk
from relay.desk.model import Model, Moment, Page, PageQuery, maybe, moment, parsed, to_milliseconds
from relay.desk.operation import NotFound, operation
from relay.desk.stories import (
    AttemptModel,
    CallModel,
    ContactModel,
    CorrectionModel,
    Received,
    attempt,
    call,
    contact,
    correction,
    received,
)
from relay.store.rows import EnrollmentFilter, EnrollmentRow

EnrollmentId = Annotated[int, Field(ge=1, le=2**53, examples=[2])]
Names = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=50)]
State = Literal["waiting", "sending", "delivered", "dead", "withdrawn", "suppressed", "merged", "discarded"]


class EnrollmentsQuery(PageQuery):
    """Which enrollments; the newest first."""

    state: tuple[State, ...] = ()
    source: Names = ()
    route: Names = ()
    sequence: Names = ()
    email: Annotated[str, Field(max_length=320)] | None = None
    """A whole address."""
    since: Moment | None = None
    until: Moment | None = None


class EnrollmentModel(Model):
    """An enrollment in a list: whom, where to, what became of it and why."""

    id: int
    request: int
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
    state: State
    cause: str | None
    reason: str | None
    note: str | None
    """What was decided when it was made."""
    attempts: int
    due_at: Moment
    created_at: Moment
    settled_at: Moment | None
    contact_id: str | None
    """The destination's."""


class EnrollmentsPage(Page):
    """Enrollments, the newest first. A page looks at a bounded part of the ledger."""

    items: tuple[EnrollmentModel, ...]


class EnrollmentStory(Model):
    """Everything about an enrollment: request, reading, contact, and every attempt with its call."""

    enrollment: EnrollmentModel
    letter: str | None
    """The dead letter that it is now."""
    request: Received
    event: Any
    contact: ContactModel
    corrections: tuple[CorrectionModel, ...]
    attempts: tuple[AttemptModel, ...]
    calls: tuple[CallModel, ...]


@operation("GET", "/enrollments")
async def list_enrollments(desk: Desk, query: EnrollmentsQuery) -> EnrollmentsPage:
    """Enrollments, the newest first."""
    wanted = EnrollmentFilter(
        states=query.state,
        sources=query.source,
        routes=query.route,
        sequences=query.sequence,
        email=query.email or None,
        since=to_milliseconds(query.since),
        until=to_milliseconds(query.until),
    )
    found = await desk.store.enrollments_page(query.limit, wanted, number_in(query.after))
    following = None if found.next is None else to_cursor(found.next)
    return EnrollmentsPage(items=tuple(enrollment(one) for one in found.rows), next=following)


@operation("GET", "/enrollments/{number}", problems=(NotFound,))
async def show_enrollment(desk: Desk, number: EnrollmentId) -> EnrollmentStory:
    """One enrollment with its whole way, from the webhook to the last answer of the destination."""
    found = await desk.store.enrollment_story(number)
    if found is None:
        hint = "GET /enrollments tells which there are; what is older than retention.records is gone"
        raise NotFound(f"there is no enrollment {number}", hint)
    return EnrollmentStory(
        enrollment=enrollment(found.enrollment),
        letter=None if found.letter is None else found.letter.id,
        request=received(found.request),
        event=parsed(found.event),
        contact=contact(found.contact),
        corrections=tuple(correction(one) for one in found.corrections),
        attempts=tuple(attempt(one) for one in found.attempts),
        calls=tuple(call(one) for one in found.batches),
    )


def enrollment(row: EnrollmentRow) -> EnrollmentModel:
    return EnrollmentModel(
        id=row.id,
        request=row.request_id,
        source=row.source,
        kind=row.kind,
        business_key=row.business_key,
        route=row.route,
        destination=row.destination,
        sequence=row.sequence,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        phone=row.phone,
        state=row.state,
        cause=row.cause,
        reason=row.reason,
        note=row.note,
        attempts=row.attempts,
        due_at=moment(row.due_at),
        created_at=moment(row.created_at),
        settled_at=maybe(row.settled_at),
        contact_id=row.contact_id,
    )
