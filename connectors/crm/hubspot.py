"""HubSpot: new and changed contacts, won deals. (For the workflow action see `hubspot_workflow`.)

**Set-up.** You need a private app (*Settings → Integrations → Private Apps*), or a developer account's.

1. *Scopes*: `crm.objects.contacts.read`, and `crm.objects.deals.read` for won deals.
2. *Webhooks → Target URL*: this source's URL. Subscribe to `contact.creation`, to `contact.propertyChange`
   of `email`, and to `deal.propertyChange` of `dealstage`; with "expanded object support" or without it.
3. Copy the app's client secret into `signing_key`, and its access token, for look-ups, into `access_token`.
4. The source's `public_url` must be the target URL to the letter: HubSpot signs it.

**Settings.**

- `won_stages`: ids of the stages that mean "won" (`["closedwon"]`): *Settings → Objects → Deals → Pipelines*.
- `portal_id`: the account whose events are taken (*Hub ID*). Left out, all are; but in another account that
  installs the app the same ids are other people, so only a private app can do without.
- `tolerance`: seconds that the signed timestamp may differ from the relay's clock (300).
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.

**Good to know.** Only v3 signatures count: the v1 beside it covers neither URL nor time. Requests hold many
events, out of order and doubled. A contact merged or deleted since is ignored; whoever unsubscribed from all
e-mail (`hs_email_optout`) is left alone. A won deal enrols every associated contact (at most 100). A new
client secret is valid at once, without overlap. Do not write back to HubSpot what you subscribe to.

Documentation: https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide (confidence:
high; SDK test vectors)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import unquote

from relay.kit import (
    MILLISECONDS,
    Answer,
    Asking,
    BatchRead,
    Claim,
    Connector,
    Handler,
    HmacSignature,
    Ignored,
    Keys,
    Kind,
    Node,
    Person,
    Reading,
    Request,
    Secrets,
    Source,
    StampedSettings,
    all_texts,
    as_sent,
    bearer,
    in_header,
    post_json,
)

CONTACTS = "https://api.hubapi.com/crm/v3/objects/contacts/batch/read"
DEAL_CONTACTS = "https://api.hubapi.com/crm/v4/associations/deals/contacts/batch/read"
PROPERTIES = ("email", "firstname", "lastname", "phone", "mobilephone", "hubspot_owner_id", "hs_email_optout")
OBJECTS = {"0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket"}
# The documentation names these twelve codes; all others stay as they are.
DECODED = re.compile("%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


class HubSpotSecrets(Secrets):
    signing_key: Keys
    """The app's client secret."""

    access_token: Keys
    """The app's access token."""


class HubSpotSettings(StampedSettings):
    won_stages: frozenset[str] = frozenset({"closedwon"})
    """Ids of the deal stages that mean "won"."""

    portal_id: int | None = None
    """The account whose events are taken."""


def signed_v3(request: Request, claim: Claim) -> bytes:
    url = DECODED.sub(lambda code: unquote(code[0]), request.url)
    return as_sent(request.method + url) + request.body + as_sent(claim.stamp)


def event_type(_request: Request, event: Node) -> str:
    """The classic name also for the newer format, which says `object.creation` and a type id."""
    family, _, happening = event["subscriptionType"].text().partition(".")
    if family == "object":
        type_id = event["objectTypeId"].text()
        family = OBJECTS.get(type_id, type_id)
    return f"{family}.{happening}"


def delivery_id(_request: Request, event: Node) -> str | None:
    names = ("portalId", "subscriptionId", "eventId", "objectId", "occurredAt")
    parts = [event.get(name).text_or_none() or "" for name in names]
    return "-".join(parts) if all(parts) else None


def ask_associations(ids: Sequence[str]) -> dict[str, Any]:
    return {"inputs": [{"id": one} for one in ids]}


def ask_contacts(ids: Sequence[str]) -> dict[str, Any]:
    return {"properties": list(PROPERTIES), **ask_associations(ids)}


