"""Zettle (PayPal): answered and read, but it never names a buyer, so nobody can be enrolled by it.

**What it is good for.** Zettle's purchases hold amounts, products and the *cashier*, and no customer at all:
no e-mail address, no name, no phone number. Its receipts by e-mail are sent by Zettle, which keeps the
addresses to itself. So this source shows that sales arrive, and reads a return as one; for feedback after a
sale use a booking tool or shop that knows its customers, or let a tablet at the till open a form.

**Set-up.** With an API key of the scope READ:PURCHASE, call `POST
https://pusher.izettle.com/organizations/self/subscriptions` with `{"uuid": <a version 1 UUID>,
"transportName": "WEBHOOK", "eventNames": ["PurchaseCreated"], "destination": <this source's URL>,
"contactEmail": <yours>}`. Zettle sends a test message at once, which the relay answers. The call's answer
holds the `signingKey`: write it into `signing_key`.

**Good to know.** Only the payload and its timestamp are signed. The same event is repeated for three days,
after which Zettle deletes the subscription. The organization is `location`.

Documentation: https://developer.zettle.com/docs/api/pusher (confidence: verified)
"""

from __future__ import annotations

from relay.kit import Connector, Ignored, Kind, Node, Reading, Request, Source, Unreadable
from relay.kit.proof import HmacSignature, in_header, signed_as
from relay.kit.reading import field_text, first_text, parse_json
from relay.kit.replies import Reply
from relay.kit.settings import Keys, Secrets


class ZettleSecrets(Secrets):
    signing_key: Keys
    """The `signingKey` of the subscription."""


def handshake(request: Request, _source: Source) -> Reply | None:
    """The test message that comes with a new subscription, before anybody can know its key."""
    try:
        is_test = parse_json(request).get("eventName").text_or_none() == "TestMessage"
    except Unreadable:
        return None
    return Reply(200) if is_test else None


def on_purchase(message: Node, _source: Source) -> Reading | Ignored:
    purchase = message["payload"].json()
    if not purchase.get("refund").flag():
        return Ignored("Zettle never names a buyer", nobody=True)
    returned = first_text(purchase.get("refundsPurchaseUUID1"), purchase.get("refundsPurchaseUUID"))
    if returned is None:
        return Ignored("a return that does not name its sale")
    return Reading(
        kind=Kind.PURCHASE_REFUNDED,
        key=returned,
        occurred_at=message["timestamp"].time(),
        location=message.get("organizationUuid").text_or_none(),
    )


CONNECTOR = Connector(
    # The payload is text that is itself JSON; what is signed is the text, to the letter.
    verify=HmacSignature(
        place=in_header("x-izettle-signature"), signed=signed_as("{field:timestamp}.{field:payload}")
    ),
    handshake=handshake,
    event_type=field_text("eventName"),
    delivery_id=field_text("messageUuid"),
    handlers={"PurchaseCreated": on_purchase},
    ignored=frozenset({"ApplicationConnectionRemoved", "PersonalAssertionDeleted", "OrganizationUpdated"})
    | {f"Inventory{name}" for name in ("BalanceChanged", "TrackingStarted", "TrackingStopped")}
    | {f"Product{name}" for name in ("Created", "Deleted", "Updated")},
    kinds={Kind.PURCHASE_REFUNDED},
    secrets=ZettleSecrets,
)
