"""Shopware 6: paid, refunded and cancelled orders, new customers.

**Set-up.** Shopware sends webhooks to apps; a private app is one file, no development.

1. Make up two long random texts (`openssl rand -hex 32`) for `app_secret` and `signing_key`.
2. Write this into a file `manifest.xml`, in a folder `RelayFeedback`, and upload the folder as a zip under
   *Extensions → My extensions*. `URL` is this source's, three times or more: one `<webhook>` for each event.

       <manifest><meta><name>RelayFeedback</name><label>Feedback</label><version>1.0.0</version>
         <author>Us</author><copyright>Us</copyright><license>proprietary</license></meta>
       <setup><registrationUrl>URL</registrationUrl><secret>THE APP SECRET</secret></setup>
       <permissions><read>order</read><read>customer</read></permissions>
       <webhooks><webhook name="paid" url="URL" event="state_enter.order_transaction.state.paid"/>
         <webhook name="back" url="URL" event="state_enter.order_transaction.state.refunded"/></webhooks>
       </manifest>

   Further events: `….refunded_partially`, `state_enter.order.state.cancelled`, and
   `checkout.customer.register` if every new customer counts.
3. Activate the app. The shop asks this source for a registration, which the relay proves and answers with
   `signing_key`; from then on the shop signs with it. The source's `public_url` must be set. Then take
   `app_secret` out: nobody else can register.

**Settings.**

- `app_name`: the name in the manifest's `<meta>` (`"RelayFeedback"`).
- `tolerance`: seconds that the signed time of a registration may differ from the relay's clock (300);
  deliveries are signed without a check of time.

**Good to know.** An order that was placed is not paid yet and is ignored; `state_enter.order.state.completed`
counts too, if you prefer the shipment. Which fields an order has depends on the version of Shopware; a phone
number stands in the billing address, if at all. The sales channel is `location`. After a new `signing_key`,
reinstall the app; list the old one behind it until then. Without apps, the Flow Builder's *Call webhook* can
post to a source of the connector `generic`. Newer versions repeat for 4 hours, older ones for seconds, and
switch the webhook off after 10 failures.

Documentation: https://developer.shopware.com/docs/guides/plugins/apps/webhook.html (confidence: from public
captures: good for the proof, fair for the order's fields)
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from relay.kit import Connector, Handler, Ignored, Kind, Node, Person, Reading, Request, Source, Unreadable
from relay.kit.proof import (
    SECONDS,
    HmacSignature,
    Unverified,
    any_match,
    as_sent,
    check_age,
    in_header,
    keyed_hash,
)
from relay.kit.reading import PURCHASES, field_text, parse_json
from relay.kit.replies import Reply, first_handshake, json_reply
from relay.kit.settings import Keys, OptionalKeys, Secrets, StampedSettings

GIVEN_BACK = ("chargeback", "refunded", "refunded_partially")


class ShopwareSecrets(Secrets):
    signing_key: Keys
    """The shop's key, given to it when it registers."""

    app_secret: OptionalKeys = ()
    """The secret in the manifest, needed for registering."""


class ShopwareSettings(StampedSettings):
    app_name: str = "RelayFeedback"
    """The name in the manifest."""


def register(request: Request, source: Source) -> Reply | None:
    """https://developer.shopware.com/docs/guides/plugins/apps/app-registration-setup.html"""
    shown = request.header("shopware-app-signature")
    shop_id, shop_url = request.query("shop-id"), request.query("shop-url")
    if request.method != "GET" or shown is None or shop_id is None or shop_url is None:
        return None
    query = urlsplit(request.url).query
    # Shopware signs the query as it builds it, which is not encoded in every version.
    secret = next((key for key in source.keys("app_secret") if is_signed(key, shown, query)), None)
    if secret is None or not source.keys("signing_key") or not is_fresh(request, source):
        return Reply(401)
    proof = keyed_hash(secret, as_sent(shop_id + shop_url + source.settings.app_name))
    address = request.url.partition("?")[0]
    return json_reply({"proof": proof, "secret": source.keys("signing_key")[0], "confirmation_url": address})


