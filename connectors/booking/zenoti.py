"""Zenoti: appointments completed, invoices closed, new and changed guests.

**Set-up.** You need the API package and the permission for webhooks.

1. In Zenoti, at the organization or a center, open *Configuration → Integrations → Webhooks* (in some
   accounts *Setup → Automation → Add New Automation*) and add one for each event: *Invoice Closed*;
   *Appointment Completed*; *Guest Created* and *Guest Updated* if you use them. Verb *POST*, with the
   source's URL. *Test your trigger* sends an empty request, which the relay answers.
2. Copy the webhook's secret key into `signing_key`. Where your account shows none, make a long random token
   (`openssl rand -hex 32`), write it into `url_token` instead, and append it to the URL:
   `/hooks/SOURCE/TOKEN`.
3. If appointments come without an address: *Configuration → Integrations → Apps → Backend app*, with read
   access to guests; copy its API key into `api_key`. The relay then asks Zenoti for the guest. Without it
   they are ignored, and `relay status` shows how many.

**Good to know.** All services of one visit are one appointment group and enrol once. An invoice counts when
it is closed or paid in full; a refund, which is an invoice of its own, is ignored. Someone who is seen and
pays is not enrolled twice in a day (the route's cool-down). `location` is the center's id, `employee` the
therapist's. Bookings, class bookings and their statuses are ignored: their bodies are not documented.

Documentation: https://docs.zenoti.com/docs/overview-1 (confidence: best effort: the envelope from the
vendor's documentation; signature, guests and invoices from one public receiver that was checked against live
deliveries; the body of Appointment Completed is best effort, and what cannot be read is parked)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.lookups import Api, fetched, key_in_header
from relay.kit.proof import Claim, HmacSignature, Place, SharedToken, strongest_configured
from relay.kit.reading import CONTACTS, field_text, first_text, read_person, with_calling_code, words
from relay.kit.replies import Reply
from relay.kit.settings import OptionalKeys, Secrets

API = Api("https://api.zenoti.com/v1", auth=key_in_header("authorization", "api_key", prefix="apikey "))
HEADER = "zenoti-webhook-signature"


class ZenotiSecrets(Secrets):
    signing_key: OptionalKeys = ()
    """The secret key of the webhook."""

    url_token: OptionalKeys = ()
    """A token at the end of the URL, where Zenoti shows no secret key."""

    api_key: OptionalKeys = ()
    """The API key of a backend app, for looking guests up."""


def read_claim(request: Request) -> Claim:
    """`sha256 =18-2E-10-EB-…`: bytes in hex with hyphens between, as .NET writes them."""
    scheme, _, digest = (request.header(HEADER) or "").partition("=")
    signature = digest.strip().replace("-", "")
    return Claim((signature,) if scheme.strip().lower() == "sha256" and signature else ())


def write_claim(signature: str, _signed_at: str) -> Mapping[str, str]:
    pairs = (signature[at : at + 2] for at in range(0, len(signature), 2))
    return {HEADER: f"sha256 ={'-'.join(pairs).upper()}"}


def empty_test(request: Request, _source: Source) -> Reply | None:
    """The test of a trigger has neither body nor proof."""
    return None if request.body else Reply(200)


def on_appointment(event: Node, source: Source) -> Reading | Asking:
    data = event["data"]
    guest = data.get("guest")
    report = Reading(
        kind=Kind.APPOINTMENT_COMPLETED,
        key=first_text(data.get("appointment_group_id"), data.get("appointment_id")) or data["id"].text(),
        occurred_at=event["event_timestamp"].time(),
        location=first_text(data.get("center_id"), data.get("center", "id")),
        employee=first_text(data.get("therapist", "id"), data.get("employee", "id")),
    )
    guest_id = guest.get("id") if guest.exists else data["guest_id"]
    if guest.get("email").text_or_none() or not source.keys("api_key"):
        return replace(report, people=(person(guest),) if guest.exists else ())
    return with_guest(report, guest_id)


def with_guest(report: Reading, guest_id: Node) -> Asking:
    body = yield from fetched(API.get("guests", guest_id), "the guest is no longer there")
    return replace(report, people=(person(body["personal_info"]),))


def on_invoice(event: Node, _source: Source) -> Reading | Ignored:
    invoice = event["data"]["invoice"]
    if invoice.get("is_refund").flag():
        return Ignored("the invoice is a refund")
    if invoice.get("is_closed").exists and not (invoice.get("is_closed").flag() or is_paid(invoice)):
        return Ignored("the invoice is neither closed nor paid")
    guest = invoice.get("guest")
    return Reading(
        kind=Kind.PURCHASE_COMPLETED,
        key=invoice["id"].text(),
        occurred_at=event["event_timestamp"].time(),
        people=(person(guest),) if guest.exists else (),
        location=first_text(invoice.get("center", "id"), invoice.get("center_id")),
    )


def is_paid(invoice: Node) -> bool:
    """Some accounts never close an invoice that is paid in full."""
    due = invoice.get("total_price", "sum_total")
    amounts = (payment.get("amount_paid") for payment in invoice.get("transactions").each())
    paid = sum((amount.number() for amount in amounts if amount.exists), Decimal())
    return due.exists and paid >= due.number() > 0


def on_guest(event: Node, _source: Source) -> Reading:
    guest = event["data"]
    created = event_type(None, event) == "guest.created"
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=guest["id"].text(),
        occurred_at=event["event_timestamp"].time(),
        people=(person(guest["personal_info"]),),
        location=guest.get("center_id").text_or_none(),
    )


def person(guest: Node) -> Person:
    named = read_person(guest, email="email", first_name="first_name", last_name="last_name")
    return replace(named, phone=number_in(guest.get("mobile_phone")))


def number_in(phone: Node) -> str | None:
    """A text, or an object in which the calling code stands apart."""
    if not isinstance(phone.raw, dict):
        return phone.text_or_none()
    return with_calling_code(phone.get("phone_code"), phone.get("number"))


def event_type(_request: Request | None, event: Node) -> str | None:
    """`Appointment.Completed`; in the vendor's lists also `Appointment Completed`."""
    name = event.get("event_type").text_or_none()
    return name and name.replace(" ", ".").lower()


SIGNATURE = HmacSignature(place=Place(HEADER, read_claim, write_claim))

CONNECTOR = Connector(
    verify=SIGNATURE,
    for_source=strongest_configured(SIGNATURE, SharedToken()),
    handshake=empty_test,
    methods={"POST", "PUT", "PATCH"},
    event_type=event_type,
    delivery_id=field_text("id"),
    handlers={
        "appointment.completed": on_appointment,
        "invoice.closed": on_invoice,
        "guest.created": on_guest,
        "guest.updated": on_guest,
    },
    ignored=words("appointment.started appointment.feedback.* appointmentgroup.* guest.deleted guest.merged"),
    kinds=CONTACTS | {Kind.APPOINTMENT_COMPLETED, Kind.PURCHASE_COMPLETED},
    default_events={Kind.APPOINTMENT_COMPLETED, Kind.PURCHASE_COMPLETED},
    secrets=ZenotiSecrets,
)
