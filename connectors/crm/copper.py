"""Copper: new people and leads, won opportunities.

**Set-up.** Copper has no page for webhooks; each is made with one call to its API.

1. *Settings → Integrations → API Keys → Generate API Key*: copy it into `access_token`, and write the
   address of the user who made it into the setting `user_email`. Copper wants both for every look-up.
2. Make a long random text (`openssl rand -hex 32`) and put it into `url_token`: Copper does not sign.
3. For each of `person`/`new`, `lead`/`new` and `opportunity`/`update` that you want: `POST
   https://api.copper.com/developer_api/v1/webhooks` with `X-PW-AccessToken`, `X-PW-Application:
   developer_api`, `X-PW-UserEmail` and the JSON `{"target": <this source's URL without a token>, "type":
   "person", "event": "new", "headers": {"X-Relay-Token": <the random text>}}`. Where headers cannot be set,
   the token may be the last part of the URL instead.

**Good to know.** Copper reports up to 30 ids in a call, each of which is read once; an opportunity counts
when its status becomes Won, with its primary contact and its assignee as employee. The first address counts,
of several phone numbers the first valid one; set `default_region`. *Copper never repeats a delivery*: what it
sends while the relay is down is lost.

- `user_email`: the user of the API key. `default_region`, `unknown_events`: as for every source.

Documentation: https://developer.copper.com/webhooks/overview.html (confidence: verified for deliveries,
medium for the records that are looked up)
"""

from __future__ import annotations

from collections.abc import Iterator

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Source
from relay.kit.lookups import Answer, LookUp, get, key_in_header, url_of
from relay.kit.proof import AnyOf, SharedToken
from relay.kit.reading import all_texts, field_texts, words
from relay.kit.settings import Annotated, Field, Keys, Secrets, Settings

API = "https://api.copper.com/developer_api/v1"


class CopperSecrets(Secrets):
    url_token: Keys
    """The text in the header X-Relay-Token of the webhook, or at the end of its URL."""

    access_token: Keys
    """API key, for looking people up."""


class CopperSettings(Settings):
    user_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    """The address of the user whom the API key belongs to."""


def split(root: Node) -> Iterator[Node]:
    return (root.having(id=item) for item in root["ids"].each())


def record(source: Source, family: str, record_id: Node) -> LookUp:
    headers = {"x-pw-application": "developer_api", "x-pw-useremail": source.settings.user_email}
    return get(url_of(API, family, record_id), auth=key_in_header("x-pw-accesstoken"), headers=headers)


def on_person(event: Node, source: Source) -> Asking:
    answer = yield record(source, "people", event["id"])
    return created(event, answer)


def on_lead(event: Node, source: Source) -> Asking:
    answer = yield record(source, "leads", event["id"])
    return created(event, answer)


def created(event: Node, answer: Answer) -> Reading | Ignored:
    if not answer.found:
        return Ignored("the record is no longer there: merged, converted or deleted")
    # Ids of people and of leads are counted apart.
    family = event["type"].text()
    key = event["id"].text() if family == "person" else f"{family} {event['id'].text()}"
    return Reading(
        kind=Kind.CONTACT_CREATED,
        key=key,
        occurred_at=event.get("timestamp").time_or_none(),
        people=(person(answer.body),),
        employee=answer.body.get("assignee_id").text_or_none(),
    )


def on_opportunity(event: Node, source: Source) -> Asking | Ignored:
    status = list(event.get("updated_attributes", "status").each())
    if not status or (status[-1].text_or_none() or "").lower() != "won":
        return Ignored("the opportunity did not become Won")
    return on_won(event, source)


def on_won(event: Node, source: Source) -> Asking:
    found = yield record(source, "opportunities", event["id"])
    contact = found.body.get("primary_contact_id") if found.found else Node(None)
    if not contact.exists:
        return Ignored("the opportunity has no primary contact", nobody=True)
    answer = yield record(source, "people", contact)
    return Reading(
        kind=Kind.DEAL_WON,
        key=event["id"].text(),
        occurred_at=event.get("timestamp").time_or_none(),
        people=(person(answer.body),) if answer.found else (),
        employee=found.body.get("assignee_id").text_or_none(),
    )


def person(found: Node) -> Person:
    """People have lists of addresses, leads one object."""
    address = found.get("emails").first() if found.get("emails").exists else found.get("email")
    return Person(
        email=address.get("email").text_or_none(),
        first_name=found.get("first_name").text_or_none(),
        last_name=found.get("last_name").text_or_none(),
        full_name=found.get("name").text_or_none(),
        phone=all_texts(*(number.get("number") for number in found.get("phone_numbers").each())),
        country=found.get("address", "country").text_or_none(),
    )


CONNECTOR = Connector(
    verify=AnyOf(SharedToken(header="x-relay-token"), SharedToken()),
    event_type=field_texts("type", "event", joint="."),
    delivery_id=field_texts("subscription_id", "event", "id", "timestamp"),
    split=split,
    handlers={"person.new": on_person, "lead.new": on_lead, "opportunity.update": on_opportunity},
    ignored=words("""
        person.update person.delete lead.update lead.delete opportunity.new opportunity.delete
        activity_log.* company.* project.* task.*
    """),
    kinds={Kind.CONTACT_CREATED, Kind.DEAL_WON},
    default_events={Kind.CONTACT_CREATED, Kind.DEAL_WON},
    secrets=CopperSecrets,
    settings=CopperSettings,
)
