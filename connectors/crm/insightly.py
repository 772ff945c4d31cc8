"""Insightly: contacts and leads from workflow automation.

**Set-up.** Webhooks are an action of workflow automation (paid plans, administrators).

1. Make up a user name and a long random password (`openssl rand -hex 32`); put `user:password` into `basic`.
2. *System Settings → Workflow Automation → Workflow Processes*: make a process over *Contact* or *Lead*,
   with "record is created" or whatever should count, and add the action *Webhook → Add New Webhook*: URI =
   this source's URL, authentication = that user and password. If your form has no fields for them, put the
   password into `url_token` instead and use the URL with the token.
3. Set `kind` to what reaching this action means. For several meanings make several sources.

**Settings.**

- `kind`: `"contact.created"` (default), `"contact.updated"`, `"deal.won"`, `"purchase.completed"`,
  `"form.submitted"` or `"appointment.completed"`.
- `default_region`: country of phone numbers without one; `unknown_events`: `"park"` or `"ignore"`.

**Good to know.** Insightly gives no id for a delivery: a body that comes again unchanged is the same
delivery. Except with `"contact.updated"`, a contact or lead counts once for each sequence. Opportunities,
tasks and other records name no person and are ignored; build the workflow over contacts. People who opted
out of e-mail (`EMAIL_OPTED_OUT`) are left alone. The owner is the employee. Whether Insightly repeats a
failed delivery is not documented.

Documentation:
https://support.insight.ly/hc/en-us/articles/115004250428-What-are-webhooks-in-the-workflow-automation-
(confidence: best effort; the page shows a task, the fields of contacts are those of the API)
"""

from __future__ import annotations

import hashlib
from typing import Literal, get_args

from relay.kit import Connector, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import BasicAuth, SharedToken, strongest_configured
from relay.kit.reading import all_texts, first_text
from relay.kit.settings import OptionalKeys, Secrets, Settings

Meaning = Literal[
    "contact.created",
    "contact.updated",
    "deal.won",
    "purchase.completed",
    "form.submitted",
    "appointment.completed",
]
KINDS = frozenset(map(Kind, get_args(Meaning)))
RECORDS = ("CONTACT", "LEAD", "OPPORTUNITY", "ORGANISATION", "ORGANIZATION", "PROJECT", "TASK", "EVENT")
PHONES = ("PHONE_MOBILE", "MOBILE", "PHONE", "PHONE_HOME", "PHONE_OTHER")
BASIC = BasicAuth()


class InsightlySecrets(Secrets):
    basic: OptionalKeys = ()
    """`user:password` of the webhook's Basic authentication."""

    url_token: OptionalKeys = ()
    """The last part of the URL, where Basic authentication is not used."""


class InsightlySettings(Settings):
    kind: Meaning = "contact.created"
    """What reaching this action of the workflow means."""


def event_type(_request: Request, event: Node) -> str | None:
    """The record's kind, told by its own id; others stand beside it (a task has a PROJECT_ID)."""
    entity = event["entity"]
    keys = entity.raw if isinstance(entity.raw, dict) else entity.refuse("an object")
    named = (name.removesuffix("_ID") for name in keys if name.endswith("_ID"))
    return next((name.lower() for name in named if name in RECORDS), None)


def delivery_id(request: Request, _event: Node) -> str:
    return hashlib.sha256(request.body).hexdigest()


def on_contact(event: Node, source: Source) -> Reading:
    return reading(event["entity"], source, event["entity"]["CONTACT_ID"].text())


def on_lead(event: Node, source: Source) -> Reading:
    # Ids of contacts and of leads are counted apart.
    return reading(event["entity"], source, f"lead {event['entity']['LEAD_ID'].text()}")


def reading(entity: Node, source: Source, key: str) -> Reading:
    changed, owner = entity.get("DATE_UPDATED_UTC"), entity.get("OWNER_USER_ID")
    who = Person(
        email=first_text(entity.get("EMAIL_ADDRESS"), entity.get("EMAIL")) or detail(entity, "EMAIL"),
        first_name=entity.get("FIRST_NAME").text_or_none(),
        last_name=entity.get("LAST_NAME").text_or_none(),
        phone=all_texts(*(entity.get(name) for name in PHONES)) or detail(entity, "PHONE"),
        unsubscribed=entity.get("EMAIL_OPTED_OUT").flag(),
    )
    return Reading(
        kind=Kind(source.settings.kind),
        key=key,
        occurred_at=changed.time_or_none(),
        people=(who,),
        employee=first_text(owner, entity.get("RESPONSIBLE_USER_ID")),
    )


def detail(entity: Node, kind: str) -> str | None:
    """Older records hold addresses and numbers in a list."""
    infos = (info for info in entity.get("CONTACTINFOS").each() if info.get("TYPE").text_or_none() == kind)
    return next((info.get("DETAIL").text_or_none() for info in infos), None)


CONNECTOR = Connector(
    verify=BASIC,
    for_source=strongest_configured(BASIC, SharedToken()),
    event_type=event_type,
    delivery_id=delivery_id,
    handlers={"contact": on_contact, "lead": on_lead},
    ignored=frozenset(name.lower() for name in RECORDS[2:]),
    kinds=KINDS,
    default_events=KINDS,
    secrets=InsightlySecrets,
    settings=InsightlySettings,
)
