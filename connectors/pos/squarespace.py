"""Squarespace: orders of the shop that were paid, refunds, cancellations.

**Set-up.** Squarespace has no page for webhooks; they are made by an app of yours
(*developers.squarespace.com → Get started → OAuth*) with one call to its API.

1. Let the shop's owner authorise the app with the scope `website.orders.read`, and make an API key of the
   shop, too: *Settings → Developer tools → API keys*, permission *Orders: read only*. The API key goes into
   `access_token`; unlike an OAuth token it does not run out.
2. `POST https://api.squarespace.com/1.0/webhook_subscriptions` with the OAuth token as bearer, a
   `User-Agent` and the JSON `{"endpointUrl": <the source's URL>, "topics": ["order.create",
   "order.update"]}`.
3. The answer shows the `secret` once: copy it into `signing_key` as it is, in hex. *Rotating* it replaces it
   at once.

**Good to know.** Notifications hold only the number of an order, which is looked up: buyers come with names
and a phone number, and the country of their billing address. Sales at Squarespace's till without an e-mail
address are ignored. *Refunded* and *cancelled* orders withdraw what waits; other changes of an order are
ignored. Orders in test mode are test events. Squarespace asks for an answer soon, repeats for a while, and
gives no promise for how long.

Documentation: https://developers.squarespace.com/webhooks/overview (confidence: verified)
"""

from __future__ import annotations

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.lookups import bearer, fetched, get, url_of
from relay.kit.proof import HmacSignature, hex_key, in_header
from relay.kit.reading import PURCHASES, field_text
from relay.kit.settings import Keys, Secrets

ORDERS = "https://api.squarespace.com/1.0/commerce/orders"
AGENT = {"user-agent": "sequence-relay"}


class SquarespaceSecrets(Secrets):
    signing_key: Keys
    """The secret of the webhook subscription, in hex."""

    access_token: Keys
    """API key of the shop, for looking up orders."""


def on_created(event: Node, _source: Source) -> Asking:
    order_id = event["data"]["orderId"].text()
    order = yield from fetched(
        get(url_of(ORDERS, order_id), auth=bearer(), headers=AGENT), "the order is no longer there"
    )
    if order.get("fulfillmentStatus").text_or_none() == "CANCELED":
        return Ignored("the order is cancelled by now")
    return Reading(
        kind=Kind.PURCHASE_COMPLETED,
        key=order_id,
        occurred_at=order["createdOn"].time(),
        people=(buyer_of(order),),
        test=order.get("testmode").flag(),
    )


def on_updated(event: Node, _source: Source) -> Reading | Ignored:
    change = event["data"].get("update").text_or_none()
    if change not in ("REFUNDED", "CANCELED"):
        return Ignored(f"the order's update is {change or 'not named'}")
    return Reading(
        kind=Kind.PURCHASE_REFUNDED,
        key=event["data"]["orderId"].text(),
        occurred_at=event["createdOn"].time(),
    )


def buyer_of(order: Node) -> Person:
    """With the billing address; a till asks for none, and the shipping address may stand alone."""
    billing, shipping = order.get("billingAddress"), order.get("shippingAddress")
    address = billing if billing.get("lastName").text_or_none() else shipping
    return Person(
        email=order.get("customerEmail").text_or_none(),
        first_name=address.get("firstName").text_or_none(),
        last_name=address.get("lastName").text_or_none(),
        phone=address.get("phone").text_or_none(),
        country=address.get("countryCode").text_or_none(),
    )


CONNECTOR = Connector(
    # The vendor's sample writes hex; its text does not say, so base64 is read as well.
    verify=HmacSignature(place=in_header("squarespace-signature"), key=hex_key, encoding="either"),
    event_type=field_text("topic"),
    delivery_id=field_text("id"),
    handlers={"order.create": on_created, "order.update": on_updated},
    ignored={"extension.uninstall"},
    kinds=PURCHASES,
    secrets=SquarespaceSecrets,
    default_events={Kind.PURCHASE_COMPLETED},
)
