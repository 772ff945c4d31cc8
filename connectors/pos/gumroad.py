"""Gumroad: sales, refunds and disputes.

**Set-up.** Gumroad does not sign, so the URL itself is the secret.

1. Make a long random text (`openssl rand -hex 32`) and write it into `url_token`.
2. In Gumroad open *Settings → Advanced* and paste `/hooks/SOURCE/TOKEN` at this relay's address into *Ping
   endpoint*. This reports sales only.
3. For refunds and disputes subscribe through the API, once for each of `sale`, `refund` and `dispute`:
   `PUT https://api.gumroad.com/v2/resource_subscriptions` with `access_token`, `resource_name` and
   `post_url`. Leave the ping endpoint empty then.
4. Copy the `seller_id` of a delivery into the setting `seller_id`, so that no other account is taken.

**Settings.**

- `seller_id`: id of your account (`"ak_5xVEcWd0LJSXP3v1VRg=="`); left out, every account is taken.
- `renewals`: whether each further payment of a membership counts as a purchase (false).
- `phone_field`: name of the custom field at checkout that asks for a phone number (`"Phone"`); Gumroad has no
  other place for one. Set `default_region` for numbers without a country code.

**Good to know.** *Send test ping* repeats your **latest real sale**, so do not press it before you want
that buyer enrolled; a purchase of your own product is marked as a test. Of a gift, the receiver is enrolled,
whose address Gumroad reports, and never the giver. Buyers who declined to be contacted are left alone.
Refunds and disputes withdraw what still waits; a pre-order is ignored as long as it is not charged. Gumroad
waits 5 seconds and repeats 3 times within minutes, and only after 499, 500, 502, 503 and 504.

Documentation: https://gumroad.com/ping (confidence: verified by Gumroad's published source code)
"""

from __future__ import annotations

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import FromAccount, SharedToken
from relay.kit.reading import PURCHASES, parse_form, words
from relay.kit.settings import Keys, Secrets, Settings


class GumroadSecrets(Secrets):
    url_token: Keys
    """The token in the URL."""


class GumroadSettings(Settings):
    seller_id: str | None = None
    """Id of the account."""

    renewals: bool = False
    """Whether each further payment of a membership counts as a purchase."""

    phone_field: str = "Phone"
    """Name of the custom field that asks for a phone number."""


def built_in(event: Node, name: str) -> Node:
    """A custom field may have the name of one of Gumroad's own, which comes first."""
    return event.get(name).first()


def on_sale(event: Node, source: Source) -> Reading | Ignored:
    if built_in(event, "is_preorder_authorization").flag():
        return Ignored("a pre-order that is not charged yet")
    if built_in(event, "refunded").flag() or built_in(event, "disputed").flag():
        return Ignored("the sale was refunded or disputed since")
    if built_in(event, "is_recurring_charge").flag() and not source.settings.renewals:
        return Ignored("a renewal; settings.renewals is false")
    may_contact = built_in(event, "can_contact")
    buyer = Person(
        email=built_in(event, "email").text_or_none(),
        full_name=built_in(event, "full_name").text_or_none(),
        phone=event.get("custom_fields", source.settings.phone_field).first().text_or_none(),
        unsubscribed=may_contact.exists and not may_contact.flag(),
    )
    return Reading(
        kind=Kind.PURCHASE_COMPLETED,
        key=built_in(event, "sale_id").text(),
        occurred_at=built_in(event, "sale_timestamp").time_or_none(),
        people=(buyer,),
        test=built_in(event, "test").flag(),
    )


def on_refund(event: Node, _source: Source) -> Reading:
    key = built_in(event, "sale_id").text()
    return Reading(kind=Kind.PURCHASE_REFUNDED, key=key, test=built_in(event, "test").flag())


def event_type(_request: Request, event: Node) -> str:
    """The ping of the settings is a sale; older ones do not say so."""
    return built_in(event, "resource_name").text_or_none() or "sale"


def delivery_id(_request: Request, event: Node) -> str | None:
    sale = built_in(event, "sale_id").text_or_none()
    return f"{event_type(_request, event)} {sale}" if sale else None


CONNECTOR = Connector(
    verify=FromAccount(
        verifier=SharedToken(),
        account=lambda root: built_in(root, "seller_id").text_or_none(),
        setting="seller_id",
        parse=parse_form,
    ),
    event_type=event_type,
    delivery_id=delivery_id,
    parse=parse_form,
    handlers={"sale": on_sale, "refund": on_refund, "dispute": on_refund},
    ignored=words("""
        dispute_won cancellation subscription_ended subscription_restarted subscription_updated
    """),
    kinds=PURCHASES,
    secrets=GumroadSecrets,
    settings=GumroadSettings,
    default_events={Kind.PURCHASE_COMPLETED},
)
