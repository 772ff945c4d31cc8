"""OnceHub: meetings completed, scheduled, moved, cancelled and missed (once ScheduleOnce).

**Set-up.**

1. In OnceHub open *Webhooks & API integration* (app.oncehub.com/integrations/api) and add a webhook with the
   source's URL, or make one with `POST https://api.oncehub.com/v2/webhooks`. Choose `booking.completed` and
   `booking.no_show`; or the trigger `booking`, which is all of them, for routes that take scheduled meetings.
2. *View secret* at the webhook and copy it into `signing_key`. Where there is no such entry, the webhook is
   of the old version, which does not sign: make a new one.

**Good to know.** `booking.completed` is sent when the end of the meeting has passed, whether or not anybody
came; a no-show is what somebody marks after that. Give the route a delay in which your users do so: the mark
withdraws what still waits. A meeting that is moved keeps its id or replaces another booking, which is then
withdrawn. Who filled in the form is enrolled, not the guests and not the owner, whose user id is given as
`employee`; the booking calendar or page is given as `location`. Phone numbers come as country code, hyphen
and number.

OnceHub repeats a failed delivery for three days and then disables the webhook. The signature holds a time; it
may differ by `tolerance` seconds (default 300). If repeats are refused as too old, raise it.

Documentation: https://developers.oncehub.com/docs/webhooks/webhook-signatures/ (confidence: verified; the
vendor's examples and schema)
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from relay.kit import Connector, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import SECONDS, HmacSignature, in_pairs, stamp_dot_body
from relay.kit.reading import APPOINTMENTS, field_text, first_text, meanings, unwrapped
from relay.kit.settings import Keys, Secrets, StampedSettings

LONGEST_CODE = 3
REPLACED = "booking.canceled_then_rescheduled"
KINDS = meanings(
    {
        Kind.APPOINTMENT_BOOKED: f"booking.scheduled, booking.rescheduled, booking.reassigned, {REPLACED}",
        Kind.APPOINTMENT_CANCELLED: "booking.canceled, booking.canceled_reschedule_requested",
        Kind.APPOINTMENT_NO_SHOW: "booking.no_show",
        Kind.APPOINTMENT_COMPLETED: "booking.completed",
    }
)


class OnceHubSecrets(Secrets):
    signing_key: Keys
    """The secret of the webhook."""


def split(event: Node) -> Iterator[Node]:
    """A booking that replaces another comes with a cancellation of that one."""
    booking = event.get("data")
    old = booking.get("rescheduled_booking_id").text_or_none()
    if old and old != booking.get("id").text_or_none() and not is_cancelled(booking):
        yield Node({**event.raw, "type": "booking.canceled", "data": {"id": old}}, event.path)
    yield event


def on_booking(event: Node, _source: Source) -> Reading:
    booking = event["data"]
    kind = KINDS[event["type"].text()]
    if kind is Kind.APPOINTMENT_BOOKED and is_cancelled(booking):
        kind = Kind.APPOINTMENT_CANCELLED
    key, moment = booking["id"].text(), event["creation_time"].time()
    if kind.withdraws:
        return Reading(kind=kind, key=key, occurred_at=moment)
    return Reading(
        kind=kind,
        key=key,
        occurred_at=moment,
        ends_at=end_of(booking),
        people=(person(booking["form_submission"]),),
        location=first_text(*(id_of(booking.get(place)) for place in ("booking_calendar", "booking_page"))),
        employee=id_of(booking.get("owner")).text_or_none(),
    )


def end_of(booking: Node) -> datetime:
    return booking["starting_time"].time() + booking["duration_minutes"].minutes()


def person(form: Node) -> Person:
    numbers = (form.get(name).text_or_none() for name in ("mobile_phone", "phone"))
    return Person(
        email=form.get("email").text_or_none(),
        full_name=form.get("name").text_or_none(),
        phone="; ".join(with_plus(number) for number in numbers if number) or None,
    )


def with_plus(number: str) -> str:
    """`1-2025550195` as it stands and, where that is no number of the region, with the plus it lacks."""
    code, hyphen, _ = number.partition("-")
    return f"{number}; +{number}" if hyphen and code.isdecimal() and len(code) <= LONGEST_CODE else number


def id_of(thing: Node) -> Node:
    """An id alone, or the whole thing with its id."""
    return unwrapped(thing, "id")


def is_cancelled(booking: Node) -> bool:
    return booking.get("status").text_or_none() == "canceled"


def delivery_id(_request: Request, event: Node) -> str | None:
    """OnceHub's own, and one more for a cancellation that was split off."""
    own, booking = event.get("id").text_or_none(), event.get("data")
    split_off = own and booking.exists and not booking.get("status").exists
    return f"{own} {booking['id'].text()}" if split_off else own


CONNECTOR = Connector(
    verify=HmacSignature(
        place=in_pairs("oncehub-signature", stamp="t", signature="s"), signed=stamp_dot_body, stamp=SECONDS
    ),
    event_type=field_text("type"),
    delivery_id=delivery_id,
    split=split,
    handlers=dict.fromkeys(KINDS, on_booking),
    ignored={"conversation.*"},
    kinds=APPOINTMENTS,
    default_events={Kind.APPOINTMENT_COMPLETED},
    secrets=OnceHubSecrets,
    settings=StampedSettings,
)
