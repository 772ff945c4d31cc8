"""Shopify: orders paid online or at the till (Shopify POS), refunds, cancellations, new customers.

**Set-up.** In the admin open *Settings → Notifications → Webhooks → Create webhook*.

1. Paste the source's URL, choose the format **JSON** (XML is refused) and the latest API version. Make one
   webhook for each event: *Order payment* for sales, *Refund create* and *Order cancellation* to take back
   what still waits, *Customer creation* if every new customer counts.
2. Copy the secret shown below the list of webhooks into `signing_key`. For webhooks of an app it is the
   app's client secret; after rotating it list the old one too for an hour, since Shopify still uses it.

No API token is needed: orders hold their customer. Custom apps need the scopes read_orders and
read_customers and the *protected customer data* approval for name, e-mail and phone; without it those
fields are empty and the orders are ignored for want of an address. Where several shops installed the app,
`account` takes one of them alone, or a list (`"name.myshopify.com"`); Shopify does not sign that name.

**Good to know.** *Order creation* and *Order update* count as the same sale once the order is paid, so
they may be ticked too. Walk-ins at the till have no customer and are ignored. A cancelled order withdraws
like a refunded one, and so does a partial refund: asking how it was would be out of place. Customers whose
e-mail marketing state is *unsubscribed* are left alone, unless a route says otherwise. *Send test
notification* makes a test event. Privacy requests (`customers/redact` and the like) are acknowledged and
ignored: they erase nothing here. Phone numbers are read with the country of the
address beside them, then `default_region`. Shopify waits 5 seconds and repeats 8 times in 4 hours.

Documentation: https://shopify.dev/docs/apps/build/webhooks (confidence: verified)
"""

from __future__ import annotations

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Request, Source, Unreadable
from relay.kit.proof import HmacSignature, in_header
from relay.kit.reading import PURCHASES, header_text, parse_json, words
from relay.kit.settings import AccountSettings, Keys, Secrets


class ShopifySecrets(Secrets):
    signing_key: Keys
    """Secret below the admin's list of webhooks, or the app's client secret."""


def parse(request: Request) -> Node:
    if "xml" in (request.header("content-type") or "").lower():
        raise Unreadable("is XML: choose the format JSON in Shopify's webhook settings")
    return parse_json(request)


def on_paid(order: Node, _source: Source) -> Reading | Ignored:
    person = person_in(order, order.get("customer"))
    if not order.get("customer").exists and person.email is None:
        return Ignored("a walk-in sale without a customer", nobody=True)
    return reading(Kind.PURCHASE_COMPLETED, order["id"], order, "processed_at", person)


def on_order(order: Node, source: Source) -> Reading | Ignored:
    """The order says whether it is paid: the topic is not signed, and updates go on after a refund."""
    status = order.get("financial_status").text_or_none()
    if order.get("cancelled_at").exists and not order.get("test").flag():
        return on_cancelled(order, source)
    if status in ("refunded", "partially_refunded"):
        return reading(Kind.PURCHASE_REFUNDED, order["id"], order, "updated_at")
    if status != "paid" and not order.get("test").flag():
        return Ignored(f"the order is {status or 'not paid'}")
    return on_paid(order, source)


def on_cancelled(order: Node, _source: Source) -> Reading:
    return reading(Kind.PURCHASE_REFUNDED, order["id"], order, "cancelled_at")


def on_refund(refund: Node, _source: Source) -> Reading:
    return reading(Kind.PURCHASE_REFUNDED, refund["order_id"], refund, "processed_at")


def on_customer(customer: Node, _source: Source) -> Reading:
    person = person_in(customer, customer)
    return reading(Kind.CONTACT_CREATED, customer["id"], customer, "created_at", person)


def reading(kind: Kind, key: Node, subject: Node, when: str, *people: Person) -> Reading:
    return Reading(
        kind=kind,
        key=key.text(),
        occurred_at=subject.get(when).time_or_none() or subject["created_at"].time(),
        people=people,
        location=subject.get("location_id").text_or_none(),
        employee=subject.get("user_id").text_or_none(),
        test=subject.get("test").flag(),
    )


def person_in(order: Node, customer: Node) -> Person:
    """The customer; what the profile leaves out comes from the order and its addresses."""
    default = customer.get("default_address")
    addresses = (order.get("billing_address"), order.get("shipping_address"), default)
    named = holder(customer, *addresses, of=("first_name", "last_name"))
    called = holder(customer, order, *addresses, of=("phone",))
    placed = holder(called, *addresses, of=("country_code",))
    return Person(
        email=first(customer.get("email"), order.get("email"), order.get("contact_email")),
        first_name=named.get("first_name").text_or_none(),
        last_name=named.get("last_name").text_or_none(),
        phone=called.get("phone").text_or_none(),
        country=placed.get("country_code").text_or_none(),
        unsubscribed=customer.get("email_marketing_consent", "state").text_or_none() == "unsubscribed",
    )


def holder(*places: Node, of: tuple[str, ...]) -> Node:
    """The first place that has any of the fields, or else the first place."""
    return next((place for place in places for key in of if place.get(key).text_or_none()), places[0])


def first(*texts: Node) -> str | None:
    return next((text for node in texts if (text := node.text_or_none())), None)


CONNECTOR = Connector(
    verify=HmacSignature(place=in_header("x-shopify-hmac-sha256"), encoding="base64"),
    event_type=header_text("x-shopify-topic"),
    delivery_id=header_text("x-shopify-webhook-id"),
    parse=parse,
    handlers={
        "orders/paid": on_order,
        "orders/create": on_order,
        "orders/updated": on_order,
        "orders/cancelled": on_cancelled,
        "refunds/create": on_refund,
        "customers/create": on_customer,
    },
    ignored=words("""
        customers/data_request customers/redact shop/redact app/uninstalled customers/delete
        customers/disable customers/enable customers/update orders/delete orders/edited orders/fulfilled
        orders/partially_fulfilled checkouts/create checkouts/delete checkouts/update
    """),
    kinds=PURCHASES | {Kind.CONTACT_CREATED},
    secrets=ShopifySecrets,
    settings=AccountSettings,
    account=header_text("x-shopify-shop-domain"),
    default_events={Kind.PURCHASE_COMPLETED},
)
