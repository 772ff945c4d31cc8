"""Pipedrive: new and changed persons, won deals; webhooks of version 2 and version 1.

**Set-up.** You need an administrator's account: a webhook tells only what its user may see.

1. *Tools and apps → Webhooks → Create new webhook*. Event action *All*, event object *Person*; once more
   for *Deal*. Version 2 where you can choose. Endpoint URL: this source's URL.
2. HTTP Auth username and password: choose a user name and a long random password, and write both into
   `basic` as `user:password`. Without them write a random token into `url_token` instead and end the URL
   with it, `/hooks/SOURCE/TOKEN`.
3. *Personal preferences → API*: copy the API token into `access_token`. Deals name only the id of a person,
   who is looked up.
4. `company_domain` is the name before `.pipedrive.com` in the address of your account.

**Settings.**

- `company_domain`: required, such as `"oakstudio"` or `"oakstudio.pipedrive.com"`.
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` event types that are not listed here.

**Good to know.** A deal counts when its status turns to won; other changes of a won deal do not. It enrols
its contact person, not its participants. Whoever has the marketing status *unsubscribed* is left alone. A
merge of two persons is a deletion and a change. Imports and bulk edits arrive as a flood. Pipedrive waits
10 s and repeats after 3, 30 and 150 s; it pauses a webhook for 30 minutes after ten failures and deletes it
after three days without success. It follows no redirects.

Documentation: https://pipedrive.readme.io/docs/guide-for-webhooks-v2 (confidence: verified for events and
persons of version 2; version 1 and its duplicates from public captures)
"""

from __future__ import annotations

from typing import Annotated

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.lookups import fetched, get, key_in_header, url_of
from relay.kit.proof import BasicAuth, SharedToken, strongest_configured
from relay.kit.reading import CONTACTS, first_of, primary, unwrapped
from relay.kit.settings import Keys, OptionalKeys, Secrets, Settings, host_under

ACTIONS = {"added": "create", "updated": "change", "deleted": "delete", "merged": "merge"}
OBJECTS = ("activity", "activityType", "board", "deal", "deal_installment", "deal_product", "lead", "note")
OTHERS = ("organization", "person", "phase", "pipeline", "product", "project", "stage", "task", "user")


class PipedriveSecrets(Secrets):
    basic: OptionalKeys = ()
    """`user:password` of the webhook's HTTP Auth."""

    url_token: OptionalKeys = ()
    """The token at the end of the endpoint URL, where there is no HTTP Auth."""

    access_token: Keys
    """The API token, for looking up the person of a deal."""


class PipedriveSettings(Settings):
    company_domain: Annotated[str, host_under("pipedrive.com")]
    """The name of the account before `.pipedrive.com`."""


def event_type(_request: Request, event: Node) -> str | None:
    """The name of version 2 also for version 1, whose words differ: `added.person` is `create.person`."""
    meta = event["meta"]
    action = meta["action"].text()
    subject = meta.get("entity").text_or_none() or meta["object"].text()
    return f"{ACTIONS.get(action, action)}.{subject}"


def delivery_id(_request: Request, event: Node) -> str | None:
    meta = event["meta"]
    if meta.get("entity").exists:
        shown = meta.get("id").text_or_none()
        # Some samples show the record's number there, which every event of the record shares.
        return shown if shown != meta.get("entity_id").text_or_none() else None
    names = ("webhook_id", "action", "object", "id", "timestamp_micro")
    return "-".join(meta.get(name).text_or_none() or "" for name in names)


def current(event: Node) -> Node:
    return first_of(event.get("data"), event.get("current"))


def id_of(reference: Node) -> str | None:
    """A number, or an object with the number in `value`, as the older API has it."""
    return unwrapped(reference, "value").text_or_none()


def person_in(record: Node) -> Person:
    emails, phones = (first_of(record.get(f"{name}s"), record.get(name)) for name in ("email", "phone"))
    return Person(
        email=primary(emails).get("value").text_or_none(),
        first_name=record.get("first_name").text_or_none(),
        last_name=record.get("last_name").text_or_none(),
        full_name=record.get("name").text_or_none(),
        phone=primary(phones).get("value").text_or_none(),
        unsubscribed=record.get("marketing_status").text_or_none() == "unsubscribed",
    )


def on_person(event: Node, _source: Source) -> Reading:
    record = current(event)
    created = event["meta"]["action"].text() in ("create", "added")
    return Reading(
        kind=Kind.CONTACT_CREATED if created else Kind.CONTACT_UPDATED,
        key=record["id"].text(),
        occurred_at=event["meta"]["timestamp"].time(),
        people=(person_in(record),),
        employee=id_of(record.get("owner_id")),
    )


def on_deal(event: Node, source: Source) -> Asking | Ignored:
    deal, before = current(event), event.get("previous")
    if (status := deal["status"].text()) != "won":
        return Ignored(f"the deal is {status}, not won")
    if before.exists and before.get("status").text_or_none() in (None, "won"):
        return Ignored("the deal was won before")
    return on_won(event, deal, source)


def on_won(event: Node, deal: Node, source: Source) -> Asking:
    person_id = id_of(deal.get("person_id"))
    if person_id is None:
        return Ignored("the deal has no contact person", nobody=True)
    url = url_of(f"https://{source.settings.company_domain}/api/v2/persons", person_id)
    body = yield from fetched(
        get(url, auth=key_in_header("x-api-token")),
        "the contact person of the deal is no longer there",
        nobody=True,
    )
    return Reading(
        kind=Kind.DEAL_WON,
        key=deal["id"].text(),
        occurred_at=event["meta"]["timestamp"].time(),
        people=(person_in(body["data"]),),
        employee=id_of(deal.get("owner_id")) or id_of(deal.get("user_id")),
    )


HANDLERS = {
    "create.person": on_person,
    "change.person": on_person,
    "create.deal": on_deal,
    "change.deal": on_deal,
}

CONNECTOR = Connector(
    verify=BasicAuth(),
    for_source=strongest_configured(BasicAuth(), SharedToken()),
    event_type=event_type,
    delivery_id=delivery_id,
    handlers=HANDLERS,
    ignored=frozenset(f"{action}.{one}" for action in ACTIONS.values() for one in (*OBJECTS, *OTHERS))
    - HANDLERS.keys(),
    kinds=CONTACTS | {Kind.DEAL_WON},
    default_events={Kind.CONTACT_CREATED, Kind.DEAL_WON},
    secrets=PipedriveSecrets,
    settings=PipedriveSettings,
)
