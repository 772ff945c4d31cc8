"""Adobe Commerce (Magento): paid orders, credit memos, customers, by Adobe I/O Events.

**Set-up.** Commerce sends the events and the fields that you choose; Magento Open Source has none of this.

1. In Commerce set up *Adobe I/O Events* and subscribe with these fields (`bin/magento events:subscribe`, or
   *System → Events → Event Subscriptions*): `observer.sales_order_save_commit_after`: `entity_id`,
   `increment_id`, `state`, `store_id`, `total_refunded`, `updated_at`, `customer_email`,
   `customer_firstname`, `customer_lastname`, `addresses`. For refunds
   `observer.sales_order_creditmemo_save_commit_after`: `order_id`, `updated_at`. For new customers
   `observer.customer_save_commit_after`: `entity_id`, `email`, `firstname`, `lastname`, `addresses`,
   `created_at`, `updated_at`.
2. In the Adobe Developer Console add these events to a project, delivered to *Webhook* at this source's
   URL. Adobe asks it with a challenge, which the relay answers. Where it posts an address instead, `relay
   quarantine show` shows it: open it in a browser within 5 minutes if its host ends in `.adobe.io`.
3. Copy the *client ID* of the project's credentials into the setting `client_id`.

No secret is needed: Adobe's public keys are fetched from static.adobeioevents.com; `public_key` is only for
relays that may not call it.

**Settings.**

- `client_id`: the project's client ID; events for other customers of Adobe are refused.
- `paid_states`: states of an order that count (`["processing", "complete"]`); take `["complete"]` to wait for
  the shipment. `closed`, `canceled` and any amount refunded withdraw what still waits.

**Good to know.** Orders are reported on every save, and count once. A customer whose two dates are the
same is new. Events may come in batches. Adobe repeats for a day, and only after 429 and 5xx. The other kind
of Commerce *Webhooks* is part of the checkout and holds it up until it is answered; if you cannot do without,
use the connector `generic` and let it `reply` with the JSON `{"op":"success"}`.

Documentation: https://developer.adobe.com/events/docs/guides (confidence: verified for the proof, good for
the events, whose fields are your choice)
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import Claim, FromAccount, KeyByUrl, Place, PublicKeySignature
from relay.kit.reading import CONTACTS, PURCHASES, field_text, first_text
from relay.kit.replies import echo_query, first_handshake, tells
from relay.kit.settings import Annotated, Field, OptionalKeys, Secrets, Settings

KEYS = "https://static.adobeioevents.com"
SIGNATURES = ("x-adobe-digital-signature-1", "x-adobe-digital-signature-2")


class AdobeSecrets(Secrets):
    public_key: OptionalKeys = ()
    """Adobe's public keys, where they are not to be fetched."""


class AdobeSettings(Settings):
    client_id: Annotated[str, Field(min_length=1)]
    """The client ID of the project."""

    paid_states: frozenset[str] = frozenset({"processing", "complete"})
    """States of an order that count as paid."""


def claimed(request: Request) -> Claim:
    """Two signatures by two keys, so that Adobe can change one of them; one of them is enough."""
    return Claim(tuple(text for name in SIGNATURES if (text := request.header(name))))


def written(signature: str, _stamp: str) -> Mapping[str, str]:
    return {SIGNATURES[0]: signature}


def key_address(number: int, request: Request) -> str | None:
    path = request.header(f"x-adobe-public-key{number}-path")
    return KEYS + path if path else None


def recipient(root: Node) -> str | None:
    """The client that all events of a request are for; None where they differ."""
    named = [
        first_text(event.get("recipientclientid"), event.get("recipient_client_id")) for event in root.each()
    ]
    return named[0] if len(set(named)) == 1 else None


def on_order(event: Node, source: Source) -> Reading | Ignored:
    order = event["data"]["value"]
    state = order["state"].text()
    # A partial refund leaves the state as it was, and saves the order after its credit memo.
    refunded = order.get("total_refunded")
    if state in ("closed", "canceled") or (refunded.exists and refunded.number() > 0):
        return reading(event, Kind.PURCHASE_REFUNDED, order["entity_id"])
    if state not in source.settings.paid_states:
        return Ignored(f"the order is {state}, which is not in settings.paid_states")
    buyer = person_in(order, "customer_")
    return reading(event, Kind.PURCHASE_COMPLETED, order["entity_id"], buyer)


def on_credit(event: Node, _source: Source) -> Reading:
    return reading(event, Kind.PURCHASE_REFUNDED, event["data"]["value"]["order_id"])


def on_customer(event: Node, _source: Source) -> Reading:
    customer = event["data"]["value"]
    created, updated = (customer.get(name).text_or_none() for name in ("created_at", "updated_at"))
    is_new = created is not None and created == updated
    kind = Kind.CONTACT_CREATED if is_new else Kind.CONTACT_UPDATED
    key = customer["id"] if customer.get("id").exists else customer["entity_id"]
    return reading(event, kind, key, person_in(customer, ""))


def reading(event: Node, kind: Kind, key: Node, *people: Person) -> Reading:
    return Reading(
        kind=kind,
        key=key.text(),
        occurred_at=event.get("time").time_or_none(),
        people=people,
        location=event["data"]["value"].get("store_id").text_or_none(),
    )


def person_in(value: Node, prefix: str) -> Person:
    address = next((one for one in value.get("addresses").each() if one.get("telephone").exists), Node(None))
    return Person(
        email=value.get(f"{prefix}email").text_or_none(),
        first_name=value.get(f"{prefix}firstname").text_or_none(),
        last_name=value.get(f"{prefix}lastname").text_or_none(),
        phone=address.get("telephone").text_or_none(),
        country=address.get("country_id").text_or_none(),
    )


def event_type(_request: Request, event: Node) -> str:
    """`com.adobe.commerce.observer.sales_order_save_after`: a shop may set a name of its own before it."""
    return event["type"].text().rpartition(".")[2]


CONNECTOR = Connector(
    verify=KeyByUrl(
        verifier=FromAccount(
            verifier=PublicKeySignature(place=Place(SIGNATURES[0], claimed, written), algorithm="rsa"),
            account=recipient,
            setting="client_id",
        ),
        address=partial(key_address, 1),
        second_address=partial(key_address, 2),
        below=(f"{KEYS}/prod/keys/",),
    ),
    handshake=first_handshake(
        echo_query("challenge"),
        tells(
            "validationUrl", "open the address in its body within 5 minutes, if the host ends in .adobe.io"
        ),
    ),
    event_type=event_type,
    delivery_id=field_text("id"),
    split=Node.each,
    handlers={
        "sales_order_save_after": on_order,
        "sales_order_save_commit_after": on_order,
        "sales_order_creditmemo_save_after": on_credit,
        "sales_order_creditmemo_save_commit_after": on_credit,
        "customer_save_after": on_customer,
        "customer_save_commit_after": on_customer,
    },
    ignored=frozenset({"customer_delete_commit_after", "sales_order_place_after"})
    | {f"{name}_save_commit_after" for name in ("catalog_product", "sales_order_shipment")},
    kinds=PURCHASES | CONTACTS,
    secrets=AdobeSecrets,
    settings=AdobeSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
