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

Documentation: https://developer.keap.com/rest-hook-documentation (confidence: high for the hooks; the
contact as the API's schema has it)
"""

from __future__ import annotations

from collections.abc import Iterator

from relay.kit import (
    Asking,
    Connector,
    Handler,
    Ignored,
    Keys,
    Kind,
    Node,
    Person,
    Reading,
    Reply,
    Request,
    Secrets,
    SharedToken,
    Source,
    all_texts,
    echo_header,
    field_text,
    get,
    key_in_header,
    url_of,
)

CONTACTS = "https://api.keap.com/crm/rest/v2/contacts"
# MANUAL, ADMIN and SYSTEM say who took somebody off the list; FEEDBACK and SPAM are complaints.
REFUSALS = ("NON_MARKETABLE", "OPT_OUT", "OPTED_OUT", "LOCKDOWN", "UNSUBSCRIBE", "MANUAL", "ADMIN", "SYSTEM")
COMPLAINTS = ("FEEDBACK", "SPAM")
FAMILIES = ("appointment", "company", "contactGroup", "invoice", "leadsource", "note", "opportunity", "order")
MORE_FAMILIES = ("product", "subscription", "task", "user", "invoice.payment")
HAPPENINGS = ("add", "edit", "delete")
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
    for item in root["object_keys"].each():
        yield Node({"event_key": root.get("event_key").raw, "object": item.raw}, item.path)


def delivery_id(_request: Request, event: Node) -> str | None:
    names = (("event_key",), ("object", "id"), ("object", "timestamp"))
    parts = [event.get(*path).text_or_none() for path in names]
    return " ".join(part for part in parts if part) if all(parts) else None


def on_contact(event: Node, _source: Source) -> Asking:
    subject = event["object"]
    contact_id, happened_at = subject["id"].text(), subject.get("timestamp").time_or_none()
    added = event["event_key"].text() == "contact.add"
    answer = yield get(url_of(CONTACTS, contact_id), auth=key_in_header("x-keap-api-key"))
    if not answer.found:
        return Ignored("the contact is no longer there: merged or deleted")
    return Reading(
        kind=Kind.CONTACT_CREATED if added else Kind.CONTACT_UPDATED,
        key=contact_id,
        occurred_at=happened_at,
        people=(person(answer.body),),
        employee=answer.body.get("owner_id").text_or_none(),
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


HANDLERS: dict[str, Handler] = {"contact.add": on_contact, "contact.edit": on_contact}

CONNECTOR = Connector(
    name="keap",
    label="Keap",
    group="crm",
    docs="https://developer.keap.com/rest-hook-documentation",
    confidence="verified against the vendor's documentation or test vectors",
    verify=SharedToken(),
    event_type=field_text("event_key"),
    delivery_id=delivery_id,
    split=split,
    handshake=handshake,
    handlers=HANDLERS,
    ignored=frozenset(f"{family}.{name}" for family in (*FAMILIES, *MORE_FAMILIES) for name in HAPPENINGS)
    | {"contact.delete", "contact.redact", "contactGroup.applied", "contactGroup.removed"}
    | {"opportunity.stage_move"},
    kinds=frozenset({Kind.CONTACT_CREATED, Kind.CONTACT_UPDATED}),
    default_events=frozenset({Kind.CONTACT_CREATED}),
    secrets=KeapSecrets,
)
