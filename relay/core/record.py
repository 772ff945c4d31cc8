"""What a translation writes down: events and enrollments as records, ready for the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Literal

import orjson

from relay.core.attribution import Place, Unmapped, attribute
from relay.core.batching import contact_fragment
from relay.core.case import describe
from relay.core.connector import Ignored
from relay.core.contact import Contact
from relay.core.event import Event, Kind
from relay.core.fate import Deferred, Parked, Translated, failed
from relay.core.route import Lane, Route
from relay.core.timing import held_until
from relay.core.traffic import Named, named_in
from relay.core.values import valueclass

Fate = Literal["read", "ignored", "parked"]


@valueclass(frozen=True, slots=True)
class NewEnrollment:
    """One contact to be enrolled; keys are 16-byte hashes, times milliseconds since 1970.

    `start_at` is what lateness counts from. `suppressed` says why it must not go out, `held` why only later,
    `unmapped` why it is a dead letter, `note` what was left out.
    """

    route: str
    lane: Lane
    email: str
    fragment: bytes
    contact_key: bytes
    dedupe_key: bytes
    due_at: int
    cooldown: int
    start_at: int | None = None
    suppressed: str | None = None
    held: str | None = None
    unmapped: Unmapped | None = None
    note: str | None = None


@valueclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One event's row; `subject` joins the reports of one appointment, purchase or deal of a source.

    `named` are the fields that were read, to be counted: none without an e-mail address, None where the
    event was not wanted or not readable.
    """

    position: int
    event_type: str
    fate: Fate
    reason: str | None = None
    path: str | None = None
    kind: str | None = None
    business_key: str | None = None
    occurred_at: int | None = None
    withdraws: bool = False
    subject: bytes | None = None
    delivery_key: bytes | None = None
    detail: bytes | None = None
    named: Named | None = None
    enrollments: tuple[NewEnrollment, ...] = ()


_LONGEST_TYPE = 200
_LONGEST = 500
"""Marks of a text that a sender may have chosen; the keys that tell events apart are hashes of the whole."""


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def digest(*parts: str) -> bytes:
    """16 bytes that stand for these texts; the same texts split otherwise give other bytes."""
    return blake2b(orjson.dumps(parts), digest_size=16).digest()


def contact_key(destination: str, sequence: str, email: str) -> bytes:
    """What all enrollments of one person in one sequence have in common."""
    return digest(destination, sequence, email.casefold())


def record(source: str, translated: Translated, routes: Iterable[Route]) -> EventRecord | None:
    """The row of a translated event, None while it is deferred.

    A parked event does not consume its delivery id, so that a re-send can still be read.
    """
    try:
        return _record(source, translated, routes)
    except Exception as error:  # noqa: BLE001  # what a connector read may fit no row, and must hold nobody up
        return _record(source, replace(translated, event_type="", fate=failed(error)), routes)


def _record(source: str, translated: Translated, routes: Iterable[Route]) -> EventRecord | None:
    fate = translated.fate
    position, event_type = translated.position, translated.event_type[:_LONGEST_TYPE]
    if isinstance(fate, Deferred):
        return None
    if isinstance(fate, Parked):
        return EventRecord(
            position=position,
            event_type=event_type,
            fate="parked",
            reason=fate.reason[:_LONGEST],
            path=fate.path[:_LONGEST],
        )
    delivery_id = translated.delivery_id
    delivery_key = digest(source, delivery_id) if delivery_id is not None else None
    if isinstance(fate, Ignored):
        return EventRecord(
            position=position,
            event_type=event_type,
            fate="ignored",
            reason=fate.reason[:_LONGEST],
            delivery_key=delivery_key,
            named=() if fate.nobody else None,
        )
    return _read(source, translated, fate, delivery_key, routes)


def _read(
    source: str, translated: Translated, event: Event, delivery_key: bytes | None, routes: Iterable[Route]
) -> EventRecord:
    taking = [] if event.withdraws else [route for route in routes if route.takes(source, event)]
    unrouted = None if taking or event.withdraws else f"no route takes {event.kind.value} of this source"
    return EventRecord(
        position=translated.position,
        event_type=translated.event_type[:_LONGEST_TYPE],
        fate="read",
        reason=unrouted,
        kind=event.kind.value,
        business_key=event.key[:_LONGEST],
        occurred_at=milliseconds(event.occurred_at),
        withdraws=event.withdraws,
        subject=digest(source, event.kind.family, event.key),
        delivery_key=delivery_key,
        detail=orjson.dumps(describe(event)),
        named=named_in(event),
        enrollments=tuple(
            enrollment(source, event, route, contact) for route in taking for contact in event.contacts
        ),
    )


def enrollment(source: str, event: Event, route: Route, contact: Contact) -> NewEnrollment:
    """One contact of an event as an enrollment.

    Reports of one key are one happening, but for `contact.updated`: a later change is another one.
    """
    placed = attribute(route.maps, source, Place(event.location, event.employee), route.lane.place)
    lane = route.lane.at(placed.place)
    change = str(milliseconds(event.occurred_at)) if event.kind is Kind.CONTACT_UPDATED else ""
    about = (lane.destination, lane.sequence, contact.identity)
    start, due = route.start_of(event), route.due(event)
    opening = route.timing.open.next_open(due)
    return NewEnrollment(
        route=route.name,
        lane=lane,
        email=contact.email,
        fragment=contact_fragment(contact),
        contact_key=contact_key(*about),
        dedupe_key=digest(*about, source, event.kind.family, event.key, change),
        due_at=milliseconds(opening),
        cooldown=round(route.cooldown.total_seconds() * 1000),
        start_at=milliseconds(start),
        suppressed=_unwanted(event, route, contact) or route.timing.lateness(start, opening),
        held=held_until(opening) if opening > due else None,
        unmapped=placed.unmapped,
        note=placed.note,
    )


def _unwanted(event: Event, route: Route, contact: Contact) -> str | None:
    """Why a route that takes the event does not enrol this contact."""
    if event.test and not route.enrol_tests:
        return "test event of the provider"
    if contact.identity in event.unsubscribed and route.respect_unsubscribed:
        return "unsubscribed, says the source"
    return None
