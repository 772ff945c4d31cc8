"""Ecwid (Lightspeed E-Series): paid and refunded orders, new customers.

**Set-up.** Ecwid sends webhooks to apps only; a custom app of your own is enough (paid plans).

1. In the admin open *Apps → Develop apps* (my.ecwid.com/#develop-apps) and create a custom app with the
   scopes `read_orders` and `read_customers`.
2. In the app's settings, or through Ecwid's support, set this source's URL for webhooks and choose
   `order.updated` and `order.created`, and `customer.created` if every new customer counts.
3. Copy the app's *client secret* into `signing_key` and its *secret token* (`secret_…`) into `access_token`.
4. Write the store's id, shown at the foot of every page of the admin, into the setting `store_id`.

**Settings.**

- `store_id`: the number of the store (`"1003"`); deliveries for another store are refused.

**Good to know.** Ecwid signs the event's id and time and nothing else, so nothing else in it is believed: the
relay asks Ecwid for the order, and takes its payment status from there. An order counts once it is PAID;
refunded, partially refunded and cancelled ones withdraw what still waits. Events come out of order. Changes
that leave the payment status as it was are ignored without asking. Ecwid appends `?eventtype=…` to the URL,
waits 10 seconds, repeats for a day, and blocks the address after two weeks of failures.

Documentation: https://api-docs.ecwid.com/reference/webhooks (confidence: verified)
"""

from __future__ import annotations

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.lookups import Api, bearer, fetched
from relay.kit.proof import FromAccount, HmacSignature, in_header, signed_as
from relay.kit.reading import PURCHASES, field_text, first_of, first_text, must_be, words
from relay.kit.settings import Annotated, Field, Keys, Secrets, Settings

API = Api("https://app.ecwid.com/api/v3", auth=bearer())
STATUSES = {
    "PAID": Kind.PURCHASE_COMPLETED,
    "REFUNDED": Kind.PURCHASE_REFUNDED,
    "PARTIALLY_REFUNDED": Kind.PURCHASE_REFUNDED,
    "CANCELLED": Kind.PURCHASE_REFUNDED,
}


class EcwidSecrets(Secrets):
    signing_key: Keys
    """The app's client secret."""

    access_token: Keys
    """The app's secret token, for looking orders and customers up."""


class EcwidSettings(Settings):
    store_id: Annotated[str, Field(pattern=r"^\d+$", coerce_numbers_to_str=True)]
    """The number of the store."""


def on_order(event: Node, source: Source) -> Asking | Ignored:
    change = event.get("data")
    before, after = (change.get(f"{age}PaymentStatus").text_or_none() for age in ("old", "new"))
    if after is not None and after == before:
        return Ignored("the payment status did not change")
    if after is not None and after not in STATUSES:
        return Ignored(f"the order is {after}, not PAID")
    # Older deliveries have no orderId; newer ones have a number as the entityId, which the API takes too.
    return read_order(event, source, first_of(change.get("orderId"), event.get("entityId")))


def read_order(event: Node, source: Source, order_id: Node) -> Asking:
    call = API.get(source.settings.store_id, "orders", order_id)
    order = yield from fetched(call, "Ecwid has no such order")
    status = must_be(order["paymentStatus"], "the order", *STATUSES)
    return Reading(
        kind=STATUSES[status],
        key=first_text(order.get("id"), order.get("orderNumber")) or order_id.text(),
        occurred_at=event["eventCreated"].time(),
        people=(person_in(order),),
    )


def on_customer(event: Node, source: Source) -> Asking:
    call = API.get(source.settings.store_id, "customers", event["entityId"])
    body = yield from fetched(call, "Ecwid has no such customer")
    return Reading(
        kind=Kind.CONTACT_CREATED,
        key=event["entityId"].text(),
        occurred_at=event["eventCreated"].time(),
        people=(person_in(body),),
    )


def person_in(holder: Node) -> Person:
    """Who pays, else who receives; `name` is all of it in one field."""
    billing = holder.get("billingPerson")
    person = billing if billing.exists else holder.get("shippingPerson")
    return Person(
        email=holder.get("email").text_or_none(),
        first_name=person.get("firstName").text_or_none(),
        last_name=person.get("lastName").text_or_none(),
        full_name=first_text(person.get("name"), holder.get("name")),
        phone=person.get("phone").text_or_none(),
        country=person.get("countryCode").text_or_none(),
    )


CONNECTOR = Connector(
    verify=FromAccount(
        verifier=HmacSignature(
            place=in_header("x-ecwid-webhook-signature"),
            signed=signed_as("{field:eventCreated}.{field:eventId}"),
            encoding="base64",
        ),
        account=lambda root: root.get("storeId").text_or_none(),
        setting="store_id",
    ),
    event_type=field_text("eventType"),
    delivery_id=field_text("eventId"),
    handlers={"order.created": on_order, "order.updated": on_order, "customer.created": on_customer},
    ignored=words(
        "order.deleted customer.deleted customer.updated unfinished_order.* application.* product.*"
    ),
    kinds=PURCHASES | {Kind.CONTACT_CREATED},
    secrets=EcwidSecrets,
    settings=EcwidSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
