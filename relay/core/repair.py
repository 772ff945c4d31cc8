"""Repair: what would become of a dead letter that is sent or read again, before anything is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from relay.core.contact import Contact
from relay.core.correction import FieldChange, compare
from relay.core.event import Event
from relay.core.fate import Deferred, Translated
from relay.core.record import EventRecord, NewEnrollment, record
from relay.core.route import Lane, Route
from relay.core.timing import ANYTIME


class How(StrEnum):
    """What is sent: the contact as it was (or as a person corrects it), or as today's connector reads it."""

    AS_IT_WAS = "as_it_was"
    READ_AGAIN = "read_again"


READ_AGAIN_WHY = "read again with today's connector"
"""Why a contact was corrected that nobody typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadEnrollment:
    """A dead enrollment, as far as its repair needs it.

    `position` is the place of its event in the request, `contact` what would be sent, `reported` the address
    that the source gave, whatever was corrected since.
    """

    letter: str
    request_id: int
    source: str
    position: int
    route: str
    lane: Lane
    contact: Contact
    reported: str
    cause: str


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event that could not be read; `position` -1 is the request as a whole."""

    letter: str
    request_id: int
    source: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the ledger holds against sending an enrollment to a contact now.

    `lacking`: the destination's id of its location or employee is not known, which it cannot go without.
    `also` are other enrollments of this address in the same sequence for the same business key, with state.
    """

    lacking: str | None = None
    suppressed: str | None = None
    cooling: str | None = None
    overtaken: bool = False
    also: tuple[tuple[int, str], ...] = ()


NOTHING_AGAINST_IT = Outlook()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a repair would do. `why_not` None: it is possible.

    Of an enrollment, `before` and `after` are what would be sent without and with it. Of an event that could
    not be read, `readings` has what it is read as today, with the enrollments that routes would make of it.
    """

    letter: str
    how: How
    before: Contact | None = None
    after: Contact | None = None
    readings: tuple[EventRecord, ...] = ()
    warnings: tuple[str, ...] = ()
    why_not: str | None = None

    @property
    def possible(self) -> bool:
        return self.why_not is None

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """Every field of the contact, changed or not; none of an event that could not be read."""
        return compare(self.before, self.after) if self.before and self.after else ()


@dataclass(frozen=True, slots=True)
class Reread:
    """What today's connector and routes make of the event of a dead enrollment.

    `contact` None: nothing that could be sent, and `why_not` says why. `deferred`: the provider was away, so
    that it may be tried again.
    """

    contact: Contact | None = None
    why_not: str | None = None
    warnings: tuple[str, ...] = ()
    deferred: Deferred | None = None


def preview(
    dead: DeadEnrollment, how: How, after: Contact, outlook: Outlook, warnings: Iterable[str] = ()
) -> Preview:
    """What sending this contact for a dead enrollment would do."""
    return Preview(
        letter=dead.letter,
        how=how,
        before=dead.contact,
        after=after,
        warnings=(*warnings, *_doubts(dead), *_prospects(outlook)),
        why_not=outlook.lacking,
    )


def impossible(dead: DeadEnrollment, how: How, why_not: str) -> Preview:
    """Nothing would be sent."""
    return Preview(letter=dead.letter, how=how, before=dead.contact, after=dead.contact, why_not=why_not)


def _doubts(dead: DeadEnrollment) -> Iterable[str]:
    if dead.cause in ("unknown", "unconfirmed"):
        yield "the last call may have worked: look at the destination, or this person may be enrolled twice"


def _prospects(outlook: Outlook) -> Iterable[str]:
    if outlook.suppressed:
        yield f"it will not go out: {outlook.suppressed}"
    if outlook.overtaken:
        yield "it will be withdrawn: a cancellation, refund or no-show has arrived since"
    if outlook.cooling:
        yield f"it will be merged: {outlook.cooling}"
    for number, state in outlook.also:
        yield f"this address has enrollment {number} ({state}) in the same sequence for the same thing"


