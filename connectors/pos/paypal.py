"""PayPal: payments that were captured, invoices and subscriptions that were paid, refunds.

**Set-up.** On developer.paypal.com open *Apps & Credentials* and make a REST app, or take that of your shop.

1. *Webhooks → Add webhook*: paste the source's URL (https, port 443) and choose *Payment capture completed,
   refunded* and *reversed*; the same of *Payment sale* for subscriptions and older shops; *Invoicing invoice
   paid, refunded* and *cancelled* for invoices.
2. The list then shows the *webhook id*, for `webhook_id`. With a wrong one all is refused.
3. The app's client id goes into `client_id`, its secret into `client_secret`: payments do not name the
   payer, the order behind them is looked up. `environment = "sandbox"` makes test events.

`public_key` is for PayPal's certificate where the relay may not fetch it from PayPal. `tolerance` is how many
seconds the signed time may differ from the relay's clock: four days, since PayPal repeats for three.

**Good to know.** A captured payment counts, an approved order does not. Guests who paid by card may have no
address and are ignored. Refunds and reversals withdraw what waits, partial ones as well. An invoice that is
paid through PayPal is a payment, too: choose one of the two. The dashboard's *simulator* is refused.

Documentation: https://developer.paypal.com/api/rest/webhooks/ (confidence: high; sales after older pages)
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from relay.kit import (
    ISO_TIME,
    Annotated,
    Asking,
    Connector,
    Field,
    Ignored,
    KeyByUrl,
    Keys,
    Kind,
    LookUp,
    Node,
    OptionalKeys,
    Person,
    PublicKeySignature,
    Reading,
    Secrets,
    Source,
    StampedSettings,
    client_credentials,
    field_text,
    first_text,
    get,
    header_text,
    in_header,
    signed_as,
    url_of,
    with_calling_code,
)

HOSTS = {"production": "https://api-m.paypal.com", "sandbox": "https://api-m.sandbox.paypal.com"}


class PayPalSecrets(Secrets):
    public_key: OptionalKeys = ()
    """PayPal's certificate, where the relay may not fetch it."""

    client_secret: Keys
    """The app's secret, for looking up who paid."""


class PayPalSettings(StampedSettings):
    webhook_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
    """Id of the webhook, as the app's list of webhooks shows it."""

    client_id: str
    """The app's client id."""

    environment: Literal["production", "sandbox"] = "production"
    """Which of PayPal's two worlds the app belongs to."""

    tolerance: Annotated[float, Field(gt=0, le=7 * 86400)] = 4 * 86400.0
    """Seconds that a signed timestamp may differ from the relay's clock, either way."""


def verifier(webhook_id: str, environment: str) -> KeyByUrl:
    """https://developer.paypal.com/api/rest/webhooks/rest/#link-messagesignature"""
    signed = signed_as(f"{{header:paypal-transmission-id}}|{{timestamp}}|{webhook_id}|{{body_crc32}}")
    api, place = HOSTS[environment], in_header("paypal-transmission-sig", stamp="paypal-transmission-time")
    return KeyByUrl(
        verifier=PublicKeySignature(place=place, algorithm="rsa", signed=signed, stamp=ISO_TIME),
        address=lambda request: request.header("paypal-cert-url"),
        below=tuple(f"{host}/v1/notifications/certs/" for host in (api, api.replace("api-m", "api"))),
    )


def for_source(connector: Connector, source: Source) -> Connector:
    return replace(connector, verify=verifier(source.settings.webhook_id, source.settings.environment))


def on_capture(event: Node, source: Source) -> Asking:
    capture = event["resource"]
    order_id = capture.get("supplementary_data", "related_ids", "order_id")
    if not order_id.exists:
        return Ignored("a payment without an order does not say who paid", nobody=True)
    answer = yield ask(source, "v2/checkout/orders", order_id)
    if not answer.found:
        return Ignored("who paid is no longer there", nobody=True)
    payer, wallet = answer.body.get("payer"), answer.body.get("payment_source", "paypal")
    buyer = person_in(payer if payer.get("email_address").exists else wallet)
    return reading(event, source, Kind.PURCHASE_COMPLETED, capture["id"].text(), buyer)


