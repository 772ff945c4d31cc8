"""Clover: orders that were paid at the till, refunds, new customers.

**Set-up.** You need an app of your own (*Developer Dashboard → Your Apps*) that the shop has installed.

1. *App settings → Permissions*: read customers, orders, payments and employees.
2. *App settings → Webhooks*: paste the source's URL and send the verification code. The relay answers and
   keeps it: `relay quarantine list`, then `relay quarantine show ID`. Type the code into Clover's page.
3. Subscribe to *Orders*, *Payments*, and *Customers* if every new customer counts. Copy the *Clover auth
   code* from the same page into `auth_code`.
4. `merchant_id` is the shop's id (in the address of its dashboard), `access_token` an API token of that
   shop. `region` is `"us"`, `"eu"` or `"la"`; `"sandbox"` makes test events.

**Good to know.** An order counts once it is paid in full *and* a customer is attached to it, which often
happens when the receipt is chosen; sales without a customer are most sales, and ignored. A refund, a partial
one as well, withdraws what waits. One source serves one shop: events of other shops that have the app are
ignored. Phone numbers need the country of the customer's address or `default_region`. Clover shows a fixed
code and signs nothing, so everything is read from its API; it does not promise to deliver every event.
Hosted Checkout has webhooks of another form, which this connector does not read.

Documentation: https://docs.clover.com/dev/docs/webhooks (confidence: verified for the form, unsure about
repeats)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.lookups import Api, LookUp, bearer, fetched
from relay.kit.proof import SharedToken
from relay.kit.reading import PURCHASES, all_texts, field_texts, primary
from relay.kit.replies import tells
from relay.kit.settings import Annotated, Field, Keys, Secrets, Settings

HOSTS = {"us": "api", "eu": "api.eu", "la": "api.la", "sandbox": "apisandbox.dev"}
REFUNDED = ("REFUNDED", "PARTIALLY_REFUNDED", "MANUALLY_REFUNDED")
MOST_CUSTOMERS = 5


class CloverSecrets(Secrets):
    auth_code: Keys
    """The Clover auth code, shown on the app's page of webhooks."""

    access_token: Keys
    """API token of the shop, for looking up orders and customers."""


class CloverSettings(Settings):
    merchant_id: Annotated[str, Field(pattern=r"^[A-Z0-9]{13}$")]
    """The shop's id, 13 letters and digits."""

    region: Literal["us", "eu", "la", "sandbox"] = "us"
    """Which of Clover's hosts the shop is on."""


def split(root: Node) -> Iterator[Node]:
    """Updates of several shops stand under the shops' ids; each is given its shop's."""
    merchants = root["merchants"]
    if not isinstance(merchants.raw, dict):
        merchants.refuse("an object")
    for merchant_id in merchants.raw:
        for update in merchants[merchant_id].each():
            yield update.having(merchant=Node(merchant_id, update.path))


def event_type(_request: Request, event: Node) -> str:
    """`P CREATE`: the kind of object before the colon of its id, and what happened to it."""
    return f"{event['objectId'].text().partition(':')[0]} {event['type'].text()}"


def on_update(event: Node, source: Source) -> Asking:
    if event["merchant"].text() != source.settings.merchant_id:
        return Ignored("an event of another shop that has the app")
    letter, _, own_id = event["objectId"].text().partition(":")
    return (yield from READERS[letter](event, source, own_id))


def payment(event: Node, source: Source, payment_id: str) -> Asking:
    body = yield from fetched(ask(source, "payments", payment_id), "the payment is no longer there")
    if (result := body.get("result").text_or_none()) != "SUCCESS":
        return Ignored(f"the payment is {result or 'without a result'}")
    if not body.get("order", "id").exists:
        return Ignored("a payment without an order", nobody=True)
    return (yield from sale(event, source, body["order"]["id"].text()))


def sale(event: Node, source: Source, order_id: str) -> Asking:
    call = ask(source, "orders", order_id, expand="customers")
    order = yield from fetched(call, "the order is no longer there")
    state = order.get("paymentState").text_or_none()
    if state in REFUNDED:
        return reading(event, source, Kind.PURCHASE_REFUNDED, order_id)
    if state != "PAID":
        return Ignored(f"the order is {state or 'without a payment'}")
    people = []
    for one in list(order.get("customers", "elements").each())[:MOST_CUSTOMERS]:
        found = yield ask_customer(source, one["id"].text())
        people += [person_in(found.body)] if found.found else []
    if not people:
        return Ignored("no customer at the order: a walk-in, or not attached yet", nobody=True)
    employee = order.get("employee", "id").text_or_none()
    return reading(event, source, Kind.PURCHASE_COMPLETED, order_id, *people, employee=employee)


def customer(event: Node, source: Source, customer_id: str) -> Asking:
    body = yield from fetched(ask_customer(source, customer_id), "the customer is no longer there")
    return reading(event, source, Kind.CONTACT_CREATED, customer_id, person_in(body))


def ask(source: Source, *segments: str, **query: str) -> LookUp:
    base = f"https://{HOSTS[source.settings.region]}.clover.com/v3/merchants/{source.settings.merchant_id}"
    return Api(base, auth=bearer()).get(*segments, **query)


def ask_customer(source: Source, customer_id: str) -> LookUp:
    return ask(source, "customers", customer_id, expand="addresses,emailAddresses,phoneNumbers")


def reading(
    event: Node, source: Source, kind: Kind, key: str, *people: Person, employee: str | None = None
) -> Reading:
    return Reading(
        kind=kind,
        key=key,
        occurred_at=event["ts"].time(),
        people=people,
        location=event["merchant"].text(),
        employee=employee,
        test=source.settings.region == "sandbox",
    )


def person_in(found: Node) -> Person:
    numbers = found.get("phoneNumbers", "elements").each()
    address = primary(found.get("emailAddresses", "elements"), "primaryEmail")
    return Person(
        email=address.get("emailAddress").text_or_none(),
        first_name=found.get("firstName").text_or_none(),
        last_name=found.get("lastName").text_or_none(),
        phone=all_texts(*(number.get("phoneNumber") for number in numbers)),
        country=found.get("addresses", "elements").first().get("country").text_or_none(),
    )


READERS = {"C": customer, "O": sale, "P": payment}
WANTED = ("C CREATE", "O CREATE", "O UPDATE", "P CREATE", "P UPDATE")
UNWANTED = ("C UPDATE", "C DELETE", "O DELETE", "P DELETE")
OTHERS = ("A", "CA", "E", "I", "IC", "IG", "IM", "M")

CONNECTOR = Connector(
    verify=SharedToken(header="x-clover-auth", secret="auth_code"),  # noqa: S106  # its name
    event_type=event_type,
    delivery_id=field_texts("merchant", "objectId", "type", "ts", joint="-"),
    handshake=tells("verificationCode", "type the code into the page of your app's webhooks at Clover"),
    split=split,
    handlers=dict.fromkeys(WANTED, on_update),
    ignored={*UNWANTED, *(f"{kind} *" for kind in OTHERS)},
    kinds=PURCHASES | {Kind.CONTACT_CREATED},
    secrets=CloverSecrets,
    settings=CloverSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
