"""Zendesk: solved tickets and new end users.

**Set-up.** You need an administrator's account.

1. *Admin Center → Apps and integrations → APIs → API tokens*: add a token and copy it into `api_token`; the
   e-mail address of the agent it works for is `agent_email`. Names and phone numbers are looked up with it.
2. *Apps and integrations → Webhooks → Create webhook*, with *Zendesk events*: *Ticket status changed*, and
   *User created* if new end users count. Endpoint URL: this source's URL; request method POST, format JSON;
   no authentication.
3. Once it is made, *Reveal secret*: copy the signing secret into `signing_key`. A test before that is
   signed with a secret that everybody knows and is refused.
4. Where your plan has no ticket events, choose *Trigger or automation* in step 2 instead, and add to a
   trigger (*Ticket: Status, changed to, Solved*) the action *Notify active webhook* with this JSON body:
   `{"type": "ticket.solved", "time": "{{ticket.updated_at_with_timestamp}}", "ticket_id": "{{ticket.id}}",
   "requester_id": "{{ticket.requester.id}}", "assignee_id": "{{ticket.assignee.id}}"}`

**Settings.**

- `subdomain`: required, such as `"oakstudio"` or `"oakstudio.zendesk.com"`.
- `agent_email`: required; the address of the agent whose token it is.
- `tolerance`: seconds that the signed timestamp may differ from the relay's clock (300).
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` event types that are not listed here.

**Good to know.** A solved ticket is `appointment.completed`: somebody was served; opening it again
withdraws what still waits. Its key is the ticket, so that a ticket that is solved twice enrols once; its
location is the brand, its employee the assignee. Agents and administrators are never enrolled, neither as
requesters nor as new users. Suspended users are ignored. Zendesk has one field for the name, which is split
where that is safe. A webhook serves events or triggers, not both: make two, and give both secrets as a
list.

Documentation: https://developer.zendesk.com/documentation/webhooks/verifying (confidence: verified for
signature and users; ticket events and their spelling from public captures)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from relay.kit import Asking, Connector, Ignored, Kind, Node, Reading, Request, Source
from relay.kit.lookups import basic, get, url_of
from relay.kit.proof import ISO_TIME, HmacSignature, in_header, signed_as
from relay.kit.reading import field_text, read_person
from relay.kit.settings import Field, Keys, Secrets, StampedSettings, host_under

OPEN = {"new", "open", "pending", "hold"}
TICKETS = """agent_assignment_changed brand_changed comment_added created custom_field_changed
    custom_status_changed description_changed due_at_changed external_id_changed followers_changed
    form_changed group_assignment_changed merged organization_changed permanently_deleted priority_changed
    requester_changed soft_deleted subject_changed tags_changed type_changed undeleted"""
USERS = """active_changed alias_changed custom_field_changed custom_role_changed default_group_changed deleted
    details_changed external_id_changed group_membership_created group_membership_deleted identity_changed
    identity_created identity_deleted last_login_changed merged name_changed notes_changed
    organization_membership_created organization_membership_deleted password_changed photo_changed
    role_changed suspended_changed tags_changed time_zone_changed"""


class ZendeskSecrets(Secrets):
    signing_key: Keys
    """The signing secret of the webhook."""

    api_token: Keys
    """An API token, for looking up users."""


class ZendeskSettings(StampedSettings):
    subdomain: Annotated[str, host_under("zendesk.com")]
    """The name of the account before `.zendesk.com`."""

    agent_email: Annotated[str, Field(pattern=r"^[^\s:/@]+@[^\s:/@]+$")]
    """The address of the agent whose API token it is."""


def event_type(_request: Request, event: Node) -> str:
    """`user.created`, out of `zen:event-type:user.created` or the same with a slash."""
    return event["type"].text().removeprefix("zen:event-type").strip(":/").replace("/", ".")


def on_ticket_event(event: Node, source: Source) -> Reading | Ignored | Asking:
    ticket, change = event["detail"], event.get("event")
    status = (change.get("current").text_or_none() or ticket["status"].text()).lower()
    report = Reading(
        kind=Kind.APPOINTMENT_COMPLETED,
        key=ticket["id"].text(),
        occurred_at=event["time"].time(),
        location=ticket.get("brand_id").text_or_none(),
        employee=ticket.get("assignee_id").text_or_none(),
    )
    if status == "solved":
        return with_user(ticket["requester_id"], source, report)
    if status in OPEN and (change.get("previous").text_or_none() or "").lower() == "solved":
        return replace(report, kind=Kind.APPOINTMENT_CANCELLED)
    return Ignored(f"the ticket is {status}, not solved")


def on_solved(event: Node, source: Source) -> Asking:
    """The body that a trigger sends, as the set-up page has it."""
    return with_user(
        event["requester_id"],
        source,
        Reading(
            kind=Kind.APPOINTMENT_COMPLETED,
            key=event["ticket_id"].text(),
            occurred_at=event.get("time").time_or_none(),
            employee=event.get("assignee_id").text_or_none(),
        ),
    )


def on_user(event: Node, source: Source) -> Asking:
    user_id = event["detail"]["id"]
    report = Reading(kind=Kind.CONTACT_CREATED, key=user_id.text(), occurred_at=event["time"].time())
    return with_user(user_id, source, report)


def with_user(user_id: Node, source: Source, report: Reading) -> Asking:
    """The report with its user, of whom events tell an address at most."""
    settings = source.settings
    url = url_of(f"https://{settings.subdomain}/api/v2/users", user_id)
    auth = basic(user=f"{settings.agent_email}/token", secret="api_token")  # noqa: S106  # its name
    answer = yield get(url, auth=auth)
    user = answer.body.get("user")
    if not answer.found or not user.exists:
        return Ignored("the user is no longer there", nobody=True)
    if (role := user["role"].text()) != "end-user":
        return Ignored(f"the user is one of your own: {role}")
    if user.get("suspended").flag():
        return Ignored("the user is suspended")
    person = read_person(user, email="email", full_name="name", phone="phone")
    return replace(report, people=(person,))


CONNECTOR = Connector(
    verify=HmacSignature(
        place=in_header("x-zendesk-webhook-signature", stamp="x-zendesk-webhook-signature-timestamp"),
        signed=signed_as("{timestamp}{body}"),
        encoding="base64",
        stamp=ISO_TIME,
    ),
    event_type=event_type,
    delivery_id=field_text("id"),
    handlers={
        "ticket.status_changed": on_ticket_event,
        "ticket.solved": on_solved,
        "user.created": on_user,
    },
    ignored=frozenset(
        {f"ticket.{one}" for one in TICKETS.split()} | {f"user.{one}" for one in USERS.split()}
    ),
    kinds={Kind.APPOINTMENT_COMPLETED, Kind.APPOINTMENT_CANCELLED, Kind.CONTACT_CREATED},
    default_events={Kind.APPOINTMENT_COMPLETED},
    secrets=ZendeskSecrets,
    settings=ZendeskSettings,
)
