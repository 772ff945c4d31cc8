"""HubSpot workflow: the action "Send a webhook", for accounts without webhooks of an app.

**Set-up.** In *Automation → Workflows*, in a workflow over contacts, add the action *Send a webhook*.

1. Method POST, URL = this source's URL, authentication *Include request signature in header* with the id of
   any app of yours; copy that app's client secret into `signing_key`. Without an app choose *API key*
   instead: a long random text that is also `url_token`, as the request header `x-relay-token` or the query
   parameter `token`. Whoever sees it can use it; with a `signing_key` only signatures count.
2. *Request body*: all properties; or a choice of email, firstname, lastname, phone, mobilephone, the record
   ID and the last modified date.
3. The source's `public_url` must be the URL of the action to the letter: HubSpot signs it.

**Settings.**

- `kind`: what reaching this step means: `"contact.updated"` (default), `"contact.created"`, `"deal.won"`,
  `"form.submitted"`, `"purchase.completed"` or `"appointment.completed"`.
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` bodies that are not a contact's record.

**Good to know.** There is no delivery id: a body that comes again unchanged is the same delivery. With
`"contact.updated"` each change of the record counts, with the other kinds a contact counts once for each
sequence, however often the workflow runs; one that was merged counts under its present id. The v2 signature
covers no time; a delivery sent again by whoever saw it is therefore recognised by its body alone. A
workflow over deals carries no contact: use `hubspot`. Whoever unsubscribed from all e-mail
(`hs_email_optout`) is left alone. HubSpot waits 30 s, repeats for three days, takes 4xx for final and
honours 429.

Documentation: https://knowledge.hubspot.com/workflows/how-do-i-use-webhooks-with-hubspot-workflows
(confidence: from public captures; the signature by SDK test vectors)
"""

from __future__ import annotations

import hashlib
from typing import Literal, get_args

from relay.kit import Connector, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import AnyOf, Claim, HmacSignature, SharedToken, as_sent, in_header, strongest_configured
from relay.kit.settings import OptionalKeys, Secrets, Settings

IDS = ("canonical-vid", "vid", "hs_object_id", "objectId", "id")
Meaning = Literal[
    "contact.updated",
    "contact.created",
    "deal.won",
    "form.submitted",
    "purchase.completed",
    "appointment.completed",
]
KINDS = frozenset(map(Kind, get_args(Meaning)))


class WorkflowSecrets(Secrets):
    signing_key: OptionalKeys = ()
    """The client secret of the app whose id the action names."""

    url_token: OptionalKeys = ()
    """The API key of the action, where there is no app."""


class WorkflowSettings(Settings):
    kind: Meaning = "contact.updated"
    """What reaching this step of the workflow means."""


def signed_v2(request: Request, _claim: Claim) -> bytes:
    return as_sent(request.method + request.url) + request.body


def record_id(event: Node) -> str | None:
    return next((text for name in IDS if (text := event.get(name).text_or_none())), None)


def event_type(_request: Request, event: Node) -> str | None:
    if event.get("dealId").exists:
        return "deal"
    return "contact" if record_id(event) else None


def delivery_id(request: Request, _event: Node) -> str:
    """HubSpot gives none: a body that comes again unchanged is the same delivery."""
    return hashlib.sha256(request.body).hexdigest()


def found(record: Node, name: str) -> Node:
    """A property, which stands there as it is or as `{"value": …}` beside its history."""
    given = record.get(name)
    return given.get("value") if isinstance(given.raw, dict) else given


def value(record: Node, name: str) -> str | None:
    return found(record, name).text_or_none()


def on_contact(event: Node, source: Source) -> Reading:
    record = event.get("properties") if event.get("properties").exists else event
    numbers = (value(record, name) for name in ("mobilephone", "phone"))
    changed = value(record, "lastmodifieddate") or value(record, "hs_lastmodifieddate")
    who = Person(
        email=value(record, "email"),
        first_name=value(record, "firstname"),
        last_name=value(record, "lastname"),
        phone="; ".join(number for number in numbers if number),
        unsubscribed=found(record, "hs_email_optout").flag(),
    )
    return Reading(
        kind=Kind(source.settings.kind),
        key=record_id(event) or event["vid"].text(),
        occurred_at=Node(changed, f"{record.path}.lastmodifieddate").time_or_none(),
        people=(who,),
        employee=value(record, "hubspot_owner_id"),
    )


SIGNATURE = HmacSignature(place=in_header("x-hubspot-signature"), signed=signed_v2, keyed="key_then_text")
API_KEY = AnyOf(SharedToken(header="x-relay-token"), SharedToken())

CONNECTOR = Connector(
    verify=SIGNATURE,
    for_source=strongest_configured(SIGNATURE, API_KEY),
    event_type=event_type,
    delivery_id=delivery_id,
    handlers={"contact": on_contact},
    ignored={"deal"},
    kinds=KINDS,
    default_events=KINDS,
    secrets=WorkflowSecrets,
    settings=WorkflowSettings,
)