def contacts_in(answer: Answer) -> dict[str, Node]:
    return {record["id"].text(): record["properties"] for record in answer.body["results"].each()}


def person(record: Node) -> Person:
    return Person(
        email=record.get("email").text_or_none(),
        first_name=record.get("firstname").text_or_none(),
        last_name=record.get("lastname").text_or_none(),
        phone=all_texts(record.get("mobilephone"), record.get("phone")),
        unsubscribed=record.get("hs_email_optout").flag(),
    )


def on_contact(event: Node, _source: Source) -> Asking:
    created = event["subscriptionType"].text().endswith(".creation")
    contact_id, happened_at = event["objectId"].text(), event["occurredAt"].time()
    answer = yield BatchRead(CONTACTS, contact_id, ask_contacts, bearer())
    record = contacts_in(answer).get(contact_id) if answer.found else None
    if record is None:
        return Ignored("the contact is no longer there: merged or deleted")
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=contact_id,
        occurred_at=happened_at,
        people=(person(record),),
        employee=record.get("hubspot_owner_id").text_or_none(),
    )


def on_deal(event: Node, source: Source) -> Ignored | Asking:
    if event["propertyName"].text() != "dealstage":
        return Ignored("a change of a deal that is not its stage")
    if event["propertyValue"].text_or_none() not in source.settings.won_stages:
        return Ignored("the deal moved to a stage that is not in settings.won_stages")
    return on_won(event)


def on_won(event: Node) -> Asking:
    deal_id, happened_at = event["objectId"].text(), event["occurredAt"].time()
    linked = yield BatchRead(DEAL_CONTACTS, deal_id, ask_associations, bearer())
    results = list(linked.body["results"].each()) if linked.found else []
    links = (result["to"] for result in results if result["from"]["id"].text() == deal_id)
    ids = [one["toObjectId"].text() for link in links for one in link.each()]
    if not ids:
        return Ignored("no contact is associated with the deal", nobody=True)
    answer = yield post_json(CONTACTS, ask_contacts(ids[:100]), auth=bearer())
    people = tuple(map(person, contacts_in(answer).values())) if answer.found else ()
    return Reading(kind=Kind.DEAL_WON, key=deal_id, occurred_at=happened_at, people=people)


def if_ours(handler: Handler, event: Node, source: Source) -> Reading | Ignored | Asking:
    if source.settings.portal_id not in (None, event["portalId"].integer()):
        return Ignored("the event is of another account than settings.portal_id")
    return handler(event, source)


HANDLERS = {
    "contact.creation": partial(if_ours, on_contact),
    "contact.propertyChange": partial(if_ours, on_contact),
    "deal.propertyChange": partial(if_ours, on_deal),
}
WHAT = "associationChange creation deletion merge newMessage privacyDeletion propertyChange restore"
KNOWN = {f"{family}.{one}" for family in (*OBJECTS.values(), "conversation") for one in WHAT.split()}

CONNECTOR = Connector(
    name="hubspot",
    label="HubSpot",
    group="crm",
    docs="https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide",
    confidence="verified against the vendor's documentation or test vectors",
    verify=HmacSignature(
        place=in_header("x-hubspot-signature-v3", stamp="x-hubspot-request-timestamp"),
        signed=signed_v3,
        encoding="base64",
        stamp=MILLISECONDS,
    ),
    event_type=event_type,
    delivery_id=delivery_id,
    split=Node.each,
    handlers=HANDLERS,
    ignored=frozenset(KNOWN - HANDLERS.keys()),
    kinds=frozenset({Kind.CONTACT_CREATED, Kind.CONTACT_UPDATED, Kind.DEAL_WON}),
    default_events=frozenset({Kind.CONTACT_CREATED, Kind.DEAL_WON}),
    secrets=HubSpotSecrets,
    settings=HubSpotSettings,
)
