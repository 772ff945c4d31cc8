"""Appointedd: bookings made, changed and cancelled, and new customers.

**Set-up.** In Appointedd open *Connect → Create webhooks* and make one webhook for each trigger: *Booking
created*, *Booking updated*, *Booking cancelled*; *Customer created* if every new profile counts. Each gets
this source's URL and the same authentication, which Appointedd leaves to you and the relay demands:

- *Basic authentication*: a long random password; `basic` is `user:password`. Or
- *Custom header*: a long random text, which is `header_token`; the header's name is the setting `header`
  (`x-webhook-token`).

**Settings.**

- `only_opted_in`: enrol only participants who opted in to marketing (`marketing_opt_in`); false by default.

**Good to know.** Appointedd does not say whether an appointment took place: a booking carries its end, and a
route waits for it. A new time moves what waits, cancelling withdraws. Everybody who takes part is enrolled,
with a key of their own: who cancelled or stayed away, by their own status, takes back only their own. The
business's id (`organisation`) is given as `location`. A booking can also cause *Customer* webhooks, so do not
enrol on both. The phone number is the answer to a question that asks for one; set `default_region`. There is
no signature and no delivery id; how long a failed delivery is repeated is not documented.

Documentation: https://developers.appointedd.com/docs/webhooks (confidence: high for bookings; the bodies of
customer events are not shown there)
"""

from __future__ import annotations

from collections.abc import Iterator

from relay.kit import (
    BasicAuth,
    Connector,
    HeaderName,
    Ignored,
    Kind,
    Node,
    OptionalKeys,
    Person,
    Reading,
    Secrets,
    Settings,
    SharedToken,
    Source,
    Unreadable,
    field_text,
    first_text,
    strongest_configured,
)


class AppointeddSecrets(Secrets):
    basic: OptionalKeys = ()
    """`user:password` of the webhook's basic authentication."""

    header_token: OptionalKeys = ()
    """The value of the webhook's custom header."""


class AppointeddSettings(Settings):
    header: HeaderName = "x-webhook-token"
    """The name of the custom header."""

    only_opted_in: bool = False
    """Enrol only participants who opted in to marketing."""


def split(event: Node) -> Iterator[Node]:
    """One event for each participant, who may cancel alone; whatever has none stays whole."""
    happening = event.get("event_data")
    everybody = list(happening.get("participants").each()) if happening.get("booking").exists else []
    for one in everybody:
        yield Node({**event.raw, "participant": one.raw}, event.path)
    if not everybody:
        yield event


def on_booked(event: Node, source: Source) -> Reading | Ignored:
    one = event.get("participant")
    called_off = off(event["event_data"]["booking"].get("status")) or off(one.get("booking_status"))
    if called_off is not None:
        return report(event, called_off)
    if source.settings.only_opted_in and one.exists and not opted_in(one):
        return Ignored("the participant did not opt in to marketing")
    return report(event, Kind.APPOINTMENT_BOOKED)


def on_cancelled(event: Node, _source: Source) -> Reading:
    return report(event, Kind.APPOINTMENT_CANCELLED)


def on_customer(event: Node, source: Source) -> Reading | Ignored:
    happening = event["event_data"]
    customer = happening["customer"] if happening.get("customer").exists else happening
    if source.settings.only_opted_in and not opted_in(customer):
        return Ignored("the customer did not opt in to marketing")
    created = event["event_type"].text() == "customer_created"
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=customer["id"].text(),
        occurred_at=customer.get("updated").time_or_none(),
        people=(person(customer),),
        location=happening.get("organisation", "id").text_or_none(),
    )


def report(event: Node, kind: Kind) -> Reading:
    booking, one = event["event_data"]["booking"], event.get("participant")
    if kind.withdraws and not one.exists:
        raise Unreadable("names nobody to withdraw", f"{event.path}.event_data.participants")
    booked = kind is Kind.APPOINTMENT_BOOKED
    ids = (booking["id"].text(), one.get("id").text_or_none())
    return Reading(
        kind=kind,
        key=" ".join(filter(None, ids)),
        occurred_at=booking.get("updated").time_or_none(),
        ends_at=booking["end_time"].time() if booked else None,
        people=(person(one),) if booked and one.exists else (),
        location=event.get("event_data", "organisation", "id").text_or_none(),
    )


def person(one: Node) -> Person:
    return Person(
        email=one.get("email").text_or_none(),
        first_name=first_text(one.get("firstname"), one.get("first_name")),
        last_name=first_text(one.get("lastname"), one.get("last_name")),
        phone=first_text(one.get("phone"), one.get("mobile"), one.get("mobile_number")) or answered(one),
    )


def answered(one: Node) -> str | None:
    """The answer to a question that asks for a phone; answers to others may be true or false."""
    for asked in one.get("questions").each():
        label = asked.get("label").text_or_none() or ""
        if any(word in label.lower() for word in ("phone", "mobile")):
            return asked.get("value").text_or_none()
    return None


def opted_in(one: Node) -> bool:
    return one.get("marketing_opt_in").flag()


def off(status: Node) -> Kind | None:
    """What a status withdraws, if anything; `No Show`, `No-show` and `no_show` are one."""
    return OFF.get("".join(filter(str.isalpha, (status.text_or_none() or "").lower())))


OFF = {
    "cancelled": Kind.APPOINTMENT_CANCELLED,
    "canceled": Kind.APPOINTMENT_CANCELLED,
    "noshow": Kind.APPOINTMENT_NO_SHOW,
    "didnotattend": Kind.APPOINTMENT_NO_SHOW,
}


def for_source(connector: Connector, source: Source) -> Connector:
    header = SharedToken(header=source.settings.header, secret="header_token")  # noqa: S106  # its name only
    return strongest_configured(BasicAuth(), header)(connector, source)


CONNECTOR = Connector(
    name="appointedd",
    label="Appointedd",
    group="booking",
    docs="https://developers.appointedd.com/docs/webhooks",
    confidence="best effort",
    verify=BasicAuth(),
    event_type=field_text("event_type"),
    split=split,
    handlers={
        "booking_created": on_booked,
        "booking_updated": on_booked,
        "booking_cancelled": on_cancelled,
        "customer_created": on_customer,
        "customer_updated": on_customer,
    },
    ignored=frozenset({"customer_deleted"}),
    kinds=frozenset({Kind.APPOINTMENT_BOOKED, Kind.CONTACT_CREATED, Kind.CONTACT_UPDATED, *OFF.values()}),
    default_events=frozenset({Kind.APPOINTMENT_BOOKED}),
    secrets=AppointeddSecrets,
    settings=AppointeddSettings,
    for_source=for_source,
)