def reread(dead: DeadEnrollment, translated: Sequence[Translated], routes: Sequence[Route]) -> Reread:
    """The contact that is read today where the enrollment's was, by the same route.

    `translated` is what the event's position of the stored request gives today.
    """
    now = next((one for one in translated if one.position in (dead.position, -1)), None)
    if now is None:
        return Reread(why_not=_instead("the connector no longer finds this event in the request"))
    if isinstance(now.fate, Deferred):
        return Reread(why_not=f"it cannot be read just now: {now.fate.reason}", deferred=now.fate)
    route = next((route for route in routes if route.name == dead.route), None)
    if route is None:
        return Reread(why_not=_instead(f"there is no route {dead.route} any more"))
    # A person wants it out: that it is late is known, and does not matter.
    row = record(dead.source, now, [replace(route, timing=ANYTIME)])
    if row is not None and row.enrollments and isinstance(now.fate, Event):
        return _chosen(dead, row.enrollments, now.fate)
    return Reread(why_not=_instead(_why_nobody(row)))


def _why_nobody(row: EventRecord | None) -> str:
    if row is None or row.fate == "parked":
        return f"it can no longer be read: {_trouble(row)}"
    if row.fate == "ignored":
        return f"it is ignored today: {row.reason}"
    return row.reason or f"a {row.kind} enrols nobody"


def _trouble(row: EventRecord | None) -> str:
    if row is None:
        return "the provider is away"
    return f"{row.reason} at {row.path}" if row.path not in (None, "$") else f"{row.reason}"


def _instead(why_not: str) -> str:
    return f"{why_not}; send it as it was, or discard it"


def _chosen(dead: DeadEnrollment, enrollments: Sequence[NewEnrollment], event: Event) -> Reread:
    """The contact of the same address, else the only one."""
    known = (dead.reported.casefold(), dead.contact.identity)
    same = [one for address in known for one in enrollments if one.email.casefold() == address]
    if not same and len(enrollments) > 1:
        why_not = f"{len(enrollments)} people are read from it today, none of them with this address"
        return Reread(why_not=_instead(why_not))
    chosen = (same or enrollments)[0]
    if chosen.suppressed is not None:
        return Reread(why_not=_instead(f"it would not be sent today: {chosen.suppressed}"))
    contact = next(one for one in event.contacts if one.email == chosen.email)
    return Reread(contact, warnings=tuple(_moved(dead.lane, chosen)))


def _moved(lane: Lane, chosen: NewEnrollment) -> Iterable[str]:
    """An enrollment stays where it is: which sequence somebody is put into is no detail."""
    if (chosen.lane.destination, chosen.lane.sequence) != (lane.destination, lane.sequence):
        yield (
            f"the route leads to sequence {chosen.lane.sequence} of {chosen.lane.destination} today; "
            f"this enrollment stays in {lane.sequence} of {lane.destination}"
        )
    elif chosen.lane != lane:
        yield "its location or employee would be another one today; this enrollment keeps its own"


def preview_event(
    letter: str, source: str, translated: Sequence[Translated], routes: Sequence[Route]
) -> Preview:
    """What reading a parked event again would give: `translated` is what its request gives today."""
    away = [one.fate for one in translated if isinstance(one.fate, Deferred)]
    readings = tuple(row for one in translated if (row := record(source, one, routes)) is not None)
    still = [row for row in readings if row.fate == "parked"]
    return Preview(
        letter=letter,
        how=How.READ_AGAIN,
        readings=readings,
        warnings=(*(f"{fate.reason}: it is asked again later" for fate in away), *_emptiness(readings)),
        why_not=f"it still cannot be read: {_trouble(still[0])}" if len(still) == len(translated) else None,
    )


def _emptiness(readings: Iterable[EventRecord]) -> Iterable[str]:
    """Why what is read would enrol nobody, or not at once."""
    for row in readings:
        if row.fate == "parked":
            yield f"event {row.position + 1} stays: {row.reason}"
        elif not row.enrollments and not row.withdraws:
            yield f"nobody is enrolled: {row.reason}"
        for one in row.enrollments:
            why = one.suppressed or (one.unmapped.reason if one.unmapped else None)
            if why:
                yield f"route {one.route} will not send it: {why}"


def why_not_delivered(cause: str) -> str | None:
    """Why a dead letter of this cause cannot be marked as delivered; None: it can."""
    if cause in ("unknown", "unconfirmed"):
        return None
    if cause == "unreadable":
        return "it was never read, so nobody can have been enrolled: read it again, or discard it"
    if cause == "refused":
        return "the destination refused it and did nothing: correct it and send it again, or discard it"
    return "it was never sent: send it again, or discard it"
