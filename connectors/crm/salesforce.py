"""Salesforce: Outbound Messages about contacts, leads, person accounts and won opportunities.

**Set-up.** Messages are not signed: a secret address and your organization's ID prove them.

1. Make a long random token (`openssl rand -hex 32`) and write it into `url_token`.
2. *Setup → Company Information*: copy the Salesforce.com Organization ID into `organization_id`.
3. *Setup → Workflow Actions → Outbound Messages → New*, for one object. Endpoint URL: this source's URL
   with the token as its last part, `/hooks/SOURCE/TOKEN`. Leave *Send Session ID* off.
4. Fields to send: Email, FirstName, LastName, Phone, MobilePhone, OwnerId, LastModifiedDate, and
   HasOptedOutOfEmail, so that who opted out is left alone (person accounts: PersonEmail,
   PersonMobilePhone, PersonHasOptedOutOfEmail). Opportunity: StageName, OwnerId, LastModifiedDate, and
   formula fields that show the contact's data.
5. Add the outbound message as an action to a flow or a workflow rule.

**Settings.**

- `organization_id`: required; 15 or 18 characters.
- `kind`: what your flow means for a Contact, Lead or Account: `"contact.updated"` (default) or
  `"contact.created"`.
- `won_stages`: values of StageName that mean "won" (`["Closed Won"]`).
- `opportunity_email`, `opportunity_first_name`, `opportunity_last_name`, `opportunity_phone`: API names of
  the formula fields, such as `"Contact_Email__c"`.
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` other objects.

**Good to know.** A message holds up to 100 notifications, out of order, sometimes doubled, and the record
as it is when sent, not as it was when the flow ran. One acknowledgement stands for the whole message;
without it Salesforce repeats for 24 hours. A session ID is a live credential: the relay never reads, logs
or forwards it, but bodies are stored as received, so leave it off. Where you can, let your
proxy pass only Salesforce's addresses, or those who show its client certificate.

Documentation:
https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging.htm
(confidence: verified; person accounts are best effort)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.proof import FromAccount, SharedToken
from relay.kit.reading import CONTACTS, parse_xml
from relay.kit.replies import Reply
from relay.kit.settings import Field, Keys, Secrets, Settings

ACK = b"""<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>\
<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>\
</soapenv:Body></soapenv:Envelope>"""
DATES = ("LastModifiedDate", "SystemModstamp", "CreatedDate")


class SalesforceSecrets(Secrets):
    url_token: Keys
    """The token at the end of the endpoint URL."""


class SalesforceSettings(Settings):
    organization_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$")]
    """The Salesforce.com Organization ID."""

    kind: Literal["contact.updated", "contact.created"] = "contact.updated"
    """What a message about a Contact, Lead or Account means."""

    won_stages: frozenset[str] = frozenset({"Closed Won"})
    """Values of StageName that mean "won"."""

    opportunity_email: str | None = None
    """The field of an Opportunity that shows the contact's e-mail address."""

    opportunity_first_name: str | None = None
    """The field of an Opportunity that shows the contact's first name."""

    opportunity_last_name: str | None = None
    """The field of an Opportunity that shows the contact's last name."""

    opportunity_phone: str | None = None
    """The field of an Opportunity that shows the contact's phone number."""


def message(root: Node) -> Node:
    return root["Envelope"]["Body"]["notifications"]


def notifications(root: Node) -> Iterable[Node]:
    return message(root)["Notification"].each()


def organization(root: Node) -> str:
    return message(root)["OrganizationId"].text()


def same_organization(given: str, configured: str) -> bool:
    """The last three of 18 characters only repeat the case of the first 15."""
    return given[:15] == configured[:15]


def texts(record: Node, *names: str | None) -> list[str]:
    return [text for name in names if name and (text := record.get(name).text_or_none())]


def first(record: Node, *names: str | None) -> str | None:
    return next(iter(texts(record, *names)), None)


def reading(record: Node, kind: Kind, person: Person) -> Reading:
    changed = first(record, *DATES)
    return Reading(
        kind=kind,
        key=record["Id"].text(),
        occurred_at=Node(changed, f"{record.path}.{DATES[0]}").time_or_none(),
        people=(person,),
        employee=first(record, "OwnerId"),
    )


def on_person(event: Node, source: Source) -> Reading:
    record = event["sObject"]
    person = Person(
        email=first(record, "Email", "PersonEmail"),
        first_name=first(record, "FirstName"),
        last_name=first(record, "LastName"),
        phone="; ".join(texts(record, "MobilePhone", "PersonMobilePhone", "Phone")),
        unsubscribed="true" in texts(record, "HasOptedOutOfEmail", "PersonHasOptedOutOfEmail"),
    )
    return reading(record, Kind(source.settings.kind), person)


def on_opportunity(event: Node, source: Source) -> Reading | Ignored:
    record, settings = event["sObject"], source.settings
    if not settings.opportunity_email:
        return Ignored("settings.opportunity_email does not name the field with the contact's address")
    if record["StageName"].text() not in settings.won_stages:
        return Ignored("the opportunity is in a stage that is not in settings.won_stages")
    person = Person(
        email=first(record, settings.opportunity_email),
        first_name=first(record, settings.opportunity_first_name),
        last_name=first(record, settings.opportunity_last_name),
        phone=first(record, settings.opportunity_phone),
    )
    return reading(record, Kind.DEAL_WON, person)


CONNECTOR = Connector(
    verify=FromAccount(
        verifier=SharedToken(),
        parse=parse_xml,
        account=organization,
        setting="organization_id",
        same=same_organization,
    ),
    parse=parse_xml,
    split=notifications,
    event_type=lambda _request, event: event["sObject"]["@type"].text(),
    delivery_id=lambda _request, event: event["Id"].text(),
    handlers={"Contact": on_person, "Lead": on_person, "Account": on_person, "Opportunity": on_opportunity},
    kinds=CONTACTS | {Kind.DEAL_WON},
    default_events={Kind.CONTACT_CREATED, Kind.CONTACT_UPDATED, Kind.DEAL_WON},
    reply=lambda _request: Reply(200, ACK, {"content-type": "text/xml; charset=utf-8"}),
    secrets=SalesforceSecrets,
    settings=SalesforceSettings,
)
