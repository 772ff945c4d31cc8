"""GoHighLevel (LeadConnector): appointments, paid invoices and orders, won opportunities, contacts.

**Set-up.** For webhooks of a marketplace app; for actions of workflows use the connector `generic`.

1. At marketplace.gohighlevel.com make a private app with the scopes to read contacts, calendar events,
   opportunities, invoices and orders; install it in your location (sub-account).
2. *Advanced settings → Webhooks*: Webhook URL = this source's URL. Switch on appointments,
   *OpportunityStatusUpdate*, and *InvoicePaid* or orders, not both: a paid order would count twice.
3. In the location, *Settings → Private integrations*: make a token with the scope `contacts.readonly` and
   copy it into `access_token`: appointments and opportunities name only ids.

**Settings and keys.**

- `location_ids`: required; a list such as `["ve9EPM428h8vShlRW1KT"]` (*Settings → Business profile*).
  HighLevel signs for all its customers with one key, so the signature alone does not say whose event it is.
- `public_key`: HighLevel's; set it only when another is announced, or to add its RSA key for an older app.

**Good to know.** *Showed* is `appointment.completed`; before that an appointment is booked with its end;
*cancelled*, *invalid*, deleted and *no-show* withdraw. `dnd`, also for e-mail alone, means unsubscribed.
HighLevel repeats only on 429, the relay's answer when in trouble, and with the same body and `webhookId`.

Documentation: https://marketplace.gohighlevel.com/docs/webhook/WebhookIntegrationGuide (confidence:
signature, contacts, appointments and opportunities from the vendor's documentation; orders best effort)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from relay.kit import (
    AnyOf,
    Asking,
    Connector,
    Field,
    FromAccount,
    Ignored,
    Keys,
    Kind,
    Node,
    Person,
    PublicKeySignature,
    Reading,
    Request,
    Secrets,
    Settings,
    Source,
    bearer,
    field_text,
    first_text,
    get,
    in_header,
    parse_json,
    published,
    url_of,
)

CONTACTS = "https://services.leadconnectorhq.com/contacts"
APPOINTMENTS = dict.fromkeys(("new", "booked", "confirmed"), Kind.APPOINTMENT_BOOKED) | {
    "showed": Kind.APPOINTMENT_COMPLETED,
    "noshow": Kind.APPOINTMENT_NO_SHOW,
    "cancelled": Kind.APPOINTMENT_CANCELLED,
    "invalid": Kind.APPOINTMENT_CANCELLED,
}


class HighLevelSecrets(Secrets):
    public_key: Keys = published("MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=")
    """The key that HighLevel publishes for verifying its signatures."""

    access_token: Keys
    """Token of a private integration, for looking up contacts."""


class HighLevelSettings(Settings):
    location_ids: Annotated[frozenset[str], Field(min_length=1)]
    """Ids of the locations whose events are taken."""


def parse(request: Request) -> Node:
    """The fields stand beside the type; the integration guide shows them in `data`, which overrides none."""
    root = parse_json(request)
    data = root.get("data").raw
    return Node({**data, **root.raw}) if isinstance(data, dict) else root


def event_type(_request: Request, event: Node) -> str | None:
    """A paid invoice comes without a type."""
    return event.get("type").text_or_none() or ("InvoicePaid" if event.get("contactDetails").exists else None)


def location_of(root: Node) -> str | None:
    return first_text(root.get("locationId"), root.get("altId"))


def person_in(contact: Node) -> Person:
    channel = contact.get("dndSettings", "Email", "status").text_or_none()
    return Person(
        email=contact.get("email").text_or_none(),
        first_name=contact.get("firstName").text_or_none(),
        last_name=contact.get("lastName").text_or_none(),
        full_name=contact.get("name").text_or_none(),
        phone=first_text(contact.get("phone"), contact.get("phoneNo")),
        country=contact.get("country").text_or_none(),
        unsubscribed=contact.get("dnd").flag() or channel in ("active", "permanent"),
    )


def reading(kind: Kind, event: Node, record: Node) -> Reading:
    stamps = (event.get("timestamp"), *map(record.get, ("dateUpdated", "updatedAt", "dateAdded")))
    return Reading(
        kind=kind,
        key=(record["id"] if record.get("id").exists else record["_id"]).text(),
        occurred_at=next((stamp.time() for stamp in stamps if stamp.exists), None),
        location=location_of(event),
        employee=first_text(record.get("assignedTo"), record.get("assignedUserId")),
    )


def on_contact(event: Node, _source: Source) -> Reading:
    kind = Kind.CONTACT_CREATED if event["type"].text() == "ContactCreate" else Kind.CONTACT_UPDATED
    return replace(reading(kind, event, event), people=(person_in(event),))


def on_appointment(event: Node, _source: Source) -> Reading | Ignored | Asking:
    appointment = event["appointment"]
    deleted = event["type"].text() == "AppointmentDelete"
    status = "cancelled" if deleted else appointment["appointmentStatus"].text().lower()
    if status not in APPOINTMENTS:
        return Ignored(f"the appointment is {status}")
    report = reading(APPOINTMENTS[status], event, appointment)
    if report.kind.withdraws:
        return report
    return with_contact(replace(report, ends_at=appointment["endTime"].time()), appointment)


def on_opportunity(event: Node, _source: Source) -> Ignored | Asking:
    if (status := event["status"].text()) != "won":
        return Ignored(f"the opportunity is {status}, not won")
    return with_contact(reading(Kind.DEAL_WON, event, event), event)


def on_sale(event: Node, _source: Source) -> Reading | Ignored:
    """A paid invoice, or an order, which holds the contact as it was then."""
    status = first_text(event.get("paymentStatus"), event.get("status"))
    if status not in ("paid", "completed"):
        return Ignored(f"the order is {status}, not paid")
    buyer = event["contactDetails"] if event.get("contactDetails").exists else event["contactSnapshot"]
    test = event.get("liveMode").exists and not event["liveMode"].flag()
    return replace(reading(Kind.PURCHASE_COMPLETED, event, event), people=(person_in(buyer),), test=test)


def with_contact(report: Reading, subject: Node) -> Asking:
    contact_id = subject.get("contactId").text_or_none()
    if contact_id is None:
        return Ignored("it names no contact", nobody=True)
    answer = yield get(url_of(CONTACTS, contact_id), auth=bearer(), headers={"version": "2021-07-28"})
    if not answer.found:
        return Ignored("the contact is no longer there", nobody=True)
    return replace(report, people=(person_in(answer.body["contact"]),))


OTHERS = """ContactDelete ContactDndUpdate ContactTagUpdate INSTALL InboundMessage InvoiceCreate InvoiceDelete
    InvoicePartiallyPaid InvoiceSent InvoiceUpdate InvoiceVoid OpportunityAssignedToUpdate OpportunityDelete
    OpportunityMonetaryValueUpdate OpportunityStageUpdate OpportunityUpdate OutboundMessage UNINSTALL"""
ED25519 = PublicKeySignature(place=in_header("x-ghl-signature"), algorithm="ed25519")
RSA = PublicKeySignature(place=in_header("x-wh-signature"), algorithm="rsa")

CONNECTOR = Connector(
    name="gohighlevel",
    label="GoHighLevel",
    group="crm",
    docs="https://marketplace.gohighlevel.com/docs/webhook/WebhookIntegrationGuide",
    confidence="verified against the vendor's documentation or test vectors",
    verify=FromAccount(
        verifier=AnyOf(ED25519, RSA), account=location_of, setting="location_ids", parse=parse
    ),
    parse=parse,
    event_type=event_type,
    delivery_id=field_text("webhookId"),
    handlers={
        "AppointmentCreate": on_appointment,
        "AppointmentUpdate": on_appointment,
        "AppointmentDelete": on_appointment,
        "ContactCreate": on_contact,
        "ContactUpdate": on_contact,
        "InvoicePaid": on_sale,
        "OpportunityCreate": on_opportunity,
        "OpportunityStatusUpdate": on_opportunity,
        "OrderCreate": on_sale,
        "OrderStatusUpdate": on_sale,
    },
    ignored=frozenset(OTHERS.split()),
    kinds=frozenset({Kind.CONTACT_CREATED, Kind.CONTACT_UPDATED, Kind.DEAL_WON, Kind.PURCHASE_COMPLETED})
    | frozenset(APPOINTMENTS.values()),
    busy_status=429,
    default_events=frozenset({Kind.APPOINTMENT_COMPLETED, Kind.PURCHASE_COMPLETED, Kind.DEAL_WON}),
    secrets=HighLevelSecrets,
    settings=HighLevelSettings,
)
