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
from relay.kit.lookups import LookUp, bearer, fetched, get, url_of
from relay.kit.proof import SharedToken
from relay.kit.reading import PURCHASES, all_texts, primary
from relay.kit.replies import tells
from relay.kit.settings import Annotated, Field, Keys, Secrets, Settings

HOSTS = {"us": "api.clover.com", "eu": "api.eu.clover.com", "la": "api.la.clover.com"} | {
    "sandbox": "apisandbox.dev.clover.com"
}
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
            yield Node({"merchant": merchant_id, "update": update.raw}, update.path)


def event_type(_request: Request, event: Node) -> str:
    """`P CREATE`: the kind of object before the colon of its id, and what happened to it."""
    return f"{event['update']['objectId'].text().partition(':')[0]} {event['update']['type'].text()}"


def delivery_id(_request: Request, event: Node) -> str | None:
    parts = [event["merchant"], *(event["update"].get(name) for name in ("objectId", "type", "ts"))]
    texts = [part.text_or_none() or "" for part in parts]
    return "-".join(texts) if all(texts) else None


def on_update(event: Node, source: Source) -> Asking:
    if event["merchant"].text() != source.settings.merchant_id:
        return Ignored("an event of another shop that has the app")
    letter, _, own_id = event["update"]["objectId"].text().partition(":")
    return (yield from READERS[letter](event, source, own_id))


def payment(event: Node, source: Source, payment_id: str) -> Asking:
    body = yield from fetched(ask(source, "payments", payment_id), "the payment is no longer there")
    if (result := body.get("result").text_or_none()) != "SUCCESS":
        return Ignored(f"the payment is {result or 'without a result'}")
    if not body.get("order", "id").exists:
        return Ignored("a payment without an order", nobody=True)
    return (yield from sale(event, source, body["order"]["id"].text()))


def sale(event: Node, source: Source, order_id: str) -> Asking:
    answer = yield ask(source, "orders", order_id, expand="customers")
    if not answer.found:
        return Ignored("the order is no longer there")
    order, state = answer.body, answer.body.get("paymentState").text_or_none()
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
    base = f"https://{HOSTS[source.settings.region]}/v3/merchants/{source.settings.merchant_id}"
    return get(url_of(base, *segments, **query), auth=bearer())


def ask_customer(source: Source, customer_id: str) -> LookUp:
    return ask(source, "customers", customer_id, expand="addresses,emailAddresses,phoneNumbers")


def reading(
    event: Node, source: Source, kind: Kind, key: str, *people: Person, employee: str | None = None
) -> Reading:
    return Reading(
        kind=kind,
        key=key,
        occurred_at=event["update"]["ts"].time(),
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
OBJECTS = ("A", "C", "CA", "E", "I", "IC", "IG", "IM", "M", "O", "P")
KNOWN = {f"{kind} {happening}" for kind in OBJECTS for happening in ("CREATE", "UPDATE", "DELETE")}

CONNECTOR = Connector(
    verify=SharedToken(header="x-clover-auth", secret="auth_code"),  # noqa: S106  # its name
    event_type=event_type,
    delivery_id=delivery_id,
    handshake=tells("verificationCode", "type the code into the page of your app's webhooks at Clover"),
    split=split,
    handlers=dict.fromkeys(WANTED, on_update),
    ignored=frozenset(KNOWN.difference(WANTED)),
    kinds=PURCHASES | {Kind.CONTACT_CREATED},
    secrets=CloverSecrets,
    settings=CloverSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
