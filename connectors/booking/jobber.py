"""Jobber: visits completed and planned, jobs closed, and new clients.

**Set-up.** Make an app of your own in Jobber's Developer Center (developer.getjobber.com → *Apps → New*).

1. Scopes: read access to *Clients* and *Jobs*, to which visits belong. Switch *Refresh token rotation* off,
   so that the token that you give to the relay stays valid; an app that is not published may do so.
2. *Webhooks*: each topic has its URL; take this source's for all. `VISIT_COMPLETE` is enough; add
   `VISIT_CREATE`, `VISIT_UPDATE` and `VISIT_DESTROY` for routes that take booked visits, `CLIENT_CREATE` and
   `CLIENT_UPDATE` for clients. `JOB_CLOSED` is instead of visits, not beside them: a job has another id.
3. Copy the app's *Client secret* into `signing_key`, with which Jobber signs, and its *Client ID* into the
   setting `client_id`.
4. Connect the app to your account by its authorization address, exchange the code that comes back at
   `https://api.getjobber.com/api/oauth/token`, and write the refresh token that you get into `refresh_token`.

**Settings.**

- `account_id`: the account whose events are taken, as `accountId` in a delivery shows it; left out, those of
  every account that the app is connected to.
- `api_version`: the version of Jobber's API (`"2025-04-16"`). Versions end: see the changelog there.

**Good to know.** Deliveries hold ids alone; the relay asks Jobber for each visit, job or client, and for the
primary address. Set `default_region` for phone numbers. The first assigned user is given as `employee`.
Jobber wants an answer within a second, sends at least once, and may switch off apps that fail.

Documentation: https://developer.getjobber.com/docs/using_jobbers_api/setting_up_webhooks (confidence:
verified; JOB_CLOSED from public receivers)
"""

from __future__ import annotations

from dataclasses import replace

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.lookups import LookUp, data_of, graphql, refresh_token
from relay.kit.proof import FromAccount, HmacSignature, in_header
from relay.kit.reading import field_text, first_of, first_text, primary, words
from relay.kit.settings import Annotated, Field, Keys, Secrets, Settings

API = "https://api.getjobber.com/api"
PERSON = """firstName lastName companyName isCompany emails { address primary }
phones { number normalizedPhoneNumber primary smsAllowed }"""
FIELDS = {
    "client": PERSON,
    "job": f"client {{ {PERSON} }}",
    "visit": f"endAt visitStatus assignedUsers {{ nodes {{ id }} }} client {{ {PERSON} }}",
}


ITEMS = {
    "VISIT_COMPLETE": ("visit", Kind.APPOINTMENT_COMPLETED),
    "VISIT_CREATE": ("visit", Kind.APPOINTMENT_BOOKED),
    "VISIT_UPDATE": ("visit", Kind.APPOINTMENT_BOOKED),
    "JOB_CLOSED": ("job", Kind.APPOINTMENT_COMPLETED),
    "CLIENT_CREATE": ("client", Kind.CONTACT_CREATED),
    "CLIENT_UPDATE": ("client", Kind.CONTACT_UPDATED),
}


class JobberSecrets(Secrets):
    signing_key: Keys
    """The app's client secret."""

    refresh_token: Keys
    """A refresh token of the connected account, from an app without refresh token rotation."""


class JobberSettings(Settings):
    client_id: Annotated[str, Field(min_length=1)]
    """The app's client id."""

    account_id: str | None = None
    """The account whose events are taken; left out, every account that the app is connected to."""

    api_version: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] = "2025-04-16"
    """The version of Jobber's API that look-ups name."""


def on_item(event: Node, source: Source) -> Asking:
    """A visit, job or client as it is by now."""
    name, kind = ITEMS[topic_of(event)]
    answer = yield look_up(name, event, source.settings)
    item = data_of(answer).get(name)
    if not item.exists:
        return Ignored(f"the {name} is no longer there")
    ends_at = item.get("endAt").time_or_none()
    if kind is Kind.APPOINTMENT_BOOKED and item.get("visitStatus").text_or_none() == "COMPLETED":
        kind = Kind.APPOINTMENT_COMPLETED
    if kind is Kind.APPOINTMENT_BOOKED and ends_at is None:
        return Ignored("the visit has no time yet")
    people = (person(item if name == "client" else item["client"]),)
    employee = item.get("assignedUsers", "nodes", 0, "id").text_or_none()
    return replace(about(event, kind), ends_at=ends_at, people=people, employee=employee)


def on_visit_destroyed(event: Node, _source: Source) -> Reading:
    return about(event, Kind.APPOINTMENT_CANCELLED)


def look_up(name: str, event: Node, settings: JobberSettings) -> LookUp:
    url = f"{API}/oauth/token"
    token = refresh_token(url, client_id=settings.client_id, secret="signing_key")  # noqa: S106  # its name
    query = f"query($id: EncodedId!) {{ {name}(id: $id) {{ {FIELDS[name]} }} }}"
    version = {"x-jobber-graphql-version": settings.api_version}
    return graphql(f"{API}/graphql", query, {"id": event["itemId"].text()}, auth=token, headers=version)


def about(event: Node, kind: Kind) -> Reading:
    """Jobber's own spelling of the time has one `r`."""
    moment = first_of(event.get("occuredAt"), event.get("occurredAt"))
    return Reading(kind=kind, key=event["itemId"].text(), occurred_at=moment.time())


def person(client: Node) -> Person:
    phone = primary(client.get("phones"))
    return Person(
        email=primary(client.get("emails")).get("address").text_or_none(),
        first_name=client.get("firstName").text_or_none(),
        last_name=client.get("lastName").text_or_none(),
        phone=first_text(phone.get("normalizedPhoneNumber"), phone.get("number")),
    )


def topic_of(event: Node) -> str:
    return event["topic"].text()


def delivery_id(_request: Request, event: Node) -> str | None:
    moment = first_text(event.get("occuredAt"), event.get("occurredAt"))
    return f"{topic_of(event)} {event['itemId'].text()} {moment}" if moment else None


CONNECTOR = Connector(
    verify=FromAccount(
        verifier=HmacSignature(place=in_header("x-jobber-hmac-sha256"), encoding="base64"),
        account=lambda root: root.get("data", "webHookEvent", "accountId").text_or_none(),
        setting="account_id",
    ),
    event_type=field_text("topic"),
    delivery_id=delivery_id,
    split=lambda root: (root["data"]["webHookEvent"],),
    handlers={**dict.fromkeys(ITEMS, on_item), "VISIT_DESTROY": on_visit_destroyed},
    ignored=words("""
        APP_* CLIENT_DESTROY EXPENSE_* INVOICE_* JOB_CREATE JOB_UPDATE JOB_DESTROY PAYMENT_* PAYOUT_*
        PROPERTY_* QUOTE_* REQUEST_*
    """),
    kinds={*(kind for _, kind in ITEMS.values()), Kind.APPOINTMENT_CANCELLED},
    default_events={Kind.APPOINTMENT_COMPLETED},
    secrets=JobberSecrets,
    settings=JobberSettings,
)
