"""Values with defaults, so that a test sets only what it is about. Times are around NOW."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from relay.core.batching import Member, contact_fragment
from relay.core.contact import Contact
from relay.core.event import Event, Kind
from relay.core.node import Node
from relay.core.outcome import Certainty, Failure, Scope
from relay.core.record import EventRecord, NewEnrollment, digest, milliseconds
from relay.core.retry import exponential
from relay.core.route import Lane, Route
from relay.core.settlement import Policy, Tried
from relay.sandbox.first import AFTER_VISIT, ONBOARDING, REVIEW_REQUEST
from relay.store.base import ClaimedRequest, Incoming, Quarantined, TranslationRecord

NOW = datetime(2026, 3, 14, 18, 0, tzinfo=UTC)
NOW_MS = milliseconds(NOW)
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

LANE = Lane("main", AFTER_VISIT)
OTHER_LANE = Lane("main", REVIEW_REQUEST)
THIRD_LANE = Lane("main", ONBOARDING)
FOREIGN_LANE = Lane("second", AFTER_VISIT)

NONE_RETIRED = {"requests": 0, "events": 0, "enrollments": 0, "calls": 0}


class FakeClock:
    """A clock that stands still until a test moves it. Seconds since 1970."""

    def __init__(self, moment: datetime = NOW) -> None:
        self._now = moment.timestamp()

    def now(self) -> float:
        return self._now

    def move(self, seconds: float) -> None:
        self._now += seconds


def contact(email: str = "ana@example.com", **given: Any) -> Contact:
    return Contact(email=email, **given)


def event(**given: Any) -> Event:
    """A purchase by one person, now."""
    usual = {
        "kind": Kind.PURCHASE_COMPLETED,
        "key": "P-1",
        "occurred_at": NOW,
        "contacts": (contact(),),
    }
    return Event(**usual | given)


def route(**given: Any) -> Route:
    """Every purchase into the first sequence."""
    usual: dict[str, Any] = {
        "name": "after-visit",
        "events": frozenset({Kind.PURCHASE_COMPLETED}),
        "lane": LANE,
    }
    return Route(**usual | given)


def member(number: int = 1, **given: Any) -> Member:
    """Members of different numbers are different people."""
    email = given.pop("email", f"guest{number}@example.com")
    fragment = given.pop("fragment", contact_fragment(contact(email)))
    return Member(number, email, fragment, **given)


def members(count: int) -> tuple[Member, ...]:
    return tuple(member(number) for number in range(1, count + 1))


def tried(people: Iterable[Member] = (), *, number: int = 1, lane: Lane = LANE) -> Tried:
    """A batch that was just tried for the first time."""
    return Tried(lane, tuple(people) or members(3), number)


def failure(certainty: Certainty = Certainty.REFUSED, scope: Scope = Scope.CONTACTS, **given: Any) -> Failure:
    usual = {"code": "SOME_CODE", "reason": "some reason"}
    return Failure(certainty, scope, **usual | given)


def policy(**given: Any) -> Policy:
    """The defaults, with `attempts` and the like of the schedule given beside the policy's own."""
    names = ("on_unknown_outcome", "shortest_throttle", "silent_throttle", "open_after")
    own = {name: given.pop(name) for name in names if name in given}
    return Policy(exponential(**given), **own)


def incoming(**given: Any) -> Incoming:
    usual: dict[str, Any] = {
        "source": "shop",
        "received_at": NOW_MS,
        "method": "POST",
        "query": "",
        "headers": b'{"content-type":"application/json"}',
        "body": b'{"id":"P-1"}',
    }
    return Incoming(**usual | given)


def quarantined(**given: Any) -> Quarantined:
    usual: dict[str, Any] = {
        "source": "shop",
        "received_at": NOW_MS,
        "method": "POST",
        "query": "",
        "token": None,
        "headers": b"{}",
        "body": b"{}",
        "reason": "header x-signature does not match any secrets.signing_key",
    }
    return Quarantined(**usual | given)


def new_enrollment(
    email: str = "ana@example.com", *, lane: Lane = LANE, key: str = "P-1", **given: Any
) -> NewEnrollment:
    """What `record` makes of one contact; the same e-mail, lane and key are the same enrollment."""
    about = (lane.destination, lane.sequence, email.casefold())
    usual: dict[str, Any] = {
        "route": "after-visit",
        "lane": lane,
        "email": email,
        "fragment": contact_fragment(contact(email)),
        "contact_key": digest(*about),
        "dedupe_key": digest(*about, "shop", "purchase", key),
        "due_at": NOW_MS,
        "cooldown": 0,
    }
    return NewEnrollment(**usual | given)


def read_event(*emails: str, key: str = "P-1", lane: Lane = LANE, **given: Any) -> EventRecord:
    """An event that was read; each e-mail becomes an enrollment of the lane unless some are given."""
    made = tuple(new_enrollment(email, lane=lane, key=key) for email in emails)
    usual: dict[str, Any] = {
        "position": 0,
        "event_type": "purchase",
        "fate": "read",
        "kind": Kind.PURCHASE_COMPLETED.value,
        "business_key": key,
        "occurred_at": NOW_MS,
        "subject": digest("shop", "purchase", key),
        "detail": b"{}",
        "named": ("email",),
        "enrollments": made,
    }
    return EventRecord(**usual | given)


def withdrawal(key: str = "P-1", **given: Any) -> EventRecord:
    """A refund of the purchase of that key."""
    usual: dict[str, Any] = {"kind": Kind.PURCHASE_REFUNDED.value, "withdraws": True, "event_type": "refund"}
    return read_event(key=key, **usual | given)


def parked_event(position: int = 0, **given: Any) -> EventRecord:
    usual: dict[str, Any] = {"event_type": "odd", "reason": "should be text, is a number", "path": "$.id"}
    return EventRecord(position=position, fate="parked", **usual | given)


def translation(claimed: ClaimedRequest, *events: EventRecord, **given: Any) -> TranslationRecord:
    return TranslationRecord(claimed.id, claimed.source, claimed.attempt, events, **given)


def node(id_: str, seen_at: int = NOW_MS, **given: Any) -> Node:
    """A process that works on `till`."""
    usual: dict[str, Any] = {
        "host": "till",
        "pid": 7,
        "name": "all-1",
        "role": "all",
        "version": "1.0",
        "started_at": min(seen_at, NOW_MS),
        "requests": 3,
        "contacts": 2,
    }
    return Node(id=id_, seen_at=seen_at, **usual | given)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