def is_fresh(request: Request, source: Source) -> bool:
    """The query may stand in logs of proxies: whoever sends it again later must not be told the key."""
    try:
        check_age(request.query("timestamp") or "", SECONDS, source, request.received_at or 0.0)
    except Unverified:
        return False
    return True


def is_signed(key: str, shown: str, query: str) -> bool:
    return any_match((shown,), [keyed_hash(key, as_sent(text)) for text in (query, unquote(query))])


def confirm(request: Request, _source: Source) -> Reply | None:
    """The shop's API keys end the registration; nobody needs them, so they are not kept."""
    try:
        root = parse_json(request)
        is_confirmation = root.get("apiKey").exists and root.get("secretKey").exists
    except Unreadable:
        return None
    return Reply(200) if is_confirmation else None


def on_paid(root: Node, _source: Source) -> Reading | Ignored:
    order = root["data"]["payload"]["order"]
    customer = order.get("orderCustomer")
    # An order is completed after a part of it was given back, too.
    states = (one.get("stateMachineState", "technicalName") for one in order.get("transactions").each())
    if any(state.text_or_none() in GIVEN_BACK for state in states):
        return Ignored("the order's payment was given back, or a part of it")
    if not customer.exists:
        return Ignored("the order holds no customer", nobody=True)
    return reading(root, Kind.PURCHASE_COMPLETED, order, person_in(customer, billing_address(order)))


def on_returned(root: Node, _source: Source) -> Reading:
    return reading(root, Kind.PURCHASE_REFUNDED, root["data"]["payload"]["order"])


def on_customer(root: Node, _source: Source) -> Reading:
    customer = root["data"]["payload"]["customer"]
    address = customer.get("defaultBillingAddress")
    return reading(root, Kind.CONTACT_CREATED, customer, person_in(customer, address))


def billing_address(order: Node) -> Node:
    """Beside the order, or in the list of its addresses under an id of its own."""
    if order.get("billingAddress").exists:
        return order["billingAddress"]
    wanted = order.get("billingAddressId").text_or_none()
    addresses = order.get("addresses").each()
    return next((one for one in addresses if one.get("id").text_or_none() == wanted), Node(None))


def person_in(customer: Node, address: Node) -> Person:
    return Person(
        email=customer.get("email").text_or_none(),
        first_name=customer.get("firstName").text_or_none(),
        last_name=customer.get("lastName").text_or_none(),
        phone=address.get("phoneNumber").text_or_none(),
        country=address.get("country", "iso").text_or_none(),
    )


def reading(root: Node, kind: Kind, subject: Node, *people: Person) -> Reading:
    return Reading(
        kind=kind,
        key=subject["id"].text(),
        occurred_at=root["timestamp"].time(),
        people=people,
        location=subject.get("salesChannelId").text_or_none(),
    )


PAYMENT = "state_enter.order_transaction.state"
HANDLERS: dict[str, Handler] = {
    f"{PAYMENT}.paid": on_paid,
    "state_enter.order.state.completed": on_paid,
    f"{PAYMENT}.refunded": on_returned,
    f"{PAYMENT}.refunded_partially": on_returned,
    f"{PAYMENT}.chargeback": on_returned,
    "state_enter.order.state.cancelled": on_returned,
    "checkout.customer.register": on_customer,
    "checkout.customer.guest_register": on_customer,
}

CONNECTOR = Connector(
    verify=HmacSignature(place=in_header("shopware-shop-signature")),
    handshake=first_handshake(register, confirm),
    event_type=field_text("data", "event"),
    delivery_id=field_text("source", "eventId"),
    handlers=HANDLERS,
    ignored=frozenset({"checkout.order.placed", "customer.written", "order.written"})
    | {f"app.{name}" for name in ("activated", "deactivated", "deleted", "installed", "updated")}
    | {f"{PAYMENT}.{name}" for name in ("authorized", "cancelled", "failed", "open", "paid_partially")}
    | {"state_enter.order.state.in_progress", "state_enter.order.state.open"},
    kinds=PURCHASES | {Kind.CONTACT_CREATED},
    secrets=ShopwareSecrets,
    settings=ShopwareSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
