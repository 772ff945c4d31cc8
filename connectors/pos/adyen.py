"""Adyen: payments online and at terminals, refunds, cancellations, chargebacks.

**Set-up.** In the Customer Area open *Developers → Webhooks → Create new webhook → Standard webhook*.

1. Server configuration: the source's URL, method *JSON*. Make up a user name and a long random password
   there, and put them into `basic` as `user:password`.
2. Security: *Generate HMAC key* and copy it into `signing_key`, in hex as it is shown. While it is replaced,
   list both keys.
3. Additional settings: tick all that include details of the shopper (e-mail address, name, telephone number,
   country). Without them payments name nobody and are ignored.
4. `paid_when = "CAPTURE"` if you capture payments by hand; otherwise a payment counts as soon as it is
   authorised.

**Good to know.** The signature stands in each item of a request and covers the payment's number, amount and
success, but not the shopper; so the password is checked as well, where `basic` holds one. Refused payments
and cards that are only verified are ignored. Refunds, cancellations and chargebacks withdraw what waits for
the payment that they name. Items of the test account are test events. The location is the terminal's store,
or else the merchant account. Phone numbers are read with the shopper's country, then `default_region`. Adyen
repeats until it is answered with a 2xx.

Documentation: https://docs.adyen.com/development-resources/webhooks (confidence: high; SDK test vectors;
names of shoppers after older samples)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from relay.kit import (
    BasicAuth,
    Connector,
    Ignored,
    Keys,
    Kind,
    Node,
    OptionalKeys,
    Person,
    Reading,
    Reply,
    Request,
    Secrets,
    Settings,
    SignedItems,
    Source,
    Unreadable,
    first_text,
)

RETURNED = ("CHARGEBACK", "POSTPONED_REFUND", "REFUND", "SECOND_CHARGEBACK")
UNDOING = ("CANCELLATION", "CANCEL_OR_REFUND", "CAPTURE_FAILED", "TECHNICAL_CANCEL", *RETURNED)
PASSWORD = BasicAuth()
SIGNED = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")


class AdyenSecrets(Secrets):
    signing_key: Keys
    """HMAC key of the webhook, in hex."""

    basic: OptionalKeys = ()
    """User name and password of the webhook, as `user:password`."""


class AdyenSettings(Settings):
    paid_when: Literal["AUTHORISATION", "CAPTURE"] = "AUTHORISATION"
    """The event that means that a payment was made."""


def items(root: Node) -> Iterator[Node]:
    return (wrapper["NotificationRequestItem"] for wrapper in root["notificationItems"].each())


def signed_fields(item: Node) -> bytes:
    """https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures"""
    amount = item.get("amount")
    nodes = [*map(item.get, SIGNED), amount.get("value"), amount.get("currency")]
    texts = [as_written(node) for node in [*nodes, item.get("eventCode"), item.get("success")]]
    # Signed texts are joined and not escaped: with a colon in one, the same text could be other fields.
    if any(":" in text for text in texts[:3] + texts[4:]):
        raise Unreadable("has a colon in more than the merchant's reference", item.path)
    return ":".join(texts).encode()


def as_written(node: Node) -> str:
    """Text to the letter: the spaces at its ends are signed, too."""
    return node.raw if isinstance(node.raw, str) else node.text_or_none() or ""


@dataclass(frozen=True, slots=True)
class Both:
    """The signature of every item, and the password where the source has one."""

    items: SignedItems
    secret: str = "signing_key"  # noqa: S105  # its name
    checks_age: bool = False
    in_body: bool = True
    secret_headers: frozenset[str] = frozenset({"authorization"})

    def __call__(self, request: Request, source: Source, now: float) -> None:
        self.items(request, source, now)
        if source.keys(PASSWORD.secret):
            PASSWORD(request, source, now)

    def sign(self, request: Request, source: Source, now: float) -> Request:
        signed = self.items.sign(request, source, now)
        return PASSWORD.sign(signed, source, now) if source.keys(PASSWORD.secret) else signed


def split(root: Node) -> Iterator[Node]:
    for item in items(root):
        yield Node({"live": root.get("live").raw, "item": item.raw}, item.path)


def delivery_id(_request: Request, event: Node) -> str | None:
    item = event["item"]
    parts = [item.get(name).text_or_none() for name in ("eventCode", "pspReference", "success")]
    return "-".join(part for part in parts if part) if all(parts) else None


def on_paid(event: Node, source: Source) -> Reading | Ignored:
    item = event["item"]
    code, paid_when = item["eventCode"].text(), source.settings.paid_when
    if code != paid_when:
        return Ignored(f"settings.paid_when is {paid_when}")
    if not item["success"].flag():
        return Ignored("the payment was refused")
    if item.get("amount", "value").exists and item["amount"]["value"].integer() == 0:
        return Ignored("a card was verified, nothing was paid")
    return reading(event, Kind.PURCHASE_COMPLETED, person_in(item.get("additionalData")))


def on_undone(event: Node, _source: Source) -> Reading | Ignored:
    if not event["item"]["success"].flag():
        return Ignored("it did not succeed")
    return reading(event, Kind.PURCHASE_REFUNDED)


def reading(event: Node, kind: Kind, *people: Person) -> Reading:
    """What follows a payment names it as its original."""
    item = event["item"]
    return Reading(
        kind=kind,
        key=first_text(item.get("originalReference")) or item["pspReference"].text(),
        occurred_at=item["eventDate"].time(),
        people=people,
        location=first_text(item.get("additionalData", "store"), item.get("merchantAccountCode")),
        test=event["live"].exists and not event["live"].flag(),
    )


def person_in(details: Node) -> Person:
    """The name is plain, or `[first=Ana, infix=null, last=Reyes, gender=null]`."""
    name = details.get("shopperName").text_or_none() or ""
    parts = {key: text for key, text in re.findall(r"(\w+)=([^,\]]*)", name) if text != "null"}
    return Person(
        email=details.get("shopperEmail").text_or_none(),
        first_name=parts.get("first"),
        last_name=" ".join(parts[key] for key in ("infix", "last") if key in parts),
        full_name=None if parts else name,
        phone=details.get("telephoneNumber").text_or_none(),
        country=details.get("shopperCountry").text_or_none(),
    )


CONNECTOR = Connector(
    name="adyen",
    label="Adyen",
    group="pos",
    docs="https://docs.adyen.com/development-resources/webhooks",
    confidence="verified against the vendor's documentation or test vectors",
    verify=Both(SignedItems(items=items, at=("additionalData", "hmacSignature"), signed=signed_fields)),
    event_type=lambda _request, event: event["item"]["eventCode"].text(),
    delivery_id=delivery_id,
    split=split,
    # Older set-ups wait for this word, newer ones for any 2xx.
    reply=lambda _request: Reply(200, b"[accepted]", {"content-type": "text/plain"}),
    handlers={"AUTHORISATION": on_paid, "CAPTURE": on_paid} | dict.fromkeys(UNDOING, on_undone),
    ignored=frozenset(
        {"AUTHORISATION_ADJUSTMENT", "CHARGEBACK_REVERSED", "EXPIRE", "OFFER_CLOSED", "PENDING"}
    )
    | {"NOTIFICATION_OF_CHARGEBACK", "NOTIFICATION_OF_FRAUD", "ORDER_CLOSED", "ORDER_OPENED"}
    | {"RECURRING_CONTRACT", "REFUND_FAILED", "REPORT_AVAILABLE", "REQUEST_FOR_INFORMATION"}
    | {"AUTORESCUE", "CANCEL_AUTORESCUE", "MANUAL_REVIEW_ACCEPT", "MANUAL_REVIEW_REJECT"}
    | {"PREARBITRATION_LOST", "PREARBITRATION_WON", "REFUNDED_REVERSED", "REFUND_WITH_DATA"}
    | {"VOID_PENDING_REFUND"}
    | {f"PAYOUT_{end}" for end in ("DECLINE", "EXPIRE", "THIRDPARTY")},
    kinds=frozenset({Kind.PURCHASE_COMPLETED, Kind.PURCHASE_REFUNDED}),
    secrets=AdyenSecrets,
    settings=AdyenSettings,
    default_events=frozenset({Kind.PURCHASE_COMPLETED}),
)
