"""WooCommerce: orders that were paid, refunds, cancellations, new customers.

**Set-up.** In WordPress open *WooCommerce → Settings → Advanced → Webhooks → Add webhook*.

1. Status *Active*, topic **Order updated**, delivery URL: this source's URL. Make up a long random *secret*
   and put it into `signing_key`, too. Saving sends a ping, which the relay answers; it is no event.
2. Make further webhooks with the same URL and secret: *Order deleted* takes back what waits, *Customer
   created* if every new account counts. *Order created* may be added; it counts as the same sale.

No API key is needed: orders hold their buyer, guests as well.

**Good to know.** A sale counts once its status is *processing* or *completed* and it has a day of payment;
cash on delivery therefore counts when you complete the order. A cancelled, deleted or refunded order
withdraws what waits, and so does a partial refund. Orders that were entered by hand without an address are
ignored. Phone numbers are read with the country of the billing address, then `default_region`.

WooCommerce sends from its own queue, minutes late on quiet sites, and never repeats a delivery. After more
than five failures in a row it *disables the webhook* without a word: look there if events stop coming.

Documentation: https://woocommerce.com/document/webhooks/ (confidence: verified; signatures after
WooCommerce's own source)
"""

from __future__ import annotations

import re

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import HmacSignature, html_key, in_header
from relay.kit.reading import PURCHASES, header_text, words
from relay.kit.replies import Reply
from relay.kit.settings import Keys, Secrets

TOPIC = "x-wc-webhook-topic"
PAID = ("processing", "completed")
UNDONE = ("cancelled", "refunded", "trash")


class WooCommerceSecrets(Secrets):
    signing_key: Keys
    """The secret of the webhooks."""


def ping(request: Request, _source: Source) -> Reply | None:
    """The unsigned form `webhook_id=…` that a new webhook sends first; only a 200 satisfies it."""
    first = TOPIC not in request.headers and re.fullmatch(rb"webhook_id=\d{1,20}", request.body.strip())
    return Reply(200) if first else None


def delivery_id(request: Request, event: Node) -> str | None:
    """WooCommerce's own delivery id names a second, not a delivery."""
    names = ("id", "status", "date_modified_gmt")
    parts = [request.header(TOPIC), *(event.get(name).text_or_none() for name in names)]
    return "-".join(part for part in parts if part) if all(parts) else None


def on_order(order: Node, _source: Source) -> Reading | Ignored:
    status = order["status"].text()
    if status in UNDONE or (status in PAID and any(order.get("refunds").each())):
        return reading(Kind.PURCHASE_REFUNDED, order, "date_modified_gmt")
    if status not in PAID:
        return Ignored(f"the order is {status}")
    if not order.get("date_paid_gmt").text_or_none() and not order.get("date_paid").text_or_none():
        return Ignored(f"the order is {status} and not paid yet")
    person = person_in(order["billing"], order["billing"])
    return reading(Kind.PURCHASE_COMPLETED, order, "date_paid_gmt", person)


def on_deleted(order: Node, _source: Source) -> Reading:
    return reading(Kind.PURCHASE_REFUNDED, order, "date_modified_gmt")


def on_customer(customer: Node, _source: Source) -> Reading:
    person = person_in(customer, customer.get("billing"))
    return reading(Kind.CONTACT_CREATED, customer, "date_created_gmt", person)


def reading(kind: Kind, subject: Node, when: str, *people: Person) -> Reading:
    return Reading(
        kind=kind, key=subject["id"].text(), occurred_at=subject.get(when).time_or_none(), people=people
    )


def person_in(holder: Node, billing: Node) -> Person:
    return Person(
        email=holder.get("email").text_or_none(),
        first_name=holder.get("first_name").text_or_none(),
        last_name=holder.get("last_name").text_or_none(),
        phone=billing.get("phone").text_or_none(),
        country=billing.get("country").text_or_none(),
    )


CONNECTOR = Connector(
    verify=HmacSignature(place=in_header("x-wc-webhook-signature"), encoding="base64", key=html_key),
    event_type=header_text(TOPIC),
    delivery_id=delivery_id,
    handshake=ping,
    handlers={
        "order.created": on_order,
        "order.updated": on_order,
        "order.deleted": on_deleted,
        "customer.created": on_customer,
    },
    ignored=words("""
        order.restored customer.updated customer.deleted coupon.created coupon.updated coupon.deleted
        coupon.restored product.created product.updated product.deleted product.restored
    """),
    kinds=PURCHASES | {Kind.CONTACT_CREATED},
    secrets=WooCommerceSecrets,
    default_events={Kind.PURCHASE_COMPLETED},
)
