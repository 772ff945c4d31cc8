"""Less Annoying CRM: new contacts.

**Set-up.** Less Annoying CRM has no page for webhooks; one is made with one call to its API.

1. *Settings → Programmer API*: make an API key. It is needed for this call alone, not by the relay.
2. Put any text into `signing_key` for now and start the relay. `POST https://api.lessannoyingcrm.com/v2/`
   with the key as `Authorization` and the JSON `{"Function": "CreateWebhook", "Parameters": {"EndpointUrl":
   <this source's URL>, "WebhookScope": "Account", "Events": ["Contact.Create"]}}`.
3. During that call the CRM shows the relay a secret, which will sign all that follows. The relay answers
   and keeps it: `relay quarantine list`, then `relay quarantine show ID`; copy the value of `X-Hook-Secret`
   into `signing_key` and reload. Take the one of the moment of your call: anybody who knows the URL can show
   a secret, and who shows yours may sign. A secret that is already configured is answered and not kept.

**Good to know.** Companies are ignored, as are calendar events, groups and pipelines, which name contacts
by id or not as new. The first address counts, of several numbers the first valid one; set `default_region`.
The user whom the contact is assigned to is the employee. A failed delivery is repeated with growing pauses.
A webhook cannot be changed: delete it and make another, with another secret; list both keys meanwhile.

- `default_region`: country of phone numbers without one; `unknown_events`: `"park"` or `"ignore"`.

Documentation: https://account.lessannoyingcrm.com/api_docs/v2/Advanced/UsingWebhooks (confidence: verified
for the handshake, medium for the rest; it is not said whether the signature is hex or base64, both are
accepted)
"""

from __future__ import annotations

from collections.abc import Iterator

from relay.kit import Connector, Ignored, Kind, Node, Person, Reading, Request, Source
from relay.kit.proof import HmacSignature, in_header
from relay.kit.reading import all_texts, field_text, words
from relay.kit.replies import Reply, echo_header
from relay.kit.settings import Keys, Secrets

echo = echo_header(
    "x-hook-secret", tell="copy the value of X-Hook-Secret into secrets.signing_key of this source"
)


class LessAnnoyingSecrets(Secrets):
    signing_key: Keys
    """The X-Hook-Secret that came when the webhook was made."""


def handshake(request: Request, source: Source) -> Reply | None:
    """What is signed is a delivery, whatever else its headers hold."""
    return None if request.header("x-hook-signature") else echo(request, source)


def split(root: Node) -> Iterator[Node]:
    """One event for each new contact; other events stay whole."""
    name = root["TriggeringEvent"]
    if name.text() != "Contact.Create":
        yield root
        return
    for contact in root["Contacts"].each():
        yield Node({"TriggeringEvent": name.raw, "Contact": contact.raw}, contact.path)


def delivery_id(_request: Request, event: Node) -> str | None:
    """The CRM gives none; a contact is created once."""
    contact = event.get("Contact", "ContactId").text_or_none()
    return f"Contact.Create {contact}" if contact else None


def on_contact(event: Node, _source: Source) -> Reading | Ignored:
    contact = event["Contact"]
    if contact.get("IsCompany").flag():
        return Ignored("a company, not a person")
    name = contact.get("Name")
    who = Person(
        email=texts(contact.get("Email"))[0].text_or_none(),
        full_name=name.text_or_none() if isinstance(name.raw, str) else None,
        phone=all_texts(*texts(contact.get("Phone"))),
    )
    return Reading(
        kind=Kind.CONTACT_CREATED,
        key=contact["ContactId"].text(),
        occurred_at=contact.get("DateCreated").time_or_none(),
        people=(who,),
        employee=contact.get("AssignedTo").text_or_none(),
    )


def texts(items: Node) -> list[Node]:
    """Addresses and numbers are objects with a text, or texts; none is a text that does not exist."""
    found = [item.get("Text") if isinstance(item.raw, dict) else item for item in items.each()]
    return found or [Node(None, items.path)]


CONNECTOR = Connector(
    verify=HmacSignature(place=in_header("x-hook-signature"), encoding="either"),
    event_type=field_text("TriggeringEvent"),
    delivery_id=delivery_id,
    split=split,
    handshake=handshake,
    handlers={"Contact.Create": on_contact},
    ignored=words("""
        Event.Create Event.Update Event.Delete GroupMembership.Create PipelineItemStatus.Create
        PipelineItemStatus.Update
    """),
    kinds={Kind.CONTACT_CREATED},
    default_events={Kind.CONTACT_CREATED},
    secrets=LessAnnoyingSecrets,
)
