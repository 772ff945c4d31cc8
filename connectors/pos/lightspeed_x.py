"""Lightspeed Retail (X-Series), once Vend: sales at the till, returns, changed customers.

**Set-up.** There are two ways to make the webhooks, for `sale.update` and, if every change of a customer
counts, `customer.update`.

1. With an app of your own from Lightspeed's developer portal (scopes `webhooks` and `customers:read`): `POST
   https://<store>.retail.lightspeed.app/api/2.0/webhooks` with the source's URL as `url`, `sale.update` as
   `type` and `active` true. These sign: the app's client secret goes into `signing_key`.
2. By hand at `https://<store>.retail.lightspeed.app/setup/api`. Such webhooks have no client secret: make up
   a long random `url_token` instead, and paste the source's URL with `/` and the token after it.
3. *Setup → Personal tokens* makes the `access_token`, which reads customers; `store` is the first part of
   the address, such as `millrow`.

**Good to know.** A sale counts once it is closed, on account or as a lay-by too; parked ones are ignored,
voided ones and returns withdraw what waits for the sale that they undo. Walk-ins have no customer, or the
shop's default one, and are ignored. Who is marked *do not e-mail* counts as unsubscribed. The location is
the register, the employee the cashier. Lightspeed waits 5 seconds and repeats 20 times in two days.

Documentation: https://x-series-api.lightspeedhq.com/docs/webhooks (confidence: medium; it does not say how
the signature is written, so hex and base64, of the form or of the payload in it, are read)
"""

from __future__ import annotations

from relay.kit import (
    Annotated,
    AnyOf,
    Asking,
    Claim,
    Connector,
    HmacSignature,
    Ignored,
    Keys,
    Kind,
    Node,
    OptionalKeys,
    Person,
    Reading,
    Request,
    Secrets,
    Settings,
    SharedToken,
    Source,
    all_texts,
    as_sent,
    bearer,
    first_text,
    get,
    host_under,
    in_pairs,
    parse_form,
    parse_form_field,
    strongest_configured,
    url_of,
)

CLOSED = ("CLOSED", "ONACCOUNT_CLOSED", "LAYBY_CLOSED")
WALK_IN = "WALKIN"


class LightspeedXSecrets(Secrets):
    signing_key: OptionalKeys = ()
    """Client secret of the app that made the webhooks."""

    url_token: OptionalKeys = ()
    """For webhooks that were made by hand: the last part of the URL."""

    access_token: Keys
    """Personal token, for looking up the customers of sales."""


class LightspeedXSettings(Settings):
    store: Annotated[str, host_under("retail.lightspeed.app", "vendhq.com")]
    """The store's name in its address, such as `millrow`."""


def payload_alone(request: Request, _claim: Claim) -> bytes:
    return as_sent(parse_form(request)["payload"].text())


def event_type(_request: Request, event: Node) -> str | None:
    """Payloads do not name their type: a sale has lines, a customer a code."""
    if any(event.get(name).exists for name in ("register_sale_products", "line_items", "sale_date")):
        return "sale.update"
    if event.get("customer_code").exists or event.get("customer_group_id").exists:
        return "customer.update"
    return None


def delivery_id(_request: Request, event: Node) -> str | None:
    changed = first_text(event.get("version"), event.get("updated_at"))
    status = first_text(event.get("status"), event.get("state"))
    parts = [event.get("id").text_or_none(), status, changed]
    return "-".join(part for part in parts if part) if parts[0] and changed else None


def on_sale(sale: Node, source: Source) -> Reading | Asking | Ignored:
    status = (first_text(sale.get("status"), sale.get("state")) or "without a status").upper()
    if origin := sale.get("return_for").text_or_none():
        return reading(Kind.PURCHASE_REFUNDED, sale, origin, "updated_at")
    if status == "VOIDED":
        return reading(Kind.PURCHASE_REFUNDED, sale, sale["id"].text(), "updated_at")
    if status not in CLOSED:
        return Ignored(f"the sale is {status}")
    negative = sale.get("total_price").exists and sale["total_price"].number() < 0
    if negative or sale.get("return", "is_return").flag():
        return Ignored("a return without the sale that it undoes")
    return with_customer(sale, source)


def with_customer(sale: Node, source: Source) -> Asking:
    customer = sale.get("customer")
    customer_id = first_text(sale.get("customer_id"), customer.get("id"))
    if customer_id and not customer.get("email").text_or_none():
        url = url_of(f"https://{source.settings.store}/api/2.0/customers", customer_id)
        answer = yield get(url, auth=bearer())
        customer = answer.body["data"] if answer.found else customer
    if not customer_id or customer.get("customer_code").text_or_none() == WALK_IN:
        return Ignored("a sale to nobody in particular", nobody=True)
    when = "sale_date" if sale.get("sale_date").exists else "date"
    return reading(Kind.PURCHASE_COMPLETED, sale, sale["id"].text(), when, person_in(customer))


def on_customer(customer: Node, _source: Source) -> Reading | Ignored:
    if customer.get("customer_code").text_or_none() == WALK_IN:
        return Ignored("the default customer of walk-ins")
    if customer.get("deleted_at").text_or_none():
        return Ignored("the customer was deleted")
    key = customer["id"].text()
    return reading(Kind.CONTACT_UPDATED, customer, key, "updated_at", person_in(customer))


def reading(kind: Kind, subject: Node, key: str, when: str, *people: Person) -> Reading:
    # In payloads of the newer API; the older has a text of that name.
    origin = subject.get("source") if isinstance(subject.get("source").raw, dict) else Node(None)
    return Reading(
        kind=kind,
        key=key,
        occurred_at=subject.get(when).time_or_none(),
        people=people,
        location=first_text(subject.get("register_id"), origin.get("register_id")),
        employee=first_text(subject.get("user_id"), origin.get("author", "id")),
    )


def person_in(customer: Node) -> Person:
    return Person(
        email=customer.get("email").text_or_none(),
        first_name=customer.get("first_name").text_or_none(),
        last_name=customer.get("last_name").text_or_none(),
        phone=all_texts(customer.get("mobile"), customer.get("phone")),
        country=first_text(customer.get("physical_country_id"), customer.get("postal_country_id")),
        unsubscribed=customer.get("do_not_email").flag(),
    )


PLACE = in_pairs("x-signature", signature="signature")
SIGNED = AnyOf(
    HmacSignature(place=PLACE, encoding="either"),
    HmacSignature(place=PLACE, encoding="either", signed=payload_alone),
)

CONNECTOR = Connector(
    name="lightspeed_x",
    label="Lightspeed Retail (X-Series)",
    group="pos",
    docs="https://x-series-api.lightspeedhq.com/docs/webhooks",
    confidence="best effort",
    verify=SIGNED,
    for_source=strongest_configured(SIGNED, SharedToken()),
    event_type=event_type,
    delivery_id=delivery_id,
    parse=parse_form_field("payload"),
    handlers={"sale.update": on_sale, "customer.update": on_customer},
    kinds=frozenset({Kind.PURCHASE_COMPLETED, Kind.PURCHASE_REFUNDED, Kind.CONTACT_UPDATED}),
    secrets=LightspeedXSecrets,
    settings=LightspeedXSettings,
    default_events=frozenset({Kind.PURCHASE_COMPLETED}),
)
