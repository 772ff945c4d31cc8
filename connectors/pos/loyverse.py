"""Loyverse: receipts of the till, refunds, changed customers.

**Set-up.**

1. In the back office open *Access tokens*, make a token and copy it into `access_token`.
2. Make a long random text (`openssl rand -hex 32`), write it into `url_token`, and create a webhook, in the
   back office or by `POST https://api.loyverse.com/v1.0/webhooks` with the token as bearer and `{"url":
   "<address of this relay>/hooks/SOURCE/TOKEN", "type": "receipts.update", "status": "ENABLED"}`. One more
   with `customers.update` if changed customers count.
3. Webhooks that an OAuth app makes are signed: write its client secret into `signing_key` and leave
   `url_token` out. With both secrets only signed deliveries count.
4. Copy `merchant_id` from a delivery into the setting of that name.

**Settings.**

- `merchant_id`: id of your account; deliveries that name another one are refused. Left out, all are taken.

**Good to know.** Receipts hold no person: the relay asks for the customer that is attached to one. Most sales
have none; the cashier must add the customer to the ticket. A refund or a cancelled receipt withdraws what
still waits for its sale. One delivery can hold many receipts. A customer changes with each visit, so take
`contact.updated` only with a cool-down. Loyverse knows one name field, which is split; phones come as typed,
with a country beside them. The store is `location`. How long Loyverse repeats is not documented.

Documentation: https://developer.loyverse.com/docs/ (confidence: from public captures; hex and base64
signatures are both accepted, since sources differ on which it is)
"""

from __future__ import annotations

from collections.abc import Iterator

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.lookups import bearer, fetched, get, url_of
from relay.kit.proof import FromAccount, HmacSignature, SharedToken, Verifier, in_header, strongest_configured
from relay.kit.reading import PURCHASES, field_text, read_person
from relay.kit.settings import Keys, OptionalKeys, Secrets, Settings


class LoyverseSecrets(Secrets):
    access_token: Keys
    """Access token, for looking customers up."""

    signing_key: OptionalKeys = ()
    """Client secret of the OAuth app that made the webhook."""

    url_token: OptionalKeys = ()
    """The token in the URL of a webhook made with an access token."""


class LoyverseSettings(Settings):
    merchant_id: str | None = None
    """Id of the account."""


def split(root: Node) -> Iterator[Node]:
    """Each receipt or customer as `item`, beside what the delivery says of all of them."""
    items = [item for name in ("receipts", "customers") for item in root.get(name).each()]
    return iter([root.having(item=item) for item in items] or [root])


def on_receipt(event: Node, _source: Source) -> Reading | Asking | Ignored:
    receipt = event["item"]
    if receipt["receipt_type"].text() == "REFUND":
        return reading(event, Kind.PURCHASE_REFUNDED, receipt["refund_for"])
    if receipt.get("cancelled_at").exists:
        return reading(event, Kind.PURCHASE_REFUNDED, receipt["receipt_number"])
    if not receipt.get("customer_id").exists:
        return Ignored("no customer on the ticket: a walk-in", nobody=True)
    return on_sale(event)


def on_sale(event: Node) -> Asking:
    receipt = event["item"]
    url = url_of("https://api.loyverse.com/v1.0", "customers", receipt["customer_id"])
    body = yield from fetched(get(url, auth=bearer()), "Loyverse no longer has this customer", nobody=True)
    return reading(event, Kind.PURCHASE_COMPLETED, receipt["receipt_number"], person_in(body))


def on_customer(event: Node, _source: Source) -> Reading | Ignored:
    customer = event["item"]
    if customer.get("deleted_at").exists:
        return Ignored("the customer was deleted")
    return reading(event, Kind.CONTACT_UPDATED, customer["id"], person_in(customer))


def reading(event: Node, kind: Kind, key: Node, *people: Person) -> Reading:
    item = event["item"]
    return Reading(
        kind=kind,
        key=key.text(),
        occurred_at=item.get("receipt_date").time_or_none() or event["created_at"].time(),
        people=people,
        location=item.get("store_id").text_or_none(),
        employee=item.get("employee_id").text_or_none(),
    )


def person_in(customer: Node) -> Person:
    return read_person(
        customer, email="email", full_name="name", phone="phone_number", country="country_code"
    )


def delivery_id(_request: Request, event: Node) -> str | None:
    """Loyverse gives none: when which receipt or customer was reported."""
    number, own_id = event.get("item", "receipt_number"), event.get("item", "id")
    parts = (event.get("type"), event.get("created_at"), number if number.exists else own_id)
    texts = [text for part in parts if (text := part.text_or_none())]
    return " ".join(texts) if len(texts) == len(parts) else None


def from_account(verifier: Verifier) -> FromAccount:
    return FromAccount(
        verifier=verifier, account=lambda root: root.get("merchant_id").text_or_none(), setting="merchant_id"
    )


SIGNED = from_account(
    HmacSignature(place=in_header("x-loyverse-signature"), digest="sha1", encoding="either")
)

CONNECTOR = Connector(
    verify=SIGNED,
    for_source=strongest_configured(SIGNED, from_account(SharedToken())),
    event_type=field_text("type"),
    delivery_id=delivery_id,
    split=split,
    handlers={"receipts.update": on_receipt, "customers.update": on_customer},
    ignored={"inventory_levels.update", "items.update", "shifts.create"},
    kinds=PURCHASES | {Kind.CONTACT_UPDATED},
    secrets=LoyverseSecrets,
    settings=LoyverseSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
