"""Wix Bookings: bookings made, confirmed, moved, cancelled and declined.

**Set-up.** You need an app of your own, which Wix calls a self-hosted app (dev.wix.com).

1. In the app's dashboard open *Develop → Webhooks → Create Webhook*, category *Bookings*: one each for
   *Booking Created*, *Booking Confirmed*, *Booking Updated*, *Booking Rescheduled*, *Booking Canceled* and
   *Booking Declined*, all with the source's URL.
2. Copy the app's *public key* from the same page (*Get Public Key*), with its first and last line, into
   `public_key`.
3. Install the app on your site.

**Settings.**

- `instance_id`: the installation whose events are taken, as `instanceId` in a delivery shows it. The
  signature proves Wix and the app, which several sites may have installed; left out, all of them are taken.
- `default_region`: country of phone numbers without a country code and without a country beside them.
- `unknown_events`: `"park"` or `"ignore"` event types that are not listed here.

**Good to know.** Wix does not know whether a booking took place: it carries its end, and a route waits for
it. Only confirmed bookings count; those that are not paid, not approved, or on a waiting list are ignored
until they are. A new time moves what waits, since the booking keeps its id; cancelling and declining
withdraw. Deletions for privacy are ignored. `location` is the business location, `employee` the resource,
both by Wix's id. The address of *Automations → Send via webhook* is another thing: its body is of your
choice, and connector `generic` takes it.

Wix wants an answer within about a second, and may send an event late or twice.

Documentation:
https://dev.wix.com/docs/rest/business-solutions/bookings/bookings/bookings-writer-v2/introduction
(confidence: from public captures: public receivers, the events from the vendor's documentation)
"""

from __future__ import annotations

import re
from datetime import UTC

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import FromAccount, JwtProof
from relay.kit.reading import first_text, parse_jwt, read_person, words
from relay.kit.settings import Keys, Secrets, Settings

CANCELLED = ("CANCELED", "CANCELLED", "DECLINED")
PLACES = (
    ("createdEvent", "entity"),
    ("createdEvent", "entityAsJson"),
    ("updatedEvent", "currentEntity"),
    ("updatedEvent", "currentEntityAsJson"),
)


class WixSecrets(Secrets):
    public_key: Keys
    """The app's public key (PEM)."""


class WixSettings(Settings):
    instance_id: str | None = None
    """The installation whose events are taken; left out, that of every site."""


def parse(request: Request) -> Node:
    """A token with JSON in a text, which has JSON in a text."""
    return parse_jwt(request)["data"].json()


def on_booking(event: Node, _source: Source) -> Reading | Ignored:
    data = event["data"].json()
    if data.get("triggeredByAnonymizeRequest").flag():
        return Ignored("the booking was anonymised")
    booking = booking_in(data)
    status = booking.get("status").text_or_none() or "CONFIRMED"
    if status in CANCELLED:
        return cancelled(data)
    return about(data, booking) if status == "CONFIRMED" else Ignored(f"the booking is {status}")


def on_cancelled(event: Node, _source: Source) -> Reading:
    return cancelled(event["data"].json())


def cancelled(data: Node) -> Reading:
    return Reading(kind=Kind.APPOINTMENT_CANCELLED, key=key_of(data), occurred_at=data["eventTime"].time())


def about(data: Node, booking: Node) -> Reading:
    slot = booking.get("bookedEntity", "slot")
    zone = slot["timezone"].zone() if slot.get("timezone").exists else UTC
    end = booking.get("endDate")
    return Reading(
        kind=Kind.APPOINTMENT_BOOKED,
        key=key_of(data),
        occurred_at=data["eventTime"].time(),
        ends_at=(end if end.exists else slot["endDate"]).time(zone),
        people=(person(booking.get("contactDetails")),),
        location=slot.get("location", "id").text_or_none(),
        employee=slot.get("resource", "id").text_or_none(),
    )


def person(contact: Node) -> Person:
    return read_person(
        contact,
        email="email",
        first_name="firstName",
        last_name="lastName",
        phone="phone",
        country="countryCode",
    )


def booking_in(data: Node) -> Node:
    """Wix wraps by what happened, and sometimes writes the entity as a text."""
    found = next((node for place in PLACES if (node := data.get(*place)).exists), None)
    if found is not None:
        return found.json()
    action = data["actionEvent"]
    body = action.get("body")
    return (body if body.exists else action["bodyAsJson"].json())["booking"]


def key_of(data: Node) -> str:
    return data["entityId"].text()


def event_type(_request: Request, event: Node) -> str | None:
    """The last word of `wix.bookings.v2.booking_canceled` or `bookings/booking-cancelled`."""
    name = first_text(event.get("eventType"))
    last = re.split(r"[./]", name)[-1].replace("-", "_") if name else None
    return last and last.replace("canceled", "cancelled")


def delivery_id(_request: Request, event: Node) -> str | None:
    return event["data"].json().get("id").text_or_none()


CONNECTOR = Connector(
    verify=FromAccount(
        verifier=JwtProof(algorithm="RS256"),
        account=lambda root: root.get("instanceId").text_or_none(),
        setting="instance_id",
        parse=parse,
    ),
    parse=parse,
    event_type=event_type,
    delivery_id=delivery_id,
    handlers={
        "booking_created": on_booking,
        "booking_confirmed": on_booking,
        "booking_updated": on_booking,
        "booking_rescheduled": on_booking,
        "booking_cancelled": on_cancelled,
        "booking_declined": on_cancelled,
    },
    ignored=words("""
        booking_number_of_participants_updated booking_waiting_list_notification contact_created
        contact_updated contact_deleted app_instance_installed app_instance_removed
    """),
    kinds={Kind.APPOINTMENT_BOOKED, Kind.APPOINTMENT_CANCELLED},
    default_events={Kind.APPOINTMENT_BOOKED},
    secrets=WixSecrets,
    settings=WixSettings,
)
