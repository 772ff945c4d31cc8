"""Cal.com: meetings that ended, were booked, moved, cancelled or missed.

**Set-up.**

1. In Cal.com open *Settings → Developer → Webhooks → New*, for yourself, a team or an organization.
2. *Subscriber URL*: the source's URL. *Secret*: a long random text, the same in `signing_key`; without one
   Cal.com does not sign, and the relay refuses.
3. *Event triggers*: `Meeting ended`; or, for routes that name `appointment.booked`, `Booking created`,
   `Booking rescheduled`, `Booking cancelled` and `Booking rejected`. `Booking no-show updated` in any case.
4. Leave the custom payload template off: it takes away the fields that the relay reads. *Ping test* must then
   show up as ignored; its John Doe is enrolled nowhere.

**Settings.**

- `guests`: whether the guests whom a booker adds are enrolled, too (`false`); they gave their address to
  somebody else.
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` event types that are not listed here.

**Good to know.** `Meeting ended` is sent at the planned end, whether or not anybody came; attendees who were
marked as no-show by then are left out, and a mark that comes later withdraws what still waits, for the whole
booking. A rescheduled booking is a new one, and the old one is withdrawn. Bookings that wait for your
confirmation or for a payment are ignored until they are made. Where several book a seat in one meeting, take
`Meeting ended`, which enrols each of them: giving back one seat withdraws the booking for all. The
organizer's username is given as `employee`. Cal.com names no delivery: what is sent twice is told by booking
and time. Addresses that Cal.com makes up for bookings by phone are left out.

Documentation: https://cal.com/docs/core-features/webhooks (confidence: high; the flat bodies from its source
code)
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from relay.kit import (
    Connector,
    HmacSignature,
    Ignored,
    Keys,
    Kind,
    Node,
    Person,
    Reading,
    Request,
    Secrets,
    Settings,
    Source,
    field_text,
    first_text,
    in_header,
)

MADE_UP = "@sms.cal.com"


class CalComSecrets(Secrets):
    signing_key: Keys
    """The secret of the webhook."""


class CalComSettings(Settings):
    guests: bool = False
    """Whether guests whom a booker adds are enrolled, too."""


def booking_in(event: Node) -> Node:
    """Events of the moment stand in `payload`; those of meetings stand at the top, and did not always."""
    wrapped = event.get("payload")
    return wrapped if wrapped.exists else event


def split(event: Node) -> Iterator[Node]:
    """A rescheduled booking has a new uid: the old one is cancelled first, as an event of its own."""
    old = event.get("payload", "rescheduleUid")
    if old.exists and event.get("triggerEvent").text_or_none() == "BOOKING_RESCHEDULED":
        cancelled = {"triggerEvent": "BOOKING_CANCELLED", "payload": {"uid": old.raw}}
        yield Node({**event.raw, **cancelled}, event.path)
    yield event


def on_booked(event: Node, source: Source) -> Reading:
    return reading(event, Kind.APPOINTMENT_BOOKED, event["createdAt"].time(), people_in(event, source))


def on_ended(event: Node, source: Source) -> Reading | Ignored:
    people = people_in(event, source)
    if not people:
        return Ignored("every attendee is marked as no-show")
    return reading(event, Kind.APPOINTMENT_COMPLETED, booking_in(event)["endTime"].time(), people)


def reading(event: Node, kind: Kind, occurred_at: datetime, people: tuple[Person, ...]) -> Reading:
    booking = booking_in(event)
    return Reading(
        kind=kind,
        key=booking["uid"].text(),
        occurred_at=occurred_at,
        ends_at=booking["endTime"].time(),
        people=people,
        employee=first_text(booking.get("organizer", "username"), booking.get("user", "username")),
    )


def on_cancelled(event: Node, _source: Source) -> Reading:
    key = booking_in(event)["uid"].text()
    return Reading(kind=Kind.APPOINTMENT_CANCELLED, key=key, occurred_at=event["createdAt"].time())


def on_no_show(event: Node, _source: Source) -> Reading | Ignored:
    booking = booking_in(event)
    if not any(attendee.get("noShow").flag() for attendee in booking["attendees"].each()):
        return Ignored("a no-show mark was taken back")
    key = first_text(booking.get("bookingUid"), booking.get("uid")) or booking["bookingUid"].text()
    return Reading(kind=Kind.APPOINTMENT_NO_SHOW, key=key, occurred_at=event["createdAt"].time())


def people_in(event: Node, source: Source) -> tuple[Person, ...]:
    booking = booking_in(event)
    there = [one for one in booking["attendees"].each() if not one.get("noShow").flag()]
    return tuple(person(one, booking) for one in there if is_wanted(one, booking, source))


def is_wanted(attendee: Node, booking: Node, source: Source) -> bool:
    """Other hosts of a meeting stand among its attendees; bookings of seats have no answers to tell by."""
    email, booker = lowered(attendee.get("email")), lowered(answer(booking, "email"))
    guests = {lowered(guest) for guest in answer(booking, "guests").each()}
    if email in guests - {booker}:
        return bool(source.settings.guests)
    if booker and not email.endswith(MADE_UP):
        return email == booker
    hosts = (booking.get("organizer", "email"), booking.get("user", "email"), booking.get("userPrimaryEmail"))
    return email not in map(lowered, hosts)


def person(attendee: Node, booking: Node) -> Person:
    """The phone number in the answers is that of the booker, who may not be the only attendee."""
    email = attendee.get("email").text_or_none() or ""
    numbers = [attendee.get("phoneNumber")]
    if lowered(answer(booking, "email")) == email.casefold():
        numbers += [answer(booking, "attendeePhoneNumber"), answer(booking, "smsReminderNumber")]
    return Person(
        email=None if email.endswith(MADE_UP) else email,
        first_name=attendee.get("firstName").text_or_none(),
        last_name=attendee.get("lastName").text_or_none(),
        full_name=attendee.get("name").text_or_none(),
        phone=first_text(*numbers),
    )


def lowered(address: Node) -> str:
    return (address.text_or_none() or "").casefold()


def answer(booking: Node, name: str) -> Node:
    """An answer is `{"label", "value"}`, or the bare value in older events."""
    given = booking.get("responses", name)
    return given.get("value") if isinstance(given.raw, dict) else given


def delivery_id(_request: Request, event: Node) -> str | None:
    booking = booking_in(event)
    key = first_text(booking.get("uid"), booking.get("bookingUid"))
    moment = first_text(event.get("createdAt"), booking.get("endTime"))
    return f"{event['triggerEvent'].text()} {key} {moment}" if key and moment else None


IGNORED = """
AFTER_GUESTS_CAL_VIDEO_NO_SHOW AFTER_HOSTS_CAL_VIDEO_NO_SHOW BOOKING_LOCATION_UPDATED BOOKING_PAID
BOOKING_PAYMENT_INITIATED BOOKING_REASSIGNED BOOKING_REQUESTED DELEGATION_CREDENTIAL_ERROR FORM_SUBMITTED
FORM_SUBMITTED_NO_EVENT INSTANT_MEETING INSTANT_MEETING_ACCEPTED MEETING_STARTED OOO_CREATED PING
RECORDING_READY RECORDING_TRANSCRIPTION_GENERATED
"""

CONNECTOR = Connector(
    name="cal_com",
    label="Cal.com",
    group="booking",
    docs="https://cal.com/docs/core-features/webhooks",
    confidence="verified against the vendor's documentation or test vectors",
    verify=HmacSignature(place=in_header("x-cal-signature-256")),
    event_type=field_text("triggerEvent"),
    delivery_id=delivery_id,
    split=split,
    handlers={
        "MEETING_ENDED": on_ended,
        "BOOKING_CREATED": on_booked,
        "BOOKING_RESCHEDULED": on_booked,
        "BOOKING_CANCELLED": on_cancelled,
        "BOOKING_REJECTED": on_cancelled,
        "BOOKING_NO_SHOW_UPDATED": on_no_show,
    },
    ignored=frozenset(IGNORED.split()),
    kinds=frozenset(kind for kind in Kind if kind.family == "appointment"),
    default_events=frozenset({Kind.APPOINTMENT_COMPLETED}),
    secrets=CalComSecrets,
    settings=CalComSettings,
)
