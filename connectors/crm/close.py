"""Close: new and changed contacts, won opportunities.

**Set-up.** Webhooks of Close are made with one call to its API.

1. *Settings → Developer → API Keys → New API Key*: copy the key into `api_key`. Opportunities name only the
   id of a contact, who is looked up.
2. `POST https://api.close.com/api/v1/webhook/` with the key as the user of HTTP Basic and the JSON `{"url":
   <the source's URL>, "events": [{"object_type": "contact", "action": "created"}, {"object_type":
   "opportunity", "action": "created"}, {"object_type": "opportunity", "action": "updated"}]}`; add
   `contact` and `updated` if changes count.
3. Copy `signature_key` out of the answer into `signing_key`. Each subscription has its own; for several on
   one source give a list.

**Settings.**

- `tolerance`: seconds that the signed timestamp may differ from the relay's clock (300). If repeated
  deliveries are refused as too old, raise it.
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` event types that are not listed here.

**Good to know.** An opportunity counts when its status turns to won; later changes do not. One without a
contact enrols the first contact of its lead. A contact's first address is taken, and a contact who
unsubscribed with it is left alone. Close has one field for the name, which is split where that is safe. New
leads carry no address of their own: subscribe to contacts.

Documentation: https://developer.close.com/api/resources/webhooks (confidence: verified for signature and
envelope; contact fields from public handlers; how long Close repeats is not documented)
"""

from __future__ import annotations

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.lookups import basic_user, get, url_of
from relay.kit.proof import SECONDS, HmacSignature, hex_key, in_header, signed_as
from relay.kit.reading import CONTACTS, field_text, field_texts, must_be, words
from relay.kit.settings import Keys, Secrets, StampedSettings

API = "https://api.close.com/api/v1"


class CloseSecrets(Secrets):
    signing_key: Keys
    """The `signature_key` of the webhook subscription, in hex."""

    api_key: Keys
    """An API key, for looking up the contact of an opportunity."""


def person_in(contact: Node) -> Person:
    email, phone = contact.get("emails").first(), contact.get("phones").first()
    return Person(
        email=email.get("email").text_or_none(),
        full_name=contact.get("name").text_or_none(),
        phone=phone.get("phone").text_or_none(),
        country=phone.get("country").text_or_none(),
        unsubscribed=email.get("is_unsubscribed").flag(),
    )


def on_contact(event: Node, _source: Source) -> Reading:
    contact, created = event["data"], event["action"].text() == "created"
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=contact["id"].text(),
        occurred_at=event["date_created"].time(),
        people=(person_in(contact),),
    )


def on_opportunity(event: Node, _source: Source) -> Asking | Ignored:
    deal, created = event["data"], event["action"].text() == "created"
    must_be(deal["status_type"], "the opportunity", "won")
    if not created and event.get("previous_data", "status_type").text_or_none() in (None, "won"):
        return Ignored("the opportunity was won before")
    return on_won(event, deal)


def on_won(event: Node, deal: Node) -> Asking:
    contact_id = deal.get("contact_id").text_or_none()
    if contact_id:
        answer = yield get(url_of(API, "contact", contact_id) + "/", auth=basic_user())
        contact = answer.body
    else:
        answer = yield get(url_of(API, "lead", deal["lead_id"]) + "/", auth=basic_user())
        contact = answer.body.get("contacts").first()
    if not answer.found or not contact.exists:
        return Ignored("the opportunity has no contact", nobody=True)
    return Reading(
        kind=Kind.DEAL_WON,
        key=deal["id"].text(),
        occurred_at=event["date_created"].time(),
        people=(person_in(contact),),
        employee=deal.get("user_id").text_or_none(),
    )


CONNECTOR = Connector(
    verify=HmacSignature(
        place=in_header("close-sig-hash", stamp="close-sig-timestamp"),
        signed=signed_as("{timestamp}{body}"),
        key=hex_key,
        stamp=SECONDS,
    ),
    split=lambda root: (root["event"],),
    event_type=field_texts("object_type", "action", joint="."),
    delivery_id=field_text("id"),
    handlers={
        "contact.created": on_contact,
        "contact.updated": on_contact,
        "opportunity.created": on_opportunity,
        "opportunity.updated": on_opportunity,
    },
    ignored=words("contact.deleted contact.merged lead.* opportunity.deleted opportunity.merged"),
    kinds=CONTACTS | {Kind.DEAL_WON},
    default_events={Kind.CONTACT_CREATED, Kind.DEAL_WON},
    secrets=CloseSecrets,
    settings=StampedSettings,
)
