"""Requests as an operator sees them: in pages, one with all that became of it, and events as they come."""

from __future__ import annotations

import orjson

from relay.store.queries import queries
from relay.store.rows import EventRow, EventStory, RequestFilter, RequestRow, RequestStory, Stretch
from relay.store.sql.database import Database, Row, json_list, one, row, rows
from relay.store.sql.enrollments import enrollments_of
from relay.store.sql.requests import one_request
from relay.store.sql.stretches import REQUESTS, begin, goes_on

SQL = queries("relay.store.sql", "lists")

STRETCH = 200_000
"""How many requests a page looks at; their states are narrow rows."""

_MOST_EVENTS = 500
_WANTED = {
    "sources": "request_state.source IN (SELECT value FROM json_each(:sources))",
    "states": "request_state.state IN (SELECT value FROM json_each(:states))",
    "since": "request.received_at >= :since",
    "until": "request.received_at < :until",
}


def page(db: Database, wanted: RequestFilter, before: int | None, limit: int) -> Stretch[RequestRow]:
    """The newest of these requests, or those that follow in the list."""
    start = begin(db, REQUESTS, before, wanted.until)
    floor = start - STRETCH
    given = [condition for field, condition in _WANTED.items() if getattr(wanted, field) not in ((), None)]
    values = {
        "sources": json_list(wanted.sources),
        "states": json_list(wanted.states),
        "since": wanted.since,
        "until": wanted.until,
        "before": start,
        "floor": floor,
        "limit": limit,
    }
    among = "request_state.request_id < :before AND request_state.request_id >= :floor"
    found = rows(db, SQL["requests"].format(wanted=" AND ".join([among, *given])), values)
    made = tuple(map(_request, found))
    return Stretch(made, goes_on(db, REQUESTS, made[-1].id if len(made) == limit else floor, wanted.since))


def _request(found: Row) -> RequestRow:
    *first, fates = found
    return RequestRow(*[*first, orjson.loads(fates)])


def story(db: Database, number: int) -> RequestStory | None:
    values = {"id": number, "limit": 1}
    told = row(db, SQL["requests"].format(wanted="request_state.request_id = :id"), values)
    request = one_request(db, number)
    if told is None or request is None:
        return None
    events = rows(db, SQL["events"], {"request_id": number, "limit": _MOST_EVENTS})
    enrolled = enrollments_of(db, [found[0] for found in events])
    return RequestStory(
        _request(told),
        request,
        tuple(
            EventStory(EventRow(*found), detail, tuple(one for one in enrolled if one.event_id == found[0]))
            for *found, detail in events
        ),
    )


def tail(db: Database, after: int, limit: int) -> list[EventRow]:
    """Events in the order in which they were written, after this one."""
    return [EventRow(*found) for found in rows(db, SQL["tail"], {"after": after, "limit": limit})]


def newest_event(db: Database) -> int:
    """Where the tail begins; 0 before the first event."""
    number: int = one(db, SQL["newest_event"])[0]
    return number
