"""BigCommerce: orders that were paid, refunds, cancellations, new customers.

**Set-up.** In the control panel open *Settings → API → Store-level API accounts → Create API account*.

1. Scopes: *Orders* read-only, *Customers* read-only, and *Information & settings* read-only. Copy the access
   token into `access_token` and the client secret into `signing_key`; `store_hash` is the part of the API
   path after `/stores/`.
2. Make the webhooks with the API; there is no page for it. For each scope of `store/order/statusUpdated`,
   `store/order/refund/created` and, if every new customer counts, `store/customer/created`: `POST
   https://api.bigcommerce.com/stores/<store_hash>/v3/hooks` with the header `X-Auth-Token` and the JSON
   `{"scope": …, "destination": <the source's URL>, "is_active": true}`.
3. Only for stores that do not sign yet: leave `signing_key` out, make up a long random `header_token`, and
   add `"headers": {"x-relay-token": <it>}` to that JSON. It proves less, since it does not cover the body.

`tolerance` is how many seconds the signed time may differ from the relay's clock (300).

**Good to know.** An order counts when its status becomes *Awaiting Fulfillment*, *Shipped*, *Partially
Shipped*, *Awaiting Pickup*, *Awaiting Shipment* or *Completed*. *Refunded*, *Partially Refunded*,
*Cancelled* and *Declined* withdraw what waits. Phone numbers are read with the country of the billing
address, then `default_region`. BigCommerce repeats for two days, then deactivates the webhook and mails the
owner; it blocks the relay's whole domain for minutes while too many deliveries fail.

Documentation: https://developer.bigcommerce.com/docs/integrations/webhooks (confidence: verified)
"""

from __future__ import annotations

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.lookups import LookUp, fetched, get, key_in_header, url_of
from relay.kit.proof import (
    FromAccount,
    SharedToken,
    StandardWebhooks,
    Verifier,
    strongest_configured,
    text_key,
)
from relay.kit.reading import PURCHASES, field_text, words
from relay.kit.settings import Annotated, Field, Keys, OptionalKeys, Secrets, StampedSettings

# https://developer.bigcommerce.com/docs/rest-management/orders/order-status
PAID = frozenset({2, 3, 8, 9, 10, 11})
UNDONE = frozenset({4, 5, 6, 14})


class BigCommerceSecrets(Secrets):
    signing_key: OptionalKeys = ()
    """Client secret of the API account or app that made the webhooks."""

    header_token: OptionalKeys = ()
    """For stores that do not sign: the text that the webhooks send in the header `x-relay-token`."""

    access_token: Keys
    """Access token of the API account, for looking up orders and customers."""


class BigCommerceSettings(StampedSettings):
    store_hash: Annotated[str, Field(pattern=r"^[a-z0-9]+$")]
    """The store's id in the API path, such as `ab12cd34`."""


def on_status(event: Node, source: Source) -> Reading | Asking | Ignored:
    status = event["data"]["status"]["new_status_id"].integer()
    if status in UNDONE:
        return reading(event, Kind.PURCHASE_REFUNDED)
    if status not in PAID:
        return Ignored(f"the order's new status is {status}, not paid")
    return on_order(event, source)


def on_order(event: Node, source: Source) -> Asking:
    order = yield from fetched(
        ask(source, "v2", "orders", event["data"]["id"]), "the order is no longer there"
    )
    if (status := order["status_id"].integer()) not in PAID:
        return Ignored(f"the order's status is {status} by now")
    if (refunded := order.get("refunded_amount")).exists and refunded.number() > 0:
        return Ignored("a part of the order was refunded since")
    return reading(event, Kind.PURCHASE_COMPLETED, person_in(order["billing_address"]))


def on_refund(event: Node, _source: Source) -> Reading:
    return reading(event, Kind.PURCHASE_REFUNDED)


def on_customer(event: Node, source: Source) -> Asking:
    customer_id = event["data"]["id"].text()
    answer = yield ask(source, "v3", "customers", **{"id:in": customer_id, "include": "addresses"})
    customer = answer.body.get("data").first()
    if not answer.found or not customer.exists:
        return Ignored("the customer is no longer there")
    country = customer.get("addresses").first().get("country_code").text_or_none()
    return reading(event, Kind.CONTACT_CREATED, person_in(customer, country))


def ask(source: Source, version: str, *segments: str | Node, **query: str) -> LookUp:
    base = f"https://api.bigcommerce.com/stores/{source.settings.store_hash}/{version}"
    headers = {"accept": "application/json"}
    return get(url_of(base, *segments, **query), auth=key_in_header("x-auth-token"), headers=headers)


def reading(event: Node, kind: Kind, *people: Person) -> Reading:
    return Reading(
        kind=kind, key=event["data"]["id"].text(), occurred_at=event["created_at"].time(), people=people
    )


def person_in(holder: Node, country: str | None = None) -> Person:
    return Person(
        email=holder.get("email").text_or_none(),
        first_name=holder.get("first_name").text_or_none(),
        last_name=holder.get("last_name").text_or_none(),
        phone=holder.get("phone").text_or_none(),
        country=country or holder.get("country_iso2").text_or_none(),
    )


def of_store(verifier: Verifier) -> FromAccount:
    """`producer` is `stores/<store_hash>`: the secret may be that of an app which serves several stores."""
    return FromAccount(
        verifier=verifier,
        account=lambda root: root["producer"].text().removeprefix("stores/"),
        setting="store_hash",
    )


SIGNED = of_store(StandardWebhooks(key=text_key, prefixes=("webhook-",)))
SHOWN = of_store(SharedToken(header="x-relay-token", secret="header_token"))  # noqa: S106  # its name

CONNECTOR = Connector(
    verify=SIGNED,
    for_source=strongest_configured(SIGNED, SHOWN),
    event_type=field_text("scope"),
    delivery_id=field_text("hash"),
    handlers={
        "store/order/statusUpdated": on_status,
        "store/order/refund/created": on_refund,
        "store/customer/created": on_customer,
    },
    ignored=words("""
        store/order/created store/order/updated store/order/archived store/order/message/created
        store/order/transaction/created store/order/transaction/updated store/customer/updated
        store/customer/deleted store/customer/address/created
    """),
    kinds=PURCHASES | {Kind.CONTACT_CREATED},
    secrets=BigCommerceSecrets,
    settings=BigCommerceSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
