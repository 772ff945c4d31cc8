"""Bookeo: bookings made, changed and cancelled, and new customers.

**Set-up.** Bookeo has no page for webhooks; its API makes them, for a registered application.

1. Register as a developer at bookeo.com and make an application: its *secret key* goes into `signing_key`.
   Install it in the account (*Marketing → Direct connections → API*), which gives an *API key*, for step 2
   alone: deliveries hold their customer, so the relay asks Bookeo nothing.
2. Bookeo names the event neither in the body nor in a header, so the URL must: make one webhook for each of
   `bookings` with `created`, `updated` and `deleted` (and `customers` with `created`, if every new profile
   counts) by `POST https://api.bookeo.com/v2/webhooks` with the JSON `{"domain": "bookings", "type":
   "created", "url": "<the source's URL>?domain=bookings&type=created"}` and both keys as headers,
   `X-Bookeo-secretKey` and `X-Bookeo-apiKey`: in the URL, where Bookeo takes them too, they would be logged.
3. Bookeo signs the URL with its query: the source's `public_url` is the URL without the query, to the letter.

**Good to know.** Bookeo does not know whether an appointment took place: a booking carries its end, and a
route waits for it. A new time moves what waits; cancelling, deleting and marking as no-show withdraw. A
booking that is not yet accepted is ignored until it is. Who is enrolled is the customer who booked, not the
other participants. The first resource (a person or a room) is given as `employee`. Phone numbers come as they
were typed: the country of the address counts, else `default_region`. A delivery must be answered within 5
seconds, else it is repeated; each has an id. The signature holds a time; it may differ by `tolerance` seconds
(default 300): if repeats are refused as too old, raise it. A delivery without the query in its URL is parked:
nobody can tell what it is about.

Documentation: https://www.bookeo.com/api/webhooks/ (confidence: from public captures: the signature, which
four public receivers share; bodies by the API reference)
"""

from __future__ import annotations

from functools import partial

from relay.kit import Connector, Handler, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import MILLISECONDS, HmacSignature, in_header, signed_as
from relay.kit.reading import CONTACTS, all_texts, first_text, header_text, words
from relay.kit.settings import Keys, Secrets, StampedSettings


class BookeoSecrets(Secrets):
    signing_key: Keys
    """The secret key of the application."""


def event_type(request: Request, _event: Node) -> str | None:
    domain, happening = request.query("domain"), request.query("type")
    return f"{domain}.{happening}" if domain and happening else None


def on_booking(event: Node, _source: Source) -> Reading | Ignored:
    booking = event["item"]
    if booking.get("canceled").flag():
        return about(event, Kind.APPOINTMENT_CANCELLED)
    if booking.get("noShow").flag():
        return about(event, Kind.APPOINTMENT_NO_SHOW)
    if booking.get("accepted").exists and not booking["accepted"].flag():
        return Ignored("the booking is not accepted yet")
    if not booking.get("customer").exists:
        return Ignored("the booking names no customer", nobody=True)
    return about(event, Kind.APPOINTMENT_BOOKED)


def on_deleted(event: Node, _source: Source) -> Reading:
    return about(event, Kind.APPOINTMENT_CANCELLED)


def about(event: Node, kind: Kind) -> Reading:
    booking, booked = event.get("item"), kind is Kind.APPOINTMENT_BOOKED
    return Reading(
        kind=kind,
        key=key(event, booking.get("bookingNumber")),
        occurred_at=event.get("timestamp").time_or_none(),
        ends_at=booking["endTime"].time() if booked else None,
        people=(person(booking["customer"]),) if booked else (),
        employee=booking.get("resources").first().get("id").text_or_none(),
    )


def on_customer(kind: Kind, event: Node, _source: Source) -> Reading:
    customer = event["item"]
    return Reading(
        kind=kind,
        key=key(event, customer.get("id")),
        occurred_at=event.get("timestamp").time_or_none(),
        people=(person(customer),),
    )


def key(event: Node, own: Node) -> str:
    return first_text(event.get("itemId"), own) or event["itemId"].text()


def person(customer: Node) -> Person:
    return Person(
        email=customer.get("emailAddress").text_or_none(),
        first_name=customer.get("firstName").text_or_none(),
        last_name=customer.get("lastName").text_or_none(),
        phone=all_texts(*(one.get("number") for one in customer.get("phoneNumbers").each())),
        country=customer.get("streetAddress", "countryCode").text_or_none(),
    )


HANDLERS: dict[str, Handler] = {
    "bookings.created": on_booking,
    "bookings.updated": on_booking,
    "bookings.deleted": on_deleted,
    "customers.created": partial(on_customer, Kind.CONTACT_CREATED),
    "customers.updated": partial(on_customer, Kind.CONTACT_UPDATED),
}

CONNECTOR = Connector(
    verify=HmacSignature(
        place=in_header("x-bookeo-signature", stamp="x-bookeo-timestamp"),
        signed=signed_as("{timestamp}{header:x-bookeo-messageid}{url}{body}"),
        stamp=MILLISECONDS,
    ),
    event_type=event_type,
    delivery_id=header_text("x-bookeo-messageid"),
    handlers=HANDLERS,
    ignored=words("customers.deleted payments.* resources.* seatblocks.*"),
    kinds=CONTACTS | {Kind.APPOINTMENT_BOOKED, Kind.APPOINTMENT_CANCELLED, Kind.APPOINTMENT_NO_SHOW},
    default_events={Kind.APPOINTMENT_BOOKED},
    secrets=BookeoSecrets,
    settings=StampedSettings,
)
