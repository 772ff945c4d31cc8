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
- `account`: the workspace whose events are taken (`app_id`), or a list; left out, all that installed the app.
- `default_region`: country of phone numbers without a country code, such as `"US"`; never guessed.
- `unknown_events`: `"park"` or `"ignore"` topics that are not listed here.

**Good to know.** A conversation that an admin closes is `appointment.completed`: somebody was served. Its
key is the conversation, so that closing it again enrols nobody twice, and its employee the admin who had
it. Leads often have no address at first; they count once they have one, under the same key. Whoever
unsubscribed from e-mails or marked one as spam is left alone. Intercom has one field for the name,
which is split where that is safe. The signature is HMAC-SHA1 and covers no time; the notification's id
tells what was sent before. Intercom waits 5 s and then repeats. An app has one address for all topics.

Documentation: https://developers.intercom.com/docs/webhooks (confidence: verified for signature, envelope and
contacts; conversations from the API's description)
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from relay.kit import Asking, Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.lookups import Api, bearer
from relay.kit.proof import HmacSignature, in_header
from relay.kit.reading import CONTACTS, field_text, first_text, read_person, unwrapped, words
from relay.kit.replies import answers
from relay.kit.settings import AccountSettings, Keys, Secrets

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


class IntercomSettings(AccountSettings):
    region: Literal["us", "eu", "au"] = "us"
    """Where the workspace is hosted."""


def event_type(_request: Request, event: Node) -> str | None:
    topic = event.get("topic").text_or_none()
    return OLD_NAMES.get(topic, topic) if topic else None


def person_in(contact: Node) -> Person:
    return read_person(
        contact,
        email="email",
        full_name="name",
        phone=("formatted_phone", "phone"),
        country="location.country_code",
        unsubscribed=UNSUBSCRIBED,
    )


def on_contact(kind: Kind, event: Node, _source: Source) -> Reading:
    contact = event["data"]["item"]
    return Reading(
        kind=kind,
        key=contact["id"].text(),
        occurred_at=event["created_at"].time(),
        people=(person_in(contact),),
        employee=contact.get("owner_id").text_or_none(),
    )


def on_opened(event: Node, _source: Source) -> Reading:
    conversation_id, opened_at = event["data"]["item"]["id"].text(), event["created_at"].time()
    return Reading(kind=Kind.APPOINTMENT_CANCELLED, key=conversation_id, occurred_at=opened_at)


def on_closed(event: Node, source: Source) -> Asking:
    conversation, people = event["data"]["item"], []
    api = Api(f"https://{HOSTS[source.settings.region]}", auth=bearer(), headers=VERSION)
    listed = conversation.get("contacts")
    contacts = unwrapped(listed, "contacts")
    for contact in [*contacts.each(), *conversation.get("user").each()][:MOST_CONTACTS]:
        answer = yield api.get("contacts", contact["id"])
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


ON_NEW, ON_CHANGED = partial(on_contact, Kind.CONTACT_CREATED), partial(on_contact, Kind.CONTACT_UPDATED)
CONNECTOR = Connector(
    verify=HmacSignature(place=in_header("x-hub-signature", prefix="sha1="), digest="sha1"),
    handshake=answers("HEAD"),
    event_type=event_type,
    delivery_id=field_text("id"),
    account=field_text("app_id"),
    handlers={
        "conversation.admin.closed": on_closed,
        "conversation.admin.opened": on_opened,
        "contact.lead.added_email": ON_NEW,
        "contact.lead.created": ON_NEW,
        "contact.lead.signed_up": ON_NEW,
        "contact.user.created": ON_NEW,
        "contact.email.updated": ON_CHANGED,
        "contact.user.updated": ON_CHANGED,
    },
    ignored=words("""
        ping contact.archive contact.deleted contact.merged company.created contact.subscribed
        contact.unsubscribed contact.lead.updated contact.lead.tag.created contact.user.tag.created
        conversation.rating.added conversation.user.created conversation.user.replied
        conversation.admin.single.created conversation.admin.assigned conversation.admin.noted
        conversation.admin.replied conversation.admin.snoozed conversation.admin.unsnoozed
    """),
    kinds=CONTACTS | {Kind.APPOINTMENT_COMPLETED, Kind.APPOINTMENT_CANCELLED},
    default_events={Kind.APPOINTMENT_COMPLETED},
    secrets=IntercomSecrets,
    settings=IntercomSettings,
)
