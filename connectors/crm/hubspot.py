"""HubSpot: new and changed contacts, won deals. (For the workflow action see `hubspot_workflow`.)

**Set-up.** You need a private app (*Settings → Integrations → Private Apps*), or one of a developer
account.

1. *Scopes*: `crm.objects.contacts.read`, and `crm.objects.deals.read` for won deals.
2. *Webhooks → Target URL*: this source's URL. Subscribe to `contact.creation`, to `contact.propertyChange`
   of `email`, and to `deal.propertyChange` of `dealstage`; with "expanded object support" or without it.
3. Copy the app's client secret into `signing_key` and its access token into `access_token`: events name
   only ids, so contacts are looked up.
4. The source's `public_url` must be the target URL to the letter: HubSpot signs it.

**Settings.**

- `won_stages`: ids of the deal stages that mean "won" (`["closedwon"]`). A pipeline of your own has its own
  ids: *Settings → Objects → Deals → Pipelines*.
- `tolerance`: seconds that the signed timestamp may differ from the relay's clock (300).
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` event types that are not listed here.

**Good to know.** Only v3 signatures count: the v1 beside it covers neither URL nor time, so that whoever
saw one delivery could send it again. Requests hold many events, out of order and doubled; `eventId` alone
is not unique. A contact merged or deleted since is ignored; whoever unsubscribed from all e-mail
(`hs_email_optout`) is left alone. A won deal enrols every associated contact (at most 100). A new client
secret is valid at once, without overlap. Changes made by another app look like your own: do not write back
to HubSpot what you subscribe to. Imports arrive as a flood.

Documentation: https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide (confidence:
verified; SDK test vectors)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.lookups import Answer, BatchRead, bearer, post_json
from relay.kit.proof import MILLISECONDS, Claim, HmacSignature, as_sent, in_header
from relay.kit.reading import CONTACTS, field_texts, read_person, words
from relay.kit.settings import Keys, Secrets, StampedSettings

CONTACT_READ = "https://api.hubapi.com/crm/v3/objects/contacts/batch/read"
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


def ask_associations(ids: Sequence[str]) -> dict[str, Any]:
    return {"inputs": [{"id": one} for one in ids]}


def ask_contacts(ids: Sequence[str]) -> dict[str, Any]:
    return {"properties": list(PROPERTIES), **ask_associations(ids)}


def contacts_in(answer: Answer) -> dict[str, Node]:
    return {record["id"].text(): record["properties"] for record in answer.body["results"].each()}


def person(record: Node) -> Person:
    return read_person(
        record,
        email="email",
        first_name="firstname",
        last_name="lastname",
        phone=("mobilephone", "phone"),
        unsubscribed="hs_email_optout",
    )


def on_contact(event: Node, _source: Source) -> Asking:
    created = event["subscriptionType"].text().endswith(".creation")
    contact_id, happened_at = event["objectId"].text(), event["occurredAt"].time()
    answer = yield BatchRead(CONTACT_READ, contact_id, ask_contacts, bearer())
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
    results = linked.body["results"].each() if linked.found else ()
    links = {result["from"]["id"].text(): result["to"] for result in results}
    ids = [link["toObjectId"].text() for link in links[deal_id].each()] if deal_id in links else []
    if not ids:
        return Ignored("no contact is associated with the deal", nobody=True)
    answer = yield post_json(CONTACT_READ, ask_contacts(ids[:100]), auth=bearer())
    records = contacts_in(answer) if answer.found else {}
    people = tuple(person(record) for record in records.values())
    return Reading(kind=Kind.DEAL_WON, key=deal_id, occurred_at=happened_at, people=people)


CONNECTOR = Connector(
    verify=HmacSignature(
        place=in_header("x-hubspot-signature-v3", stamp="x-hubspot-request-timestamp"),
        signed=signed_v3,
        encoding="base64",
        stamp=MILLISECONDS,
    ),
    event_type=event_type,
    delivery_id=field_texts("portalId", "subscriptionId", "eventId", "objectId", "occurredAt", joint="-"),
    split=Node.each,
    handlers={
        "contact.creation": on_contact,
        "contact.propertyChange": on_contact,
        "deal.propertyChange": on_deal,
    },
    ignored=words("""
        contact.associationChange contact.deletion contact.merge contact.privacyDeletion contact.restore
        company.* conversation.* ticket.*
        deal.associationChange deal.creation deal.deletion deal.merge deal.restore
    """),
    kinds=CONTACTS | {Kind.DEAL_WON},
    default_events={Kind.CONTACT_CREATED, Kind.DEAL_WON},
    secrets=HubSpotSecrets,
    settings=HubSpotSettings,
)
