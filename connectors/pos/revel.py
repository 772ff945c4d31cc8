"""Revel Systems: finalized orders, new and changed customers.

**Set-up.** Revel registers webhooks for its partners, not in the management console.

1. Ask Revel's support or your partner contact to send `order.finalized`, and `customer.created` if every new
   customer counts, to this source's URL, and to give you the shared secret: write it into `signing_key`.
2. Write the name of your installation, the first part of its address, into the setting `instance`.
3. In the management console open *Settings → API keys*, make a key for reading customers and write key and
   secret, joined by a colon, into `api_key`. It is needed where orders name their customer by number alone.

**Settings.**

- `instance`: your installation, `"mycafe"` or `"mycafe.revelup.com"`. Partners get the deliveries of all
  their clients at one URL; those of others are refused.

**Good to know.** What Revel's bodies hold is described only in outline, so this connector reads them
leniently and was not tested with real ones: look at what becomes of the first deliveries. An order without a
customer is a walk-in and ignored. The establishment is `location`, who opened the order is `employee`.
Refunds are not reported. Revel tests the URL with `{"ping": "pong"}`, which is answered, waits 10 seconds
and repeats for about 36 minutes.

Documentation: https://developer.revelsystems.com/revelsystems/docs/webhooks (confidence: best effort)
"""

from __future__ import annotations

from relay.kit import (
    Annotated,
    Asking,
    Connector,
    FromAccount,
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
    Source,
    echo_json,
    first_text,
    get,
    host_under,
    in_header,
    key_in_header,
    url_of,
)


class RevelSecrets(Secrets):
    signing_key: Keys
    """The shared secret of the webhooks."""

    api_key: OptionalKeys = ()
    """`key:secret` of the API, for looking customers up."""


class RevelSettings(Settings):
    instance: Annotated[str, host_under("revelup.com")]
    """The installation."""


def sender(request: Request) -> Node:
    return Node({"instance": request.header("x-revel-instance")})


def same_instance(named: str, ours: str) -> bool:
    return named.lower().removeprefix("https://").partition(".")[0] == ours.partition(".")[0]


def on_order(event: Node, source: Source) -> Reading | Asking | Ignored:
    order = event["order"] if event.get("order").exists else event
    customer = order.get("customer")
    if order.get("final_total").exists and order["final_total"].number() < 0:
        return Ignored("a return, which does not name its sale")
    if isinstance(customer.raw, dict):
        return reading(Kind.PURCHASE_COMPLETED, order, customer)
    if (number := number_in(customer)) is None:
        return Ignored("no customer on the order: a walk-in", nobody=True)
    if not source.keys("api_key"):
        return Ignored("the order names its customer by number: set secrets.api_key", nobody=True)
    return with_customer(source, order, number)


def with_customer(source: Source, order: Node, number: str) -> Asking:
    base = f"https://{source.settings.instance}/resources/Customer"
    answer = yield get(f"{url_of(base, number)}/", auth=key_in_header("api-authentication", "api_key"))
    if not answer.found:
        return Ignored("Revel no longer has this customer", nobody=True)
    return reading(Kind.PURCHASE_COMPLETED, order, answer.body)


def on_created(event: Node, _source: Source) -> Reading:
    return changed(event, Kind.CONTACT_CREATED)


def on_updated(event: Node, _source: Source) -> Reading:
    return changed(event, Kind.CONTACT_UPDATED)


def changed(event: Node, kind: Kind) -> Reading:
    customer = event["customer"] if isinstance(event.get("customer").raw, dict) else event
    return reading(kind, customer, customer)


def number_in(node: Node) -> str | None:
    """Revel names things by number or by address: `/resources/Customer/12/`."""
    text = None if isinstance(node.raw, dict) else node.text_or_none()
    return text.rstrip("/").rpartition("/")[2] if text else None


def reading(kind: Kind, subject: Node, customer: Node) -> Reading:
    """Without a time: Revel writes the local one of the establishment and does not say where that is."""
    buyer = Person(
        email=customer.get("email").text_or_none(),
        first_name=customer.get("first_name").text_or_none(),
        last_name=customer.get("last_name").text_or_none(),
        phone=first_text(customer.get("phone_number"), customer.get("phone")),
    )
    return Reading(
        kind=kind,
        key=subject.get("uuid").text_or_none() or subject["id"].text(),
        people=(buyer,),
        location=number_in(subject.get("establishment")),
        employee=None if subject is customer else number_in(subject.get("created_by")),
    )


def event_type(request: Request, event: Node) -> str | None:
    return request.header("x-revel-event-type") or event.get("event").text_or_none()


def delivery_id(request: Request, _event: Node) -> str | None:
    """Which of the two a re-sent delivery keeps is not documented; both together never hide another event."""
    ids = [text for name in ("event", "message") if (text := request.header(f"x-revel-{name}-id"))]
    return " ".join(ids) if len(ids) == 2 else None


CONNECTOR = Connector(
    name="revel",
    label="Revel Systems",
    group="pos",
    docs="https://developer.revelsystems.com/revelsystems/docs/webhooks",
    confidence="best effort",
    verify=FromAccount(
        verifier=HmacSignature(place=in_header("x-revel-signature"), digest="sha1"),
        account=lambda root: root.get("instance").text_or_none(),
        setting="instance",
        parse=sender,
        same=same_instance,
    ),
    handshake=echo_json("ping"),
    event_type=event_type,
    delivery_id=delivery_id,
    handlers={
        "order.finalized": on_order,
        "customer.created": on_created,
        "customer.updated": on_updated,
    },
    ignored=frozenset({"app.integration.changed", "inout.stock", "menu.updated", "ping"})
    | {"rewardcard.created", "timesheet.created", "timesheet.deleted", "timesheet.updated"},
    kinds=frozenset({Kind.PURCHASE_COMPLETED, Kind.CONTACT_CREATED, Kind.CONTACT_UPDATED}),
    secrets=RevelSecrets,
    settings=RevelSettings,
    default_events=frozenset({Kind.PURCHASE_COMPLETED}),
)
