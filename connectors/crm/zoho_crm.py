"""Zoho CRM: new and changed contacts and leads, won deals (notifications API).

**Set-up.** You need an administrator's account. For webhooks of workflow rules use `generic`.

1. At api-console.zoho.com (your data centre's) add a *Self Client*: its client id is `client_id`, its
   client secret goes into `client_secret`. Generate a code with the scopes `ZohoCRM.modules.contacts.READ`,
   `ZohoCRM.modules.leads.READ`, `ZohoCRM.modules.deals.READ` and `ZohoCRM.notifications.ALL`, and exchange
   it at `https://accounts.zoho.com/oauth/v2/token` (grant type `authorization_code`) for a refresh token:
   `refresh_token`.
2. Make up a random text of up to 50 characters: it goes into `body_token` and into the next call.
3. `POST https://www.zohoapis.com/crm/v8/actions/watch` with `{"watch": [{"channel_id": "1000000068001",
   "events": ["Contacts.create", "Leads.create", "Deals.edit"], "notify_url": <the source's URL>, "token":
   <the text>, "channel_expiry": "2026-03-08T12:00:00+00:00"}]}`.
4. *Channels end*: after an hour where nothing is said, after a week at the latest. Let a scheduled job
   repeat the call (`PUT`, the same body, a new expiry) once a day; the relay does not. Without it Zoho
   falls silent.

**Settings.**

- `client_id`: required; of the Self Client.
- `data_center`: the end of your Zoho address: `"com"` (default), `"eu"`, `"in"`, `"com.au"`, `"jp"`,
  `"ca"`, `"sa"`, `"uk"`, `"com.cn"`.
- `won_stages`: stages of a deal that mean "won" (`["Closed Won"]`).
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` other modules.

**Good to know.** A notification holds ids and no address; records are looked up, 100 in a call. The token in
the body is the only proof. A deal enrols its contact once, when its stage means won: so does an edit of a
deal that was won long ago, unless the channel has a `notification_condition` for *Stage*. Whoever opted out
of e-mail is left alone. How long Zoho repeats is not documented.

Documentation: https://www.zoho.com/crm/developer/docs/api/v8/notifications/enable.html (confidence: verified
for notifications and records)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Annotated, Literal

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.lookups import Answer, BatchRead, refresh_token
from relay.kit.proof import BodyToken
from relay.kit.reading import CONTACTS, field_texts, read_person
from relay.kit.settings import Field, Keys, Secrets, Settings

PERSON_FIELDS = "Email,Secondary_Email,First_Name,Last_Name,Full_Name,Phone,Mobile,Email_Opt_Out,Owner"
DEAL_FIELDS = "Stage,Contact_Name,Owner,Deal_Name"
OPERATIONS = {"create": "insert", "edit": "update"}


class ZohoSecrets(Secrets):
    body_token: Keys
    """The `token` of the channel."""

    client_secret: Keys
    """The client secret of the Self Client."""

    refresh_token: Keys
    """The refresh token."""


class ZohoSettings(Settings):
    client_id: Annotated[str, Field(min_length=1)]
    """The client id of the Self Client."""

    data_center: Literal["com", "eu", "in", "com.au", "jp", "ca", "sa", "uk", "com.cn"] = "com"
    """Where the account lives: the end of its address."""

    won_stages: frozenset[str] = frozenset({"Closed Won"})
    """Stages of a deal that mean "won"."""


def notices(root: Node) -> Iterable[Node]:
    """One for each id: the notification with the id of its record."""

    return [root.having(id=one) for one in root["ids"].each()]


def event_type(_request: Request, event: Node) -> str:
    operation = event["operation"].text().lower()
    return f"{event['module'].text()}.{OPERATIONS.get(operation, operation)}"


def ask_people(ids: Sequence[str]) -> dict[str, str]:
    return {"ids": ",".join(ids), "fields": PERSON_FIELDS}


def ask_deals(ids: Sequence[str]) -> dict[str, str]:
    return {"ids": ",".join(ids), "fields": DEAL_FIELDS}


def is_later(error: Node) -> bool:
    """Too many tokens in a short time are refused with a 400 of these words, which says so in words alone."""
    return error.get("error").text_or_none() == "Access Denied"


def read(module: str, record_id: str, settings: ZohoSettings) -> BatchRead:
    """A record of a module, up to 100 in one call; `record_in` finds it in the answer."""
    center = settings.data_center
    accounts = "accounts.zohocloud.ca" if center == "ca" else f"accounts.zoho.{center}"
    token = refresh_token(
        f"https://{accounts}/oauth/v2/token",
        client_id=settings.client_id,
        prefix="Zoho-oauthtoken ",
        later=is_later,
    )
    body = ask_deals if module == "Deals" else ask_people
    return BatchRead(f"https://www.zohoapis.{center}/crm/v8/{module}", record_id, body, token, method="GET")


def record_in(answer: Answer, record_id: str) -> Node:
    """The record, which does not exist where Zoho has none: its answer is empty then."""
    records = answer.body.get("data").each() if answer.found else ()
    return next((one for one in records if one["id"].text() == record_id), Node(None, "answer"))


def person_in(record: Node) -> Person:
    return read_person(
        record,
        email=("Email", "Secondary_Email"),
        first_name="First_Name",
        last_name="Last_Name",
        full_name="Full_Name",
        phone=("Mobile", "Phone"),
        unsubscribed="Email_Opt_Out",
    )


def on_person(kind: Kind, event: Node, source: Source) -> Asking:
    record_id, happened_at = event["id"].text(), event["server_time"].time()
    record = record_in((yield read(event["module"].text(), record_id, source.settings)), record_id)
    if not record.exists:
        return Ignored("the record is no longer there: merged, converted or deleted")
    return Reading(
        kind=kind,
        key=record_id,
        occurred_at=happened_at,
        people=(person_in(record),),
        employee=record.get("Owner", "id").text_or_none(),
    )


def on_deal(event: Node, source: Source) -> Asking:
    deal_id, happened_at = event["id"].text(), event["server_time"].time()
    deal = record_in((yield read("Deals", deal_id, source.settings)), deal_id)
    if deal.get("Stage").text_or_none() not in source.settings.won_stages:
        return Ignored("the deal is in a stage that is not in settings.won_stages")
    contact_id = deal.get("Contact_Name", "id").text_or_none()
    if contact_id is None:
        return Ignored("the deal has no contact", nobody=True)
    record = record_in((yield read("Contacts", contact_id, source.settings)), contact_id)
    if not record.exists:
        return Ignored("the contact of the deal is no longer there", nobody=True)
    return Reading(
        kind=Kind.DEAL_WON,
        key=deal_id,
        occurred_at=happened_at,
        people=(person_in(record),),
        employee=deal.get("Owner", "id").text_or_none(),
    )


CONNECTOR = Connector(
    verify=BodyToken(path=("token",)),
    split=notices,
    event_type=event_type,
    delivery_id=field_texts("channel_id", "operation", "id", "server_time", joint="-"),
    handlers={
        "Contacts.insert": partial(on_person, Kind.CONTACT_CREATED),
        "Contacts.update": partial(on_person, Kind.CONTACT_UPDATED),
        "Leads.insert": partial(on_person, Kind.CONTACT_CREATED),
        "Leads.update": partial(on_person, Kind.CONTACT_UPDATED),
        "Deals.insert": on_deal,
        "Deals.update": on_deal,
    },
    ignored={"Contacts.delete", "Leads.delete", "Deals.delete"},
    kinds=CONTACTS | {Kind.DEAL_WON},
    default_events={Kind.CONTACT_CREATED, Kind.DEAL_WON},
    secrets=ZohoSecrets,
    settings=ZohoSettings,
)
