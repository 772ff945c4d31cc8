"""Creating and updating contacts, the way execute does it and the way the contacts API does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from relay.sandbox.api_webhooks import tell
from relay.sandbox.times import iso

if TYPE_CHECKING:
    from relay.sandbox.auth import Visit
    from relay.sandbox.records import Contact
    from relay.sandbox.switches import Switches

# The API's name of a field and ours; the first three are what execute lists.
EXECUTE_FIELDS = {"firstName": "first_name", "lastName": "last_name", "phone": "phone"}
TEXT_FIELDS = {**EXECUTE_FIELDS, "title": "title", "preferredLanguage": "preferred_language"}
PLACE_FIELDS = {"locationId": "location_id", "contactOrganizationId": "contact_organization_id"}


def upsert(visit: Visit, given: Mapping[str, Any], location_id: str | None) -> Contact:
    """The contact with this address, made or updated; `unsubscribed` stays as it is."""
    world, switches, now = visit.world, visit.switches, visit.call.now
    fold = switches.email_match == "fold"
    email = kept_address(given["email"], switches)
    own = visit.organization.id
    contact = world.find_contact(own, email, fold=fold)
    created = contact is None
    if contact is None:
        contact = world.add_contact(own, email, now)
    _set(contact, given, EXECUTE_FIELDS, clear=switches.empty_fields == "clear")
    if switches.unknown_members == "store":
        set_extras(contact, given)
    if switches.location_on_contact and location_id:
        contact.location_id = location_id
    contact.updated_at = now
    tell(visit, "contact.created" if created else "contact.updated", contact_object, contact)
    return contact


def kept_address(email: str, switches: Switches) -> str:
    """An address as it is stored: without outer spaces where matching folds them away."""
    return email.strip() if switches.email_match == "fold" else email


def _set(contact: Contact, given: Mapping[str, Any], names: Mapping[str, str], *, clear: bool) -> None:
    for theirs, ours in names.items():
        if theirs in given and (given[theirs] or clear):
            setattr(contact, ours, given[theirs] or None)


def set_extras(contact: Contact, given: Mapping[str, Any]) -> None:
    """All text fields; `customFields` are merged, `tags` replaced."""
    _set(contact, given, TEXT_FIELDS, clear=True)
    if isinstance(fields := given.get("customFields"), dict):
        contact.custom_fields = {**(contact.custom_fields or {}), **fields}
    if isinstance(tags := given.get("tags"), list):
        contact.tags = tuple(map(str, tags))


def set_places(contact: Contact, given: Mapping[str, Any]) -> None:
    """Where the contact belongs; only `POST /contacts` can say."""
    _set(contact, given, PLACE_FIELDS, clear=True)


def contact_object(contact: Contact) -> dict[str, Any]:
    """A contact as the contacts API shows it."""
    return {
        "id": contact.id,
        "email": contact.email,
        **{theirs: getattr(contact, ours) for theirs, ours in TEXT_FIELDS.items()},
        **{theirs: getattr(contact, ours) for theirs, ours in PLACE_FIELDS.items()},
        "customFields": dict(contact.custom_fields or {}),
        "tags": list(contact.tags),
        "unsubscribed": contact.unsubscribed,
        "createdAt": iso(contact.created_at),
        "updatedAt": iso(contact.updated_at),
    }
