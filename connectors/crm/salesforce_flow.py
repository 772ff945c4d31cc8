"""Salesforce Flow: the action "HTTP callout", or a callout in Apex. (Outbound Messages: see `salesforce`.)

**Set-up.** A flow decides what happened and posts it as JSON, with a token that Salesforce keeps.

1. Make a long random token (`openssl rand -hex 32`) and write it into `token`.
2. *Setup → Named Credentials → External Credentials → New*, protocol *Custom*, with a principal that has
   the parameter `Token`; add the custom header `Authorization` with the value `{!'Bearer ' &
   $Credential.Relay.Token}`, where `Relay` is the credential's name. (With protocol *Basic* instead, write
   `user:password` into `basic`.) Let the flow's running user have the principal through a permission set.
3. *Named Credentials → New*: URL = the relay's address, that external credential, *Generate Authorization
   Header* off.
4. In Flow Builder *Action → Create HTTP Callout*: that named credential; method POST; URL path
   `/hooks/SOURCE`. Sample request: `{"event": "deal.won", "Id": "006xx", "Email": "ana@example.com",
   "FirstName": "Ana", "LastName": "Reyes", "Phone": "x", "MobilePhone": "x", "HasOptedOutOfEmail": false,
   "OwnerId": "005xx", "OccurredAt": "2026-03-01T12:00:00.000Z", "EndsAt": "2026-03-01T12:30:00.000Z",
   "Location": "x", "DeliveryId": "x"}`. Sample response: `{"status": "accepted"}`.
5. Fill the fields from your record; for `DeliveryId` take `{!$Flow.InterviewGuid}`. A callout has to run in
   the asynchronous path of a record-triggered flow.

**The body.** `event` is one of `appointment.booked`, `appointment.completed`, `appointment.cancelled`,
`appointment.no_show`, `purchase.completed`, `purchase.refunded`, `contact.created`, `contact.updated`,
`deal.won`, `form.submitted`. `Id` is the record that it is about, the same when it is withdrawn. Leave out
what you do not have; an object, a list of objects, or `{"records": […]}`.

**Settings.**

- `event`: what a body without `event` means (`"contact.updated"`).
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: has no effect here: a body with another `event` is parked.

**Good to know.** Salesforce does not repeat a callout: a fault path of the flow sees what failed. The
fields of a record keep Salesforce's names, so that a whole Contact, Lead or person account may be posted as
well.

Documentation: https://help.salesforce.com/s/articleView?id=platform.flow_http_callout_configuring.htm
(confidence: best effort)
"""

from __future__ import annotations

from collections.abc import Iterable

from relay.kit import Connector, Kind, Node, Person, Reading, Request, Source, Unreadable
from relay.kit.proof import BasicAuth, SharedToken, strongest_configured
from relay.kit.reading import all_texts, field_text, first_text
from relay.kit.replies import json_reply
from relay.kit.settings import OptionalKeys, Secrets, Settings

BEARER = SharedToken(header="authorization", prefix="Bearer ", secret="token")  # noqa: S106  # its name
DATES = ("OccurredAt", "LastModifiedDate", "SystemModstamp", "CreatedDate")


class FlowSecrets(Secrets):
    token: OptionalKeys = ()
    """The token that the named credential sends as bearer."""

    basic: OptionalKeys = ()
    """`user:password`, where the named credential uses HTTP Basic."""


class FlowSettings(Settings):
    event: Kind = Kind.CONTACT_UPDATED
    """What a body without `event` means."""


def records(root: Node) -> Iterable[Node]:
    listed = root.get("records") if isinstance(root.raw, dict) else root
    return listed.each() if listed.exists else (root,)


def kind_of(event: Node, source: Source) -> Kind:
    given = event.get("event")
    if not given.exists:
        return Kind(source.settings.event)
    if given.text() not in {kind.value for kind in Kind}:
        raise Unreadable("is none of the events of the set-up page", given.path)
    return Kind(given.text())


def delivery_id(_request: Request, event: Node) -> str | None:
    """An interview may post several records, and say several things of one."""
    parts = [event.get(name).text_or_none() or "" for name in ("DeliveryId", "event", "Id")]
    return "-".join(parts) if parts[0] else None


def on_record(event: Node, source: Source) -> Reading:
    person = Person(
        email=first_text(event.get("Email"), event.get("PersonEmail")),
        first_name=event.get("FirstName").text_or_none(),
        last_name=event.get("LastName").text_or_none(),
        full_name=event.get("Name").text_or_none(),
        phone=all_texts(event.get("MobilePhone"), event.get("PersonMobilePhone"), event.get("Phone")),
        unsubscribed=event.get("HasOptedOutOfEmail").flag() or event.get("PersonHasOptedOutOfEmail").flag(),
    )
    dates = (event.get(name) for name in DATES)
    return Reading(
        kind=kind_of(event, source),
        key=event["Id"].text(),
        occurred_at=next((date.time() for date in dates if date.text_or_none()), None),
        ends_at=event.get("EndsAt").time_or_none(),
        people=(person,),
        location=event.get("Location").text_or_none(),
        employee=event.get("OwnerId").text_or_none(),
    )


CONNECTOR = Connector(
    verify=BEARER,
    for_source=strongest_configured(BEARER, BasicAuth()),
    split=records,
    event_type=field_text("event"),
    delivery_id=delivery_id,
    handlers={"*": on_record},
    kinds=frozenset(Kind),
    methods={"POST", "PUT"},
    reply=lambda _request: json_reply({"status": "accepted"}),
    default_events=frozenset(kind for kind in Kind if not kind.withdraws),
    secrets=FlowSecrets,
    settings=FlowSettings,
)
