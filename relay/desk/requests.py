"""Requests: every verified webhook as it was received, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from relay.desk.cursors import number_in, to_cursor
from relay.desk.desk import Desk
from relay.desk.enrollments import EnrollmentModel, enrollment
from relay.desk.model import Model, Moment, Page, PageQuery, maybe, moment, parsed, to_milliseconds
from relay.desk.operation import NotFound, operation
from relay.desk.stories import Received, received
from relay.store.rows import EventRow, EventStory, RequestFilter, RequestRow

RequestId = Annotated[int, Field(ge=1, le=2**53, examples=[2])]
Names = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=50)]


class RequestsQuery(PageQuery):
    """Which requests; the newest first."""

    source: Names = ()
    state: tuple[Literal["waiting", "translated"], ...] = ()
    since: Moment | None = None
    until: Moment | None = None


class RequestModel(Model):
    """A request in a list."""

    id: int
    source: str
    received_at: Moment
    method: str
    size: int
    """Of the body, in bytes."""
    state: str
    attempts: int
    due_at: Moment
    """When it is read, while it waits."""
    fates: Mapping[str, int]
    """Its events by what became of them."""


class RequestsPage(Page):
    """Requests, the newest first. A page looks at a bounded part of the ledger."""

    items: tuple[RequestModel, ...]


class EventModel(Model):
    """An event as it was read, or why it was not. `position` -1 is the request as a whole."""

    id: int
    request: int
    position: int
    source: str
    event_type: str
    fate: str
    reason: str | None
    path: str | None
    kind: str | None
    business_key: str | None
    occurred_at: Moment | None
    created_at: Moment
    enrollments: int
    """How many it gave."""


class EventStoryModel(Model):
    """An event, what was read, and whom it enrolled."""

    event: EventModel
    detail: Any
    """As it was read; null where it could not be."""
    enrollments: tuple[EnrollmentModel, ...]


class RequestStory(Model):
    """A request as received, and what became of it: the first 500 events and 1000 enrollments."""

    request: RequestModel
    received: Received
    events: tuple[EventStoryModel, ...]


@operation("GET", "/requests")
async def list_requests(desk: Desk, query: RequestsQuery) -> RequestsPage:
    """Verified webhooks, the newest first."""
    wanted = RequestFilter(
        sources=query.source,
        states=query.state,
        since=to_milliseconds(query.since),
        until=to_milliseconds(query.until),
    )
    found = await desk.store.requests_page(query.limit, wanted, number_in(query.after))
    following = None if found.next is None else to_cursor(found.next)
    return RequestsPage(items=tuple(_request(one) for one in found.rows), next=following)


@operation("GET", "/requests/{request}", problems=(NotFound,))
async def show_request(desk: Desk, request: RequestId) -> RequestStory:
    """One webhook as received, what was read, and whom it enrolled."""
    found = await desk.store.request_story(request)
    if found is None:
        hint = "GET /requests tells which there are; what is older than retention.records is gone"
        raise NotFound(f"there is no request {request}", hint)
    return RequestStory(
        request=_request(found.row),
        received=received(found.request),
        events=tuple(_event_story(one) for one in found.events),
    )


def _request(row: RequestRow) -> RequestModel:
    return RequestModel(
        id=row.id,
        source=row.source,
        received_at=moment(row.received_at),
        method=row.method,
        size=row.size,
        state=row.state,
        attempts=row.attempts,
        due_at=moment(row.due_at),
        fates=row.fates,
    )


def _event_story(story: EventStory) -> EventStoryModel:
    return EventStoryModel(
        event=event(story.event),
        detail=parsed(story.detail),
        enrollments=tuple(enrollment(one) for one in story.enrollments),
    )


def event(row: EventRow) -> EventModel:
    return EventModel(
        id=row.id,
        request=row.request_id,
        position=row.position,
        source=row.source,
        event_type=row.event_type,
        fate=row.fate,
        reason=row.reason,
        path=row.path,
        kind=row.kind,
        business_key=row.business_key,
        occurred_at=maybe(row.occurred_at),
        created_at=moment(row.created_at),
        enrollments=row.enrollments,
    )
