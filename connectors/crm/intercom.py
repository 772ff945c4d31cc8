"""Intercom: closed conversations, new and changed contacts.

**Set-up.** In the Developer Hub (app.intercom.com, *Settings → Integrations → Developer Hub*) make an app
for your workspace.

1. *Authentication*: copy the access token into `access_token`; a conversation names only ids, so its
   contacts are looked up. The app needs the permissions to read conversations and to read users and
   companies.
2. *Basic information*: copy the client secret into `signing_key`, and start the relay.
3. *Webhooks*: Endpoint URL = this source's URL. Topics: `conversation.admin.closed`,
   `conversation.admin.opened`, and for new contacts `contact.user.created`, `contact.lead.created`,
   `contact.lead.added_email`, `contact.lead.signed_up`; if changes count, `contact.user.updated` and
   `contact.email.updated`.
4. *Send a test request* must then show up as ignored (`ping`), not as refused.

**Settings.**

- `region`: where the workspace is hosted: `"us"` (default), `"eu"` or `"au"`.
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` topics that are not listed here.

**Good to know.** A conversation that an admin closes is `appointment.completed`: somebody was served. Its
key is the conversation, so that closing it again enrols nobody twice, and its employee the admin who had
it. Leads often have no address at first; they count once they have one, under the same key. Whoever
unsubscribed from e-mails or marked one as spam is left alone. Intercom has one field for the name,
which is split where that is safe. The signature is HMAC-SHA1 and covers no time; the notification's id
tells what was sent before. Intercom waits 5 s and then repeats. An app has one address for all topics.

Documentation: https://developers.intercom.com/docs/webhooks (confidence: high for signature, envelope and
contacts; conversations from the API's description)
"""

from __future__ import annotations

from typing import Literal

from relay.kit import (
    Asking,
    Connector,
    Handler,
    HmacSignature,
    Ignored,
    Keys,
    Kind,
    Node,
    Person,
    Reading,
    Request,
    Secrets,
    Settings,
    Source,
    answers,
    bearer,
    field_text,
    first_text,
    get,
    in_header,
    url_of,
)

HOSTS = {"us": "api.intercom.io", "eu": "api.eu.intercom.io", "au": "api.au.intercom.io"}
VERSION = {"intercom-version": "2.11"}
MOST_CONTACTS = 10
UNSUBSCRIBED = ("unsubscribed_from_emails", "marked_email_as_spam")
# What version 1 of the API calls a contact is a lead.
OLD_NAMES = {
    "contact.added_email": "contact.lead.added_email",
    "contact.created": "contact.lead.created",
    "contact.signed_up": "contact.lead.signed_up",
    "user.created": "contact.user.created",
    "user.deleted": "contact.deleted",
    "user.email.updated": "contact.email.updated",
    "user.unsubscribed": "contact.unsubscribed",
}


class IntercomSecrets(Secrets):
    signing_key: Keys
    """The app's client secret."""

    access_token: Keys
    """The app's access token, for looking up the contacts of a conversation."""


class IntercomSettings(Settings):
    region: Literal["us", "eu", "au"] = "us"
    """Where the workspace is hosted."""


def event_type(_request: Request, event: Node) -> str | None:
    topic = event.get("topic").text_or_none()
    return OLD_NAMES.get(topic, topic) if topic else None


def person_in(contact: Node) -> Person:
    country = contact.get("location", "country_code").text_or_none()
    return Person(
        email=contact.get("email").text_or_none(),
        full_name=contact.get("name").text_or_none(),
        phone=first_text(contact.get("formatted_phone"), contact.get("phone")),
        country=country if country and len(country) == 2 else None,
        unsubscribed=any(contact.get(sign).flag() for sign in UNSUBSCRIBED),
    )


def contact_reading(kind: Kind, event: Node) -> Reading:
    contact = event["data"]["item"]
    return Reading(
        kind=kind,
        key=contact["id"].text(),
        occurred_at=event["created_at"].time(),
        people=(person_in(contact),),
        employee=contact.get("owner_id").text_or_none(),
    )


def on_new(event: Node, _source: Source) -> Reading:
    return contact_reading(Kind.CONTACT_CREATED, event)


def on_changed(event: Node, _source: Source) -> Reading:
    return contact_reading(Kind.CONTACT_UPDATED, event)


def on_opened(event: Node, _source: Source) -> Reading:
    conversation_id, opened_at = event["data"]["item"]["id"].text(), event["created_at"].time()
    return Reading(kind=Kind.APPOINTMENT_CANCELLED, key=conversation_id, occurred_at=opened_at)


def on_closed(event: Node, source: Source) -> Asking:
    conversation, people = event["data"]["item"], []
    listed = conversation.get("contacts")
    contacts = listed.get("contacts") if isinstance(listed.raw, dict) else listed
    for contact in [*contacts.each(), *conversation.get("user").each()][:MOST_CONTACTS]:
        url = url_of(f"https://{HOSTS[source.settings.region]}/contacts", contact["id"])
        answer = yield get(url, auth=bearer(), headers=VERSION)
        if answer.found:
            people.append(person_in(answer.body))
    if not people:
        return Ignored("the conversation has no contact who is still there", nobody=True)
    return Reading(
        kind=Kind.APPOINTMENT_COMPLETED,
        key=conversation["id"].text(),
        occurred_at=event["created_at"].time(),
        people=tuple(people),
        employee=first_text(conversation.get("admin_assignee_id"), conversation.get("assignee", "id")),
    )


HANDLERS: dict[str, Handler] = {
    "conversation.admin.closed": on_closed,
    "conversation.admin.opened": on_opened,
    "contact.lead.added_email": on_new,
    "contact.lead.created": on_new,
    "contact.lead.signed_up": on_new,
    "contact.user.created": on_new,
    "contact.email.updated": on_changed,
    "contact.user.updated": on_changed,
}
CONNECTOR = Connector(
    name="intercom",
    label="Intercom",
    group="crm",
    docs="https://developers.intercom.com/docs/webhooks",
    confidence="verified against the vendor's documentation or test vectors",
    verify=HmacSignature(place=in_header("x-hub-signature", prefix="sha1="), digest="sha1"),
    handshake=answers("HEAD"),
    event_type=event_type,
    delivery_id=field_text("id"),
    handlers=HANDLERS,
    ignored=frozenset({"ping", "contact.archive", "contact.deleted", "contact.merged", "company.created"})
    | {"contact.subscribed", "contact.unsubscribed", "contact.lead.updated"}
    | {"contact.lead.tag.created", "contact.user.tag.created", "conversation.rating.added"}
    | {"conversation.user.created", "conversation.user.replied", "conversation.admin.single.created"}
    | {"conversation.admin.assigned", "conversation.admin.noted", "conversation.admin.replied"}
    | {"conversation.admin.snoozed", "conversation.admin.unsnoozed"},
    kinds=frozenset({Kind.APPOINTMENT_COMPLETED, Kind.APPOINTMENT_CANCELLED, Kind.CONTACT_CREATED})
    | {Kind.CONTACT_UPDATED},
    default_events=frozenset({Kind.APPOINTMENT_COMPLETED}),
    secrets=IntercomSecrets,
    settings=IntercomSettings,
)
