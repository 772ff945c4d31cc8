"""Paddle Billing: purchases and renewals that were paid, refunds, chargebacks, new customers.

**Set-up.** In the dashboard open *Developer Tools → Notifications → New destination*.

1. Type *Webhook*, the source's URL, and the events `transaction.completed`, `adjustment.created` and
   `adjustment.updated`; `customer.created` if every new customer counts, which is before they pay.
2. Open the destination and copy its *secret key* (`pdl_ntfset_…`) into `signing_key`.
3. *Developer Tools → Authentication → API keys* makes the `access_token`, with the permission *Customers:
   read*: a transaction names only the customer's id. For the sandbox set `environment = "sandbox"`.

`tolerance` is how many seconds the signed time may differ from the relay's clock (300; Paddle's own
libraries allow 5).

**Good to know.** Each renewal of a subscription is a transaction and a purchase of its own: give the route a
cool-down. Refunds count once Paddle has approved them, partial ones as well; they and chargebacks withdraw
what waits. Credits do not. Paddle knows no phone numbers. The sandbox makes test events. Paddle repeats for
three days. Paddle Classic has webhooks of another form, which this connector does not read.

Documentation: https://developer.paddle.com/webhooks (confidence: verified; signatures as in the vendor's SDK)
"""

from __future__ import annotations

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.lookups import bearer, fetched, get, url_of
from relay.kit.proof import SECONDS, HmacSignature, in_pairs, signed_as
from relay.kit.reading import PURCHASES, field_text, read_person, words
from relay.kit.settings import Keys, SandboxSettings, Secrets, StampedSettings

HOSTS = {"production": "https://api.paddle.com", "sandbox": "https://sandbox-api.paddle.com"}
UNDOING = ("refund", "chargeback")


class PaddleSecrets(Secrets):
    signing_key: Keys
    """Secret key of the notification destination."""

    access_token: Keys
    """API key, for looking up customers."""


class PaddleSettings(StampedSettings, SandboxSettings):
    """Signed times, and two worlds."""


def on_transaction(event: Node, source: Source) -> Asking:
    transaction = event["data"]
    customer_id = transaction.get("customer_id")
    if not customer_id.exists:
        return Ignored("a transaction without a customer", nobody=True)
    host = HOSTS[source.settings.environment]
    body = yield from fetched(
        get(url_of(host, "customers", customer_id), auth=bearer()),
        "the customer is no longer there",
        nobody=True,
    )
    buyer = person_in(body["data"])
    return reading(event, source, Kind.PURCHASE_COMPLETED, transaction["id"], buyer)


def on_adjustment(event: Node, source: Source) -> Reading | Ignored:
    adjustment = event["data"]
    if (action := adjustment["action"].text()) not in UNDOING:
        return Ignored(f"the adjustment is a {action}")
    if (status := adjustment["status"].text()) != "approved":
        return Ignored(f"the {action} is {status}")
    return reading(event, source, Kind.PURCHASE_REFUNDED, adjustment["transaction_id"])


def on_customer(event: Node, source: Source) -> Reading:
    return reading(event, source, Kind.CONTACT_CREATED, event["data"]["id"], person_in(event["data"]))


def reading(event: Node, source: Source, kind: Kind, key: Node, *people: Person) -> Reading:
    return Reading(
        kind=kind,
        key=key.text(),
        occurred_at=event["occurred_at"].time(),
        people=people,
        test=source.settings.in_sandbox,
    )


def person_in(customer: Node) -> Person:
    return read_person(customer, email="email", full_name="name")


CONNECTOR = Connector(
    verify=HmacSignature(
        place=in_pairs("paddle-signature", stamp="ts", signature="h1", separator=";"),
        signed=signed_as("{timestamp}:{body}"),
        stamp=SECONDS,
    ),
    event_type=field_text("event_type"),
    delivery_id=field_text("event_id"),
    handlers={
        "transaction.completed": on_transaction,
        "adjustment.created": on_adjustment,
        "adjustment.updated": on_adjustment,
        "customer.created": on_customer,
    },
    ignored=words("""
        transaction.billed transaction.canceled transaction.created transaction.paid transaction.past_due
        transaction.payment_failed transaction.ready transaction.revised transaction.updated
        customer.imported customer.updated subscription.activated subscription.canceled
        subscription.created subscription.updated
    """),
    kinds=PURCHASES | {Kind.CONTACT_CREATED},
    secrets=PaddleSecrets,
    settings=PaddleSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
