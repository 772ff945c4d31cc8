"""Stripe: checkouts, invoices and payments that were paid, refunds, new customers.

**Set-up.** In the Dashboard open *Developers → Webhooks → Add destination* (payload style *Snapshot*).

1. Paste the source's URL and choose the events of **one** way in which you sell, since Stripe reports a sale
   in several: `checkout.session.completed` and `checkout.session.async_payment_succeeded` for Checkout and
   payment links; `invoice.paid` for invoices and subscriptions, with each renewal;
   `payment_intent.succeeded` for a checkout of your own. Add `charge.refunded`, and `customer.created` if
   every new customer counts.
2. The *signing secret* (`whsec_…`) goes into `signing_key`. While you roll it, list both. `tolerance` is how
   many seconds the signed time may differ from the relay's clock (300).
3. `access_token` is a restricted key that may read Customers, Charges and Invoices. It finds the person of a
   payment without one, and the invoice of a refund, to withdraw a subscription; one-off checkouts need none.

**Good to know.** A completed checkout that is not paid (bank debits) waits for its payment; trials and saved
cards are no purchase. Guests are read all the same; a payment at a terminal without an address is ignored.
Any refund withdraws what waits. Who declined promotions in the checkout counts as unsubscribed. With Connect
the location is the connected account; `account` takes one or several of them alone (`"acct_…"`). Sandboxes
make test events; *thin* events are parked. Stripe repeats for 3 days, signed anew.

Documentation: https://docs.stripe.com/webhooks (confidence: verified; signatures as in the vendor's SDK)
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.lookups import Answer, LookUp, bearer, get, url_of
from relay.kit.proof import SECONDS, HmacSignature, in_pairs, stamp_dot_body
from relay.kit.reading import PURCHASES, field_text, read_person, unwrapped, words
from relay.kit.settings import AccountSettings, Keys, OptionalKeys, Secrets, StampedSettings

API = "https://api.stripe.com/v1"
# Invoices name no payment and payments no invoice since this version; the list in between came with it.
VERSION = "2025-03-31.basil"


class StripeSecrets(Secrets):
    signing_key: Keys
    """Signing secret of the webhook endpoint."""

    access_token: OptionalKeys = ()
    """Restricted or secret API key, for looking up customers and the invoices of refunds."""


class StripeSettings(AccountSettings, StampedSettings):
    pass


def on_session(event: Node, _source: Source) -> Reading | Ignored:
    session = event["data"]["object"]
    if session.get("mode").text_or_none() != "payment" and not session.get("amount_total").raw:
        return Ignored("nothing was bought: a saved card or a trial")
    if (status := session["payment_status"].text()) not in ("paid", "no_payment_required"):
        return Ignored(f"the checkout is {status}: its payment is still to come")
    buyer = person_in(session.get("customer_details"))
    buyer = replace(
        buyer,
        email=buyer.email or session.get("customer_email").text_or_none(),
        unsubscribed=session.get("consent", "promotions").text_or_none() == "opt_out",
    )
    key = id_of(session.get("invoice")) or id_of(session.get("payment_intent")) or session["id"].text()
    return reading(event, Kind.PURCHASE_COMPLETED, key, buyer)


def on_invoice(event: Node, _source: Source) -> Reading | Ignored:
    invoice = event["data"]["object"]
    if not invoice["amount_paid"].integer():
        return Ignored("nothing was paid: a trial, a credit or a full discount")
    return reading(event, Kind.PURCHASE_COMPLETED, invoice["id"].text(), person_in(invoice, "customer_"))


def on_payment(event: Node, source: Source) -> Asking:
    """A charge, or an intent: that has no buyer of its own, the charge that it led to has one."""
    payment = event["data"]["object"]
    charge_id = id_of(payment.get("latest_charge"))
    if charge_id and source.keys("access_token"):
        answer = yield ask(event, "charges", charge_id)
        payment = answer.body if answer.found else payment
    if payment.get("captured").exists and not payment["captured"].flag():
        return Ignored("the charge is only authorised, not captured")
    if payment.get("refunded").flag():
        return Ignored("the charge was refunded since")
    buyer = person_in(payment.get("billing_details"))
    customer_id = id_of(payment.get("customer"))
    if not buyer.email and customer_id and source.keys("access_token"):
        answer = yield ask(event, "customers", customer_id)
        buyer = person_in(answer.body) if answer.found else buyer
    key = yield from sale_of(event, source, payment)
    receipt = payment.get("receipt_email").text_or_none()
    return reading(event, Kind.PURCHASE_COMPLETED, key, replace(buyer, email=buyer.email or receipt))


def on_refund(event: Node, source: Source) -> Asking:
    """A charge that was refunded, or a refund, which names its charge and its intent."""
    subject = event["data"]["object"]
    if (status := subject["status"].text()) not in ("succeeded", "pending"):
        return Ignored(f"the refund is {status}")
    key = yield from sale_of(event, source, subject)
    return reading(event, Kind.PURCHASE_REFUNDED, key)


def sale_of(event: Node, source: Source, payment: Node) -> Generator[LookUp, Answer, str]:
    """The business key of a charge, intent or refund: its invoice, else its intent, else its charge."""
    own = payment["id"].text()
    intent = own if own.startswith("pi_") else id_of(payment.get("payment_intent"))
    invoice = id_of(payment.get("invoice"))
    if not invoice and intent and source.keys("access_token"):
        query = {"payment[type]": "payment_intent", "payment[payment_intent]": intent}
        answer = yield ask(event, "invoice_payments", **query)
        invoice = id_of(answer.body.get("data").first().get("invoice")) if answer.found else None
    return invoice or intent or id_of(payment.get("charge")) or own


def on_customer(event: Node, _source: Source) -> Reading:
    customer = event["data"]["object"]
    return reading(event, Kind.CONTACT_CREATED, customer["id"].text(), person_in(customer))


def person_in(holder: Node, before: str = "") -> Person:
    return read_person(
        holder,
        email=f"{before}email",
        full_name=("individual_name", f"{before}name"),
        phone=f"{before}phone",
        country=f"{before}address.country",
    )


def reading(event: Node, kind: Kind, key: str, *people: Person) -> Reading:
    return Reading(
        kind=kind,
        key=key,
        occurred_at=event["created"].time(),
        people=people,
        location=event.get("account").text_or_none(),
        test=event.get("livemode").exists and not event["livemode"].flag(),
    )


def ask(event: Node, *segments: str, **query: str) -> LookUp:
    account = event.get("account").text_or_none()
    headers = {"stripe-version": VERSION} | ({"stripe-account": account} if account else {})
    return get(url_of(API, *segments, **query), auth=bearer(), headers=headers)


def id_of(node: Node) -> str | None:
    """Ids come as text or, expanded, as the object itself."""
    return unwrapped(node, "id").text_or_none()


CONNECTOR = Connector(
    verify=HmacSignature(
        place=in_pairs("stripe-signature", stamp="t", signature="v1"), signed=stamp_dot_body, stamp=SECONDS
    ),
    event_type=field_text("type"),
    delivery_id=field_text("id"),
    handlers={
        "checkout.session.completed": on_session,
        "checkout.session.async_payment_succeeded": on_session,
        "invoice.paid": on_invoice,
        "charge.succeeded": on_payment,
        "charge.captured": on_payment,
        "payment_intent.succeeded": on_payment,
        "charge.refunded": on_refund,
        "refund.created": on_refund,
        "customer.created": on_customer,
    },
    ignored=words("""
        checkout.session.async_payment_failed checkout.session.expired charge.failed charge.pending
        charge.updated refund.updated refund.failed invoice.created invoice.finalized
        invoice.payment_failed invoice.payment_succeeded payment_intent.created
        payment_intent.payment_failed payment_intent.processing customer.updated customer.deleted
        customer.subscription.created
    """),
    kinds=PURCHASES | {Kind.CONTACT_CREATED},
    secrets=StripeSecrets,
    settings=StripeSettings,
    account=field_text("account"),
    default_events={Kind.PURCHASE_COMPLETED},
)
