"""Chargebee: paid invoices, refunds, new customers.

**Set-up.**

1. In Chargebee open *Settings → Configure Chargebee → Webhooks → Add webhook* and paste this source's URL.
2. Tick *Protect webhook URL with basic authentication*, make up a user name and a long password, and write
   both, joined by a colon, into `basic` (`relay:…`). Chargebee signs nothing: this is the only proof.
3. Choose the events *Payment succeeded* and *Payment refunded*, and *Customer created* if every new customer
   counts.

**Settings.**

- `renewals`: whether payments of recurring invoices after the first one count as purchases (false).

**Good to know.** The customer is in the delivery, with the billing address as a second place for name, phone
and country; nothing is looked up. Events come out of order and more than once. A partial refund withdraws
what still waits, too. Give a test site a source of its own: deliveries do not say where they come from.
Chargebee waits 20 seconds and repeats 7 times within 2 days.

Documentation: https://apidocs.chargebee.com/docs/api/events (confidence: from public captures; bodies from
public receivers)
"""

from __future__ import annotations

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Source, Unreadable
from relay.kit.proof import BasicAuth
from relay.kit.reading import PURCHASES, all_texts, field_text, first_text
from relay.kit.settings import Keys, Secrets, Settings


class ChargebeeSecrets(Secrets):
    basic: Keys
    """`user:password` of the webhook."""


class ChargebeeSettings(Settings):
    renewals: bool = False
    """Whether payments of recurring invoices after the first one count as purchases."""


def on_payment(event: Node, source: Source) -> Reading | Ignored:
    content = event["content"]
    invoice = content.get("invoice")
    if (status := content.get("transaction", "status").text_or_none()) not in ("success", None):
        return Ignored(f"the payment is {status}")
    renewal = invoice.get("recurring").flag() and not invoice.get("first_invoice").flag()
    if renewal and not source.settings.renewals:
        return Ignored("a renewal; settings.renewals is false")
    addresses = (content.get("customer", "billing_address"), invoice.get("billing_address"))
    buyer = person_in(content["customer"], *addresses)
    return reading(event, Kind.PURCHASE_COMPLETED, purchase_of(content), buyer)


def on_refund(event: Node, _source: Source) -> Reading:
    return reading(event, Kind.PURCHASE_REFUNDED, purchase_of(event["content"]))


def on_customer(event: Node, _source: Source) -> Reading:
    customer = event["content"]["customer"]
    buyer = person_in(customer, customer.get("billing_address"))
    return reading(event, Kind.CONTACT_CREATED, customer["id"].text(), buyer)


def purchase_of(content: Node) -> str:
    """The invoice; a refund may name it by its credit note, and without an invoice there is the payment."""
    transaction = content.get("transaction")
    key = first_text(
        content.get("invoice", "id"),
        content.get("credit_note", "reference_invoice_id"),
        transaction.get("refunded_txn_id"),
        transaction.get("id"),
    )
    if key is None:
        raise Unreadable("names neither an invoice nor a transaction", content.path)
    return key


def reading(event: Node, kind: Kind, key: str, *people: Person) -> Reading:
    return Reading(
        kind=kind,
        key=key,
        occurred_at=event["occurred_at"].time(),
        people=people,
        location=event["content"].get("customer", "business_entity_id").text_or_none(),
    )


def person_in(customer: Node, *addresses: Node) -> Person:
    places = (customer, *addresses)
    named = next((one for one in places if first_text(one.get("first_name"), one.get("last_name"))), customer)
    return Person(
        email=first_text(*(place.get("email") for place in places)),
        first_name=named.get("first_name").text_or_none(),
        last_name=named.get("last_name").text_or_none(),
        phone=all_texts(*(place.get("phone") for place in places)),
        country=first_text(*(address.get("country") for address in addresses)),
    )


CONNECTOR = Connector(
    verify=BasicAuth(),
    event_type=field_text("event_type"),
    delivery_id=field_text("id"),
    handlers={
        "payment_succeeded": on_payment,
        "payment_refunded": on_refund,
        "customer_created": on_customer,
    },
    ignored=frozenset({"customer_changed", "customer_deleted", "payment_failed", "payment_initiated"})
    | {"invoice_deleted", "invoice_generated", "invoice_updated", "refund_initiated"}
    | {"transaction_created", "transaction_updated", "credit_note_created", "credit_note_updated"}
    | {f"payment_source_{name}" for name in ("added", "deleted", "expired", "expiring", "updated")}
    | {f"subscription_{name}" for name in ("activated", "cancelled", "changed", "created", "renewed")},
    kinds=PURCHASES | {Kind.CONTACT_CREATED},
    secrets=ChargebeeSecrets,
    settings=ChargebeeSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
