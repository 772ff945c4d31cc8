"""Mollie: paid payments, payment links and invoices; refunds and chargebacks.

**Set-up.** In the dashboard open *Developers → API keys* and copy the live key into `access_token` (with a
test key, payments are marked as tests). Mollie has two kinds of webhooks; one source takes one of them.

*Next-gen webhooks*, the better ones, are signed: *Developers → Webhooks → Create webhook*, paste this
source's URL, choose the full payload and the events `payment.paid`, `refund.refunded` and
`chargeback.received`, or `payment-link.paid` and `sales-invoice.paid` if you sell by these alone. Copy the
secret into `signing_key`.

*Classic webhooks* are unsigned: make a long random text (`openssl rand -hex 32`), write it into `url_token`,
and give your shop `/hooks/SOURCE/TOKEN` as the `webhookUrl` of each payment. Leave `signing_key` out: with
both secrets only signed deliveries count.

**Good to know.** A classic delivery holds nothing but the id of a payment, so nothing in it is believed:
the relay asks Mollie. The buyer is who the billing address names, else the customer of the payment; many
payments (iDEAL without an address) name nobody and are ignored. The same call comes again for a refund or
a chargeback, and even a partial one takes back what still waits. A payment link does not say which of its
payments was made: the newest that is paid counts. Every delivery is answered 200, as Mollie wants it. The
profile is `location`. Failed deliveries are repeated 10 times within 26 hours.

Documentation: https://docs.mollie.com/reference/webhooks (confidence: high for classic ones, from the
vendor's library for the bodies of next-gen ones)
"""

from __future__ import annotations

from relay.kit import (
    Asking,
    Connector,
    HmacSignature,
    Ignored,
    Keys,
    Kind,
    Node,
    OptionalKeys,
    Person,
    Reading,
    Request,
    Secrets,
    SharedToken,
    Source,
    bearer,
    get,
    in_header,
    parse_by_content_type,
    strongest_configured,
    url_of,
)

API = "https://api.mollie.com/v2"


class MollieSecrets(Secrets):
    access_token: Keys
    """API key, for looking payments up."""

    signing_key: OptionalKeys = ()
    """The secret of a next-gen webhook."""

    url_token: OptionalKeys = ()
    """The token in the URL of classic webhooks."""


def on_payment(event: Node, _source: Source) -> Asking:
    """Asked for even where it is embedded: it may have been refunded before its event is read."""
    payment_id = event["entityId"] if event.get("type").exists else event["id"]
    answer = yield get(url_of(API, "payments", payment_id), auth=bearer())
    return (yield from read_payment(answer.body)) if answer.found else Ignored("Mollie has no such payment")


def on_link(event: Node, _source: Source) -> Asking:
    answer = yield get(url_of(API, "payment-links", event["entityId"], "payments"), auth=bearer())
    payments = answer.body["_embedded"]["payments"].each() if answer.found else ()
    paid = next((one for one in payments if one["status"].text() == "paid"), None)
    return (yield from read_payment(paid)) if paid else Ignored("the link has no paid payment")


def on_return(event: Node, source: Source) -> Asking:
    """A refund or chargeback; only a signed payload is believed, and the simple one does not say of what."""
    entity = event.get("_embedded", "entity")
    if not entity.exists or not source.keys("signing_key"):
        answer = yield get(url_of(API, "events", event["id"]), auth=bearer())
        if not answer.found:
            return Ignored("Mollie no longer has this event")
        entity = answer.body["_embedded"]["entity"]
    return Reading(
        kind=Kind.PURCHASE_REFUNDED,
        key=entity["paymentId"].text(),
        occurred_at=event["createdAt"].time(),
        test=entity.get("mode").text_or_none() == "test",
    )


