"""Keap (Infusionsoft): new and changed contacts.

**Set-up.** Keap has no page for webhooks ("REST hooks"); each is made with one call to its API.

1. In Keap open *Settings → API Settings* and make a *Service Account Key* (a Personal Access Token works,
   too, with what its user may see). Put it into `access_token`: it reads the contacts.
2. Make a long random text (`openssl rand -hex 32`) and put it into `url_token`: Keap does not sign, so that
   this last part of the URL is the proof. Keep the URL out of sight.
3. Once for each of `contact.add` and, if changes count, `contact.edit`: `POST
   https://api.keap.com/crm/rest/v1/hooks` with the header `X-Keap-API-Key` and the JSON
   `{"eventKey": "contact.add", "hookUrl": <this source's URL with the token>}`. Keap tests the address with
   a secret in `X-Hook-Secret`, which the relay sends back; the answer should say `"status": "Verified"`.

**Good to know.** Keap reports ids only, up to 1,000 in a call, and every contact is read once. E-mail
address and phone number are those in slot 1, else the first there are. Contacts that Keap calls
NON_MARKETABLE, opted out, locked down or complaining count as unsubscribed. The contact's owner is the
employee. Other events, such as tags and orders, name no person and are ignored.

Keap waits 30 s, tries four times within about half an hour, and then makes the hook inactive: `POST
/hooks/<key>/verify` wakes it up.

Documentation: https://developer.keap.com/rest-hook-documentation (confidence: verified for the hooks; the
contact as the API's schema has it)
"""

from __future__ import annotations

from collections.abc import Iterator

from relay.kit import Asking, Connector, Kind, Node, Person, Reading, Request, Source
from relay.kit.lookups import fetched, get, key_in_header, url_of
from relay.kit.proof import SharedToken
from relay.kit.reading import CONTACTS, all_texts, field_text, field_texts, words
from relay.kit.replies import Reply, echo_header
from relay.kit.settings import Keys, Secrets

API = "https://api.keap.com/crm/rest/v2/contacts"
# MANUAL, ADMIN and SYSTEM say who took somebody off the list; FEEDBACK and SPAM are complaints.
REFUSALS = ("NON_MARKETABLE", "OPT_OUT", "OPTED_OUT", "LOCKDOWN", "UNSUBSCRIBE", "MANUAL", "ADMIN", "SYSTEM")
COMPLAINTS = ("FEEDBACK", "SPAM")
echo = echo_header("x-hook-secret")


class KeapSecrets(Secrets):
    url_token: Keys
    """The last part of the hook's URL."""

    access_token: Keys
    """Service Account Key or Personal Access Token, for reading contacts."""


def handshake(request: Request, source: Source) -> Reply | None:
    """The secret comes with an empty body; a delivery is never taken for an address test."""
    return None if b"object_keys" in request.body else echo(request, source)


def split(root: Node) -> Iterator[Node]:
    return (root.having(object=item) for item in root["object_keys"].each())


def on_contact(event: Node, _source: Source) -> Asking:
    subject = event["object"]
    contact_id, happened_at = subject["id"].text(), subject.get("timestamp").time_or_none()
    added = event["event_key"].text() == "contact.add"
    body = yield from fetched(
        get(url_of(API, contact_id), auth=key_in_header("x-keap-api-key")),
        "the contact is no longer there: merged or deleted",
    )
    return Reading(
        kind=Kind.CONTACT_CREATED if added else Kind.CONTACT_UPDATED,
        key=contact_id,
        occurred_at=happened_at,
        people=(person(body),),
        employee=body.get("owner_id").text_or_none(),
    )


def person(contact: Node) -> Person:
    address = in_slot(contact.get("email_addresses"), "EMAIL1")
    number = in_slot(contact.get("phone_numbers"), "PHONE1")
    status = (address.get("email_opt_status").text_or_none() or "").upper()
    return Person(
        email=address.get("email").text_or_none(),
        first_name=contact.get("given_name").text_or_none(),
        last_name=contact.get("family_name").text_or_none(),
        phone=all_texts(number.get("number_e164"), number.get("number")),
        unsubscribed=any(refusal in status for refusal in REFUSALS + COMPLAINTS),
    )


def in_slot(items: Node, slot: str) -> Node:
    return next((item for item in items.each() if item.get("field").text_or_none() == slot), items.first())


CONNECTOR = Connector(
    verify=SharedToken(),
    event_type=field_text("event_key"),
    delivery_id=field_texts("event_key", "object.id", "object.timestamp"),
    split=split,
    handshake=handshake,
    handlers={"contact.add": on_contact, "contact.edit": on_contact},
    ignored=words("""
        contact.delete contact.redact appointment.* company.* contactGroup.* invoice.* leadsource.* note.*
        opportunity.* order.* product.* subscription.* task.* user.*
    """),
    kinds=CONTACTS,
    default_events={Kind.CONTACT_CREATED},
    secrets=KeapSecrets,
)
