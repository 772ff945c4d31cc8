"""Square: payments, appointments, refunds, invoices and new customers.

**Set-up.** In the Developer Console (developer.squareup.com/apps) open your application, or make one.

1. *Credentials*: copy the access token into `access_token`; it reads the customer of a sale or booking.
   OAuth scopes: PAYMENTS_READ, CUSTOMERS_READ, INVOICES_READ, APPOINTMENTS_READ, APPOINTMENTS_ALL_READ. With
   sandbox credentials set `environment = "sandbox"`; events from there are marked as tests.
2. *Webhooks → Subscriptions → Add subscription*: paste the source's URL exactly as the relay shows it, since
   Square signs it too. Tick `payment.updated` and `refund.updated` for sales, `booking.created` and
   `booking.updated` for appointments, `customer.created` if every new profile counts. Leave `order.*` off,
   and `invoice.payment_made` (with `invoice.refunded`, `invoice.canceled`) too unless you only invoice,
   since a paid invoice is also a payment.
3. Copy the subscription's *signature key* into `signing_key`. Every subscription has its own, so give each a
   source of its own. *Send test event* must then show up as ignored, not as refused. Where several sellers
   authorised the application, `account` takes one of them alone, or a list (`merchant_id`).

**Good to know.** A payment counts once it is COMPLETED; a walk-in is ignored until Square attaches a
customer. A route waits for the end of a booking. Cancelled, declined and missed ones withdraw what waits, as
do even partial refunds. Phones come as typed: set `default_region`. Retries last a day.

Documentation: https://developer.squareup.com/docs/webhooks/overview (confidence: verified; SDK test vectors)
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.lookups import Api, bearer
from relay.kit.proof import HmacSignature, in_header, url_then_body
from relay.kit.reading import (
    PURCHASES,
    field_text,
    first_text,
    kind_of,
    meanings,
    must_be,
    read_person,
    words,
)
from relay.kit.settings import AccountSettings, Keys, SandboxSettings, Secrets

HOSTS = {"production": "connect.squareup.com", "sandbox": "connect.squareupsandbox.com"}


class SquareSecrets(Secrets):
    signing_key: Keys
    """Signature key of the webhook subscription."""

    access_token: Keys
    """Access token of the application, for looking up customers."""


class SquareSettings(AccountSettings, SandboxSettings):
    pass


BOOKINGS = meanings(
    {
        Kind.APPOINTMENT_BOOKED: "ACCEPTED",
        Kind.APPOINTMENT_NO_SHOW: "NO_SHOW",
        Kind.APPOINTMENT_CANCELLED: "DECLINED, CANCELLED_BY_CUSTOMER, CANCELLED_BY_SELLER",
    }
)


def on_payment(event: Node, source: Source) -> Reading | Asking | Ignored:
    payment = event["data"]["object"]["payment"]
    must_be(payment["status"], "the payment", "COMPLETED")
    if (refunded := payment.get("refunded_money", "amount")).exists and refunded.integer() > 0:
        return reading(event, source, Kind.PURCHASE_REFUNDED, payment)
    report = replace(
        reading(event, source, Kind.PURCHASE_COMPLETED, payment),
        occurred_at=payment["created_at"].time(),
        employee=first_text(payment.get("team_member_id"), payment.get("employee_id")),
    )
    billing, shipping = payment.get("billing_address"), payment.get("shipping_address")
    address = billing if billing.get("last_name").exists else shipping
    buyer = read_person(address, email=(), first_name="first_name", last_name="last_name")
    buyer = replace(buyer, email=payment.get("buyer_email_address").text_or_none())
    return with_customer(report, source, payment, buyer)


def on_booking(event: Node, source: Source) -> Reading | Asking | Ignored:
    booking = event["data"]["object"]["booking"]
    report = reading(event, source, kind_of(BOOKINGS, booking["status"], "the booking"), booking)
    if report.kind.withdraws:
        return report
    staff = booking.get("appointment_segments", 0, "team_member_id").text_or_none()
    return with_customer(replace(report, ends_at=end_of(booking), employee=staff), source, booking, Person())


def end_of(booking: Node) -> datetime:
    """The start, and the minutes of all segments and of the breaks after them."""
    lengths = (
        segment[name].minutes()
        for segment in booking["appointment_segments"].each()
        for name in ("duration_minutes", "intermission_minutes")
        if segment.get(name).exists
    )
    return booking["start_at"].time() + sum(lengths, timedelta())


def on_refund(event: Node, source: Source) -> Reading | Ignored:
    refund = event["data"]["object"]["refund"]
    must_be(refund["status"], "the refund", "COMPLETED")
    return reading(event, source, Kind.PURCHASE_REFUNDED, refund, key="payment_id")


def on_invoice(event: Node, source: Source) -> Reading | Ignored:
    invoice = event["data"]["object"]["invoice"]
    if invoice["status"].text() in ("CANCELED", "REFUNDED", "PARTIALLY_REFUNDED"):
        return reading(event, source, Kind.PURCHASE_REFUNDED, invoice)
    must_be(invoice["status"], "the invoice", "PAID")
    buyer = person_in(invoice["primary_recipient"])
    return replace(reading(event, source, Kind.PURCHASE_COMPLETED, invoice), people=(buyer,))


def on_customer(event: Node, source: Source) -> Reading | Ignored:
    customer = event["data"]["object"]["customer"]
    if event["data"].get("object", "event_context", "merge").exists:
        return Ignored("customers were merged, nobody is new")
    return replace(reading(event, source, Kind.CONTACT_CREATED, customer), people=(person_in(customer),))


def reading(event: Node, source: Source, kind: Kind, subject: Node, *, key: str = "id") -> Reading:
    return Reading(
        kind=kind,
        key=subject[key].text(),
        occurred_at=event["created_at"].time(),
        location=subject.get("location_id").text_or_none(),
        test=source.settings.in_sandbox,
    )


def with_customer(report: Reading, source: Source, subject: Node, buyer: Person) -> Asking:
    """The report with its customer, or with `buyer` as the event names them where Square knows none."""
    customer_id = subject.get("customer_id").text_or_none()
    if customer_id:
        host, version = HOSTS[source.settings.environment], {"square-version": "2025-01-23"}
        api = Api(f"https://{host}/v2", auth=bearer(), headers=version)
        answer = yield api.get("customers", customer_id)
        if answer.found:
            person = person_in(answer.body["customer"])
            return replace(report, people=(person if person.email else replace(person, email=buyer.email),))
    reason = "Square no longer has this customer" if customer_id else "no customer yet: a walk-in?"
    return replace(report, people=(buyer,)) if buyer.email else Ignored(reason, nobody=True)


def person_in(customer: Node) -> Person:
    return read_person(
        customer,
        email="email_address",
        first_name="given_name",
        last_name="family_name",
        phone="phone_number",
        country="address.country",
        unsubscribed="preferences.email_unsubscribed",
    )


CONNECTOR = Connector(
    verify=HmacSignature(
        place=in_header("x-square-hmacsha256-signature"), signed=url_then_body, encoding="base64"
    ),
    event_type=field_text("type"),
    delivery_id=field_text("event_id"),
    handlers=dict.fromkeys(("payment.created", "payment.updated"), on_payment)
    | dict.fromkeys(("booking.created", "booking.updated"), on_booking)
    | dict.fromkeys(("refund.created", "refund.updated"), on_refund)
    | dict.fromkeys(("invoice.payment_made", "invoice.refunded", "invoice.canceled"), on_invoice)
    | {"customer.created": on_customer},
    ignored=words("""
        customer.deleted customer.updated webhooks.test_notification invoice.created invoice.published
        invoice.updated order.created order.fulfillment.updated order.updated
    """),
    kinds=PURCHASES | {Kind.CONTACT_CREATED, *BOOKINGS.values()},
    secrets=SquareSecrets,
    settings=SquareSettings,
    account=field_text("merchant_id"),
    default_events={Kind.PURCHASE_COMPLETED, Kind.APPOINTMENT_BOOKED},
)
