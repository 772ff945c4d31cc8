"""ActiveCampaign: new and changed contacts of a list, won deals.

**Set-up.** ActiveCampaign does not sign: a secret address proves it.

1. Make a long random token (`openssl rand -hex 32`) and write it into `url_token`.
2. *Settings → Developer → Manage webhooks → Add webhook*. URL: this source's URL with the token as its last
   part, `/hooks/SOURCE/TOKEN`. Choose the list, or all lists.
3. Types: *Subscribe* for new contacts, *Update* if changes count, *Deal added* and *Deal updated* for won
   deals. Initialised from: public, admin, api and system as you like.

**Settings.**

- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` types that are not listed here.

**Good to know.** ActiveCampaign never repeats a delivery: what does not arrive is lost, so keep the relay
up. Mass imports send nothing. There is no delivery id; type, record and time stand for one. A deal counts
once, when its status is won: also a deal that was won long ago and is edited now. It is sent without a phone
number unless the contact comes with it. Owners of deals are staff, and never enrolled. The action *Webhook*
of an automation posts the same fields of a contact without a time and a type: use the connector `generic`
for it.

Documentation: https://developers.activecampaign.com/page/webhooks (confidence: from public captures)
"""

from __future__ import annotations

from relay.kit import (
    Connector,
    Ignored,
    Keys,
    Kind,
    Node,
    Person,
    Reading,
    Request,
    Secrets,
    Settings,
    SharedToken,
    Source,
    field_text,
    parse_form,
)

# Numbers in the API, words in some deliveries.
WON = {"1", "won"}


class ActiveCampaignSecrets(Secrets):
    url_token: Keys
    """The token at the end of the webhook's URL."""


def on_subscribe(event: Node, _source: Source) -> Reading:
    return contact_reading(Kind.CONTACT_CREATED, event)


def on_update(event: Node, _source: Source) -> Reading:
    return contact_reading(Kind.CONTACT_UPDATED, event)


def contact_reading(kind: Kind, event: Node) -> Reading:
    contact = event["contact"]
    person = Person(
        email=contact.get("email").text_or_none(),
        first_name=contact.get("first_name").text_or_none(),
        last_name=contact.get("last_name").text_or_none(),
        phone=contact.get("phone").text_or_none(),
    )
    return Reading(
        kind=kind,
        key=contact["id"].text(),
        occurred_at=event.get("date_time").time_or_none(),
        people=(person,),
    )


def on_deal(event: Node, _source: Source) -> Reading | Ignored:
    deal = event["deal"]
    if deal["status"].text().lower() not in WON:
        return Ignored("the deal is not won")
    person = Person(
        email=deal.get("contact_email").text_or_none(),
        first_name=deal.get("contact_firstname").text_or_none(),
        last_name=deal.get("contact_lastname").text_or_none(),
        phone=event.get("contact", "phone").text_or_none(),
    )
    return Reading(
        kind=Kind.DEAL_WON,
        key=deal["id"].text(),
        occurred_at=event.get("date_time").time_or_none(),
        people=(person,),
        employee=deal.get("owner").text_or_none(),
    )


def delivery_id(_request: Request, event: Node) -> str | None:
    subject = event.get("deal") if event.get("deal").exists else event.get("contact")
    parts = [node.text_or_none() for node in (event.get("type"), subject.get("id"), event.get("date_time"))]
    return "-".join(part for part in parts if part) if all(parts) else None


CONNECTOR = Connector(
    name="activecampaign",
    label="ActiveCampaign",
    group="crm",
    docs="https://developers.activecampaign.com/page/webhooks",
    confidence="from public captures",
    verify=SharedToken(),
    parse=parse_form,
    event_type=field_text("type"),
    delivery_id=delivery_id,
    handlers={
        "subscribe": on_subscribe,
        "update": on_update,
        "deal_add": on_deal,
        "deal_update": on_deal,
    },
    ignored=frozenset({"unsubscribe", "bounce", "click", "forward", "open", "reply", "sent", "share"})
    | {"contact_add", "contact_note", "contact_tag_added", "contact_tag_removed", "contact_task", "list_add"}
    | {"deal_note_add", "deal_pipeline_add", "deal_stage_add", "deal_task_add", "deal_task_complete"}
    | {"deal_tasktype_add", "subscriber_note", "account_add", "account_update"},
    kinds=frozenset({Kind.CONTACT_CREATED, Kind.CONTACT_UPDATED, Kind.DEAL_WON}),
    default_events=frozenset({Kind.CONTACT_CREATED, Kind.DEAL_WON}),
    secrets=ActiveCampaignSecrets,
    settings=Settings,
)