def on_sale(event: Node, source: Source) -> Asking:
    """The older kind of payment, and each payment of a subscription."""
    sale = event["resource"]
    if (agreement := sale.get("billing_agreement_id")).exists:
        answer = yield ask(source, "v1/billing/subscriptions", agreement)
    else:
        answer = yield ask(source, "v1/payments/payment", sale["parent_payment"])
    if not answer.found:
        return Ignored("who paid is no longer there", nobody=True)
    payer = answer.body.get("subscriber") if agreement.exists else answer.body.get("payer", "payer_info")
    return reading(event, source, Kind.PURCHASE_COMPLETED, sale["id"].text(), person_in(payer))


def on_refund(event: Node, source: Source) -> Reading:
    """The resource is the refund, which links up to its capture or names its sale, or the capture itself."""
    refund = event["resource"]
    links = (link.get("href").text_or_none() or "" for link in refund.get("links").each())
    captures = (found[1] for href in links if (found := re.search(r"/captures/([A-Z0-9]+)$", href)))
    key = refund.get("sale_id").text_or_none() or next(captures, None) or refund["id"].text()
    return reading(event, source, Kind.PURCHASE_REFUNDED, key)


def on_invoice(event: Node, source: Source) -> Reading:
    resource = event["resource"]
    invoice = resource["invoice"] if resource.get("invoice").exists else resource
    if not event["event_type"].text().endswith(".PAID"):
        return reading(event, source, Kind.PURCHASE_REFUNDED, invoice["id"].text())
    people = [person_in(one["billing_info"]) for one in invoice.get("primary_recipients").each()]
    return reading(event, source, Kind.PURCHASE_COMPLETED, invoice["id"].text(), *people)


def ask(source: Source, path: str, own_id: Node) -> LookUp:
    host = HOSTS[source.settings.environment]
    login = client_credentials(f"{host}/v1/oauth2/token", client_id=source.settings.client_id)
    return get(url_of(f"{host}/{path}", own_id), auth=login)


def person_in(holder: Node) -> Person:
    """A payer, a wallet, a subscriber or the recipient of an invoice; never the payee."""
    name, phone = holder.get("name"), holder.get("phones").first()
    if not phone.exists:
        inner = holder.get("phone")
        phone = (inner if isinstance(inner.raw, dict) else holder).get("phone_number")
    return Person(
        email=first_text(holder.get("email_address"), holder.get("email")),
        first_name=first_text(name.get("given_name"), holder.get("first_name")),
        last_name=first_text(name.get("surname"), holder.get("last_name")),
        full_name=name.get("full_name").text_or_none(),
        phone=with_calling_code(phone.get("country_code"), phone.get("national_number")),
        country=first_text(holder.get("address", "country_code"), holder.get("country_code")),
    )


def reading(event: Node, source: Source, kind: Kind, key: str, *people: Person) -> Reading:
    return Reading(
        kind=kind,
        key=key,
        occurred_at=event["create_time"].time(),
        people=people,
        test=source.settings.environment == "sandbox",
    )


UNDONE = [f"PAYMENT.{kind}.{end}" for kind in ("CAPTURE", "SALE") for end in ("REFUNDED", "REVERSED")]
INVOICES = [f"INVOICING.INVOICE.{end}" for end in ("PAID", "REFUNDED", "CANCELLED")]

CONNECTOR = Connector(
    name="paypal",
    label="PayPal",
    group="pos",
    docs="https://developer.paypal.com/api/rest/webhooks/",
    confidence="verified against the vendor's documentation or test vectors",
    verify=verifier("none", "production"),
    for_source=for_source,
    event_type=field_text("event_type"),
    # The signed checksum is that of other bodies, too, so that each signed transmission counts once.
    delivery_id=header_text("paypal-transmission-id"),
    handlers={"PAYMENT.CAPTURE.COMPLETED": on_capture, "PAYMENT.SALE.COMPLETED": on_sale}
    | dict.fromkeys(UNDONE, on_refund)
    | dict.fromkeys(INVOICES, on_invoice),
    ignored=frozenset(
        {"CHECKOUT.ORDER.APPROVED", "CHECKOUT.ORDER.COMPLETED", "PAYMENT.AUTHORIZATION.CREATED"}
    )
    | {"PAYMENT.AUTHORIZATION.VOIDED", "PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.DENIED"}
    | {"PAYMENT.SALE.PENDING", "INVOICING.INVOICE.CREATED", "INVOICING.INVOICE.UPDATED"},
    kinds=frozenset({Kind.PURCHASE_COMPLETED, Kind.PURCHASE_REFUNDED}),
    secrets=PayPalSecrets,
    settings=PayPalSettings,
    default_events=frozenset({Kind.PURCHASE_COMPLETED}),
)
