"""Lemon Squeezy: paid orders, refunds, payments of subscriptions.

**Set-up.**

1. In Lemon Squeezy open *Settings → Webhooks → +* and paste this source's URL.
2. Make up a secret of 6 to 40 characters, write it there as *Signing secret* and here into `signing_key`.
3. Tick `order_created` and `order_refunded`; for memberships also `subscription_payment_success` and
   `subscription_payment_refunded`.

**Settings.**

- `renewals`: whether each further payment of a subscription counts as a purchase (false).

**Good to know.** An order counts where its status is paid. The first payment of a subscription is an order
too, and counts once. Lemon Squeezy knows one name field, which is split, and no phone number. Even a partial
refund withdraws what still waits. Orders in test mode are marked as tests. The store's id is `location`.
Failed deliveries are repeated 3 times within minutes; later, press *Resend* in the webhook's log.

Documentation: https://docs.lemonsqueezy.com/help/webhooks (confidence: from public captures; bodies from
public receivers)
"""

from __future__ import annotations

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import HmacSignature, in_header
from relay.kit.reading import PURCHASES, field_text, must_be, read_person
from relay.kit.settings import Keys, Secrets, Settings


class LemonSqueezySecrets(Secrets):
    signing_key: Keys
    """The signing secret of the webhook."""


class LemonSqueezySettings(Settings):
    renewals: bool = False
    """Whether each further payment of a subscription counts as a purchase."""


def on_order(event: Node, _source: Source) -> Reading | Ignored:
    must_be(event["data"]["attributes"]["status"], "the order", "paid")
    return purchase(event)


def on_subscription_payment(event: Node, source: Source) -> Reading | Ignored:
    payment = event["data"]["attributes"]
    must_be(payment["status"], "the payment", "paid")
    if payment["billing_reason"].text() == "initial":
        return Ignored("the first payment of a subscription, which is an order too")
    return purchase(event) if source.settings.renewals else Ignored("a renewal; settings.renewals is false")


def on_refund(event: Node, _source: Source) -> Reading:
    return reading(event, Kind.PURCHASE_REFUNDED)


def purchase(event: Node) -> Reading:
    bought = event["data"]["attributes"]
    buyer = read_person(bought, email="user_email", full_name="user_name")
    return reading(event, Kind.PURCHASE_COMPLETED, buyer)


def reading(event: Node, kind: Kind, *people: Person) -> Reading:
    bought = event["data"]["attributes"]
    moment = bought.get("refunded_at" if kind.withdraws else "created_at")
    return Reading(
        kind=kind,
        # Orders and payments of subscriptions are numbered apart.
        key=f"{event['data']['type'].text()} {event['data']['id'].text()}",
        occurred_at=moment.time_or_none(),
        people=people,
        location=bought.get("store_id").text_or_none(),
        test=bought.get("test_mode").flag() or event["meta"].get("test_mode").flag(),
    )


def delivery_id(_request: Request, event: Node) -> str | None:
    """Lemon Squeezy gives none: what happened to which thing, and when it last changed."""
    changed = event.get("data", "attributes", "updated_at").text_or_none()
    happened, subject = event.get("meta", "event_name").text_or_none(), event.get("data", "id").text_or_none()
    return f"{happened} {subject} {changed}" if happened and subject and changed else None


CONNECTOR = Connector(
    verify=HmacSignature(place=in_header("x-signature")),
    event_type=field_text("meta", "event_name"),
    delivery_id=delivery_id,
    handlers={
        "order_created": on_order,
        "order_refunded": on_refund,
        "subscription_payment_success": on_subscription_payment,
        "subscription_payment_refunded": on_refund,
    },
    ignored=frozenset({"license_key_created", "license_key_updated", "affiliate_activated"})
    | {"subscription_payment_failed", "subscription_payment_recovered", "subscription_plan_changed"}
    | {f"subscription_{name}" for name in ("cancelled", "created", "expired", "paused", "resumed")}
    | {"subscription_unpaused", "subscription_updated"},
    kinds=PURCHASES,
    secrets=LemonSqueezySecrets,
    settings=LemonSqueezySettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
