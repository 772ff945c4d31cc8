"""Wix eCommerce: paid, refunded and cancelled orders (Wix Stores, Bookings, Events and the till).

**Set-up.** Wix sends webhooks to apps only; a custom app of your own, installed on your site, is enough.

1. In the Wix app dashboard (dev.wix.com) create a custom app and give it the permission *Read Orders*.
2. *Develop → Webhooks*: add *Order Approved*, *Payment Status Updated* and *Order Canceled*, all with this
   source's URL.
3. The same page shows the app's public key: copy it whole, with its first and last line, into `public_key`.
4. Install the app on your site. Copy the `instanceId` of a first delivery, or that of the app's dashboard,
   into the setting `instance_id`: the key proves the app, and the app may be on several sites.

**Settings.**

- `instance_id`: the installation on your site; deliveries of others are refused. Left out, all are taken.

**Good to know.** An order counts once its payment status is PAID, whichever event says so first. A refund,
even a partial one, and a cancelled order withdraw what still waits. Names and phone come from the billing
details, else from the recipient's; an order at the till often names nobody and is ignored. Wix waits 1.25
seconds and repeats up to 12 times within 48 hours, in any order. Without an app, *Automations → Send HTTP
request* can post to a source of the connector `generic`.

Documentation: https://dev.wix.com/docs/rest/business-solutions/e-commerce/orders (confidence: from public
captures; the place of the order in a delivery is from public code)
"""

from __future__ import annotations

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Request, Source, Unreadable
from relay.kit.proof import FromAccount, JwtProof
from relay.kit.reading import field_text, first_of, first_text, meanings, must_be, parse_jwt
from relay.kit.settings import Keys, Secrets, Settings

STATUSES = meanings(
    {Kind.PURCHASE_COMPLETED: "PAID", Kind.PURCHASE_REFUNDED: "PARTIALLY_REFUNDED, FULLY_REFUNDED"}
)


class WixSecrets(Secrets):
    public_key: Keys
    """The app's public key."""


class WixSettings(Settings):
    instance_id: str | None = None
    """The installation of the app on the site."""


def parse(request: Request) -> Node:
    """The event, which is JSON in JSON in a claim; the site's id and the type stand around it."""
    claims = parse_jwt(request)
    outer = claims.get("data").json()
    return Node(
        {
            "type": first_text(outer.get("eventType"), claims.get("eventType")),
            "instanceId": first_text(outer.get("instanceId"), claims.get("instanceId")),
            "event": outer["data"].json().raw,
        }
    )


def on_order(root: Node, _source: Source) -> Reading | Ignored:
    event = root["event"]
    if event.get("triggeredByAnonymizeRequest").flag():
        return Ignored("a change made to forget somebody")
    order = order_in(event)
    if order.get("status").text_or_none() == "CANCELED":
        return reading(event, order, Kind.PURCHASE_REFUNDED)
    return reading(event, order, STATUSES[must_be(order["paymentStatus"], "the order", *STATUSES)])


def on_cancelled(root: Node, _source: Source) -> Reading:
    event = root["event"]
    return reading(event, order_in(event), Kind.PURCHASE_REFUNDED)


def order_in(event: Node) -> Node:
    """Wix has several envelopes for one order."""
    action, created, updated = (event.get(f"{name}Event") for name in ("action", "created", "updated"))
    places = (
        action.get("body", "order"),
        action.get("bodyAsJson").json().get("order"),
        created.get("entity"),
        created.get("entityAsJson").json(),
        updated.get("currentEntity"),
        updated.get("currentEntityAsJson").json(),
        event.get("order"),
        event.get("entity"),
    )
    found = next((place for place in places if place.exists), None)
    if found is None:
        raise Unreadable("holds no order where Wix is known to put it", event.path)
    return found


def reading(event: Node, order: Node, kind: Kind) -> Reading:

    return Reading(
        kind=kind,
        key=order["id"].text(),
        occurred_at=first_of(event.get("eventTime"), event.get("eventTimestamp")).time_or_none(),
        people=() if kind.withdraws else (person_in(order),),
        location=order.get("businessLocation", "id").text_or_none(),
    )


def person_in(order: Node) -> Person:
    billing, recipient = order.get("billingInfo"), order.get("recipientInfo")
    info = billing if billing.get("contactDetails").exists else recipient
    details = info.get("contactDetails")
    return Person(
        email=order.get("buyerInfo", "email").text_or_none(),
        first_name=details.get("firstName").text_or_none(),
        last_name=details.get("lastName").text_or_none(),
        phone=details.get("phone").text_or_none(),
        country=info.get("address", "country").text_or_none(),
    )


def event_type(_request: Request, root: Node) -> str | None:
    """Newer envelopes name the entity and what happened to it instead of a type."""
    parts = [root["event"].get(name).text_or_none() for name in ("entityFqdn", "slug")]
    return root.get("type").text_or_none() or "_".join(part for part in parts if part)


HANDLERS = dict.fromkeys(
    ("order_approved", "order_created", "order_payment_status_updated", "order_updated"), on_order
)

CONNECTOR = Connector(
    verify=FromAccount(
        verifier=JwtProof(algorithm="RS256"),
        account=lambda root: root.get("instanceId").text_or_none(),
        setting="instance_id",
        parse=parse,
    ),
    event_type=event_type,
    delivery_id=field_text("event", "id"),
    parse=parse,
    handlers={f"wix.ecom.v1.{name}": on for name, on in HANDLERS.items()}
    | {"wix.ecom.v1.order_canceled": on_cancelled},
    ignored={"AppInstalled", "AppRemoved", "wix.ecom.v1.order_transactions_updated"},
    kinds=frozenset(STATUSES.values()),
    secrets=WixSecrets,
    settings=WixSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