def on_invoice(event: Node, _source: Source) -> Asking:
    answer = yield get(url_of(API, "sales-invoices", event["entityId"]), auth=bearer())
    if not answer.found:
        return Ignored("Mollie has no such invoice")
    invoice = answer.body
    return Reading(
        kind=Kind.PURCHASE_COMPLETED,
        key=invoice["id"].text(),
        occurred_at=invoice.get("paidAt").time_or_none() or event["createdAt"].time(),
        people=(person_in(invoice.get("recipient")),),
        location=invoice.get("profileId").text_or_none(),
        test=invoice.get("mode").text_or_none() == "test",
    )


def read_payment(payment: Node) -> Asking:
    if returned(payment):
        return reading(payment, Kind.PURCHASE_REFUNDED)
    if (status := payment["status"].text()) != "paid":
        return Ignored(f"the payment is {status}, not paid")
    buyer = person_in(payment.get("billingAddress"))
    customer_id = payment.get("customerId")
    if buyer.email is None and customer_id.exists:
        answer = yield get(url_of(API, "customers", customer_id), auth=bearer())
        if answer.found:
            buyer = Person(
                email=answer.body.get("email").text_or_none(),
                first_name=buyer.first_name,
                last_name=buyer.last_name,
                full_name=answer.body.get("name").text_or_none(),
                phone=buyer.phone,
                country=buyer.country,
            )
    return reading(payment, Kind.PURCHASE_COMPLETED, buyer)


def returned(payment: Node) -> bool:
    amounts = (payment.get(name, "value") for name in ("amountRefunded", "amountChargedBack"))
    return any(amount.exists and amount.number() > 0 for amount in amounts)


def reading(payment: Node, kind: Kind, *people: Person) -> Reading:
    return Reading(
        kind=kind,
        key=payment["id"].text(),
        occurred_at=None if kind.withdraws else payment.get("paidAt").time_or_none(),
        people=people,
        location=payment.get("profileId").text_or_none(),
        test=payment.get("mode").text_or_none() == "test",
    )


def person_in(address: Node) -> Person:
    return Person(
        email=address.get("email").text_or_none(),
        first_name=address.get("givenName").text_or_none(),
        last_name=address.get("familyName").text_or_none(),
        phone=address.get("phone").text_or_none(),
        country=address.get("country").text_or_none(),
    )


def event_type(_request: Request, event: Node) -> str | None:
    """Classic deliveries have no type: the beginning of the id (`tr_…`) says what it names."""
    named = event.get("type").text_or_none()
    return named or (event.get("id").text_or_none() or "").partition("_")[0]


def delivery_id(_request: Request, event: Node) -> str | None:
    """A classic delivery has none: its only field names the payment, also when that is refunded."""
    return event.get("id").text_or_none() if event.get("type").exists else None


SIGNED = HmacSignature(place=in_header("x-mollie-signature", prefix="sha256=", bare=True))

CONNECTOR = Connector(
    name="mollie",
    label="Mollie",
    group="pos",
    docs="https://docs.mollie.com/reference/webhooks",
    confidence="verified against the vendor's documentation or test vectors",
    verify=SIGNED,
    for_source=strongest_configured(SIGNED, SharedToken()),
    event_type=event_type,
    delivery_id=delivery_id,
    parse=parse_by_content_type,
    handlers={
        "tr": on_payment,
        "payment.paid": on_payment,
        "payment-link.paid": on_link,
        "sales-invoice.paid": on_invoice,
        "refund.refunded": on_return,
        "chargeback.received": on_return,
    },
    ignored=frozenset({"hook.ping", "balance-transaction.created", "chargeback.reversed"})
    | {"capture.failed", "capture.succeeded", "profile.blocked", "profile.created", "profile.verified"}
    | {f"payment.{name}" for name in ("authorized", "canceled", "expired", "failed", "pending")}
    | {f"refund.{name}" for name in ("canceled", "failed", "pending", "processing", "queued")}
    | {f"sales-invoice.{name}" for name in ("canceled", "created", "issued")},
    kinds=frozenset({Kind.PURCHASE_COMPLETED, Kind.PURCHASE_REFUNDED}),
    secrets=MollieSecrets,
    default_events=frozenset({Kind.PURCHASE_COMPLETED}),
)
