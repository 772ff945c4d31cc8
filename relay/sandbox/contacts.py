"""The contacts API.

Sources: https://demeterrr.mintlify.app/api-reference/contacts/list, …/create, …/update
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from relay.sandbox.answers import Answer, answer_json, invalid, not_found, refuse
from relay.sandbox.api_webhooks import tell
from relay.sandbox.execute_body import is_email, read_object
from relay.sandbox.lists import page_of
from relay.sandbox.upsert import (
    PLACE_FIELDS,
    TEXT_FIELDS,
    contact_object,
    kept_address,
    set_extras,
    set_places,
)

if TYPE_CHECKING:
    from relay.sandbox.auth import Visit
    from relay.sandbox.records import Contact

LANGUAGES = ("en", "fr")
PARTIAL = ("id", "email", "firstName", "lastName", "tags", "updatedAt")


def list_contacts(visit: Visit, _: str) -> Answer:
    """`GET /contacts`: filters `email`, `phone`, `location_id` and the free text `search`."""
    query = visit.call.query
    found = [contact for contact in _own(visit) if _matches(contact, query)]
    return page_of(found, query, contact_object)


def _own(visit: Visit) -> list[Contact]:
    own = visit.organization.id
    return [contact for contact in visit.world.contacts.values() if contact.organization_id == own]


def _matches(contact: Contact, query: Mapping[str, str]) -> bool:
    exact = {"email": contact.email, "phone": contact.phone, "location_id": contact.location_id}
    if any(query[name] != value for name, value in exact.items() if query.get(name)):
        return False
    words = f"{contact.first_name or ''} {contact.last_name or ''} {contact.email}"
    return query.get("search", "").casefold() in words.casefold()


def get_contact(visit: Visit, contact_id: str) -> Answer:
    """`GET /contacts/:id`."""
    return answer_json(200, {"data": contact_object(_find(visit, contact_id))})


def create_contact(visit: Visit, _: str) -> Answer:
    """`POST /contacts`: needs `email` and `firstName`; a known address is 409, not an update."""
    given = read_object(visit.call, visit.switches)
    _check(visit, given, required=("email", "firstName"))
    if _known(visit, given["email"]):
        raise _conflict(visit)
    email = kept_address(given["email"], visit.switches)
    contact = visit.world.add_contact(visit.organization.id, email, visit.call.now)
    set_extras(contact, given)
    set_places(contact, given)
    tell(visit, "contact.created", contact_object, contact)
    return answer_json(201, {"data": contact_object(contact)})


def update_contact(visit: Visit, contact_id: str) -> Answer:
    """`PATCH /contacts/:id`: merges `customFields`, replaces `tags`."""
    contact = _find(visit, contact_id)
    given = read_object(visit.call, visit.switches)
    _check(visit, given, required=())
    if "email" in given and given["email"] != contact.email:
        if _known(visit, given["email"]) not in (None, contact):
            raise _conflict(visit)
        visit.world.rename_contact(contact, kept_address(given["email"], visit.switches))
    set_extras(contact, given)
    contact.updated_at = visit.call.now
    tell(visit, "contact.updated", contact_object, contact)
    whole = contact_object(contact)
    partial = {name: whole[name] for name in PARTIAL}
    return answer_json(200, {"data": whole if visit.switches.patch_answer == "whole" else partial})


def delete_contact(visit: Visit, contact_id: str) -> Answer:
    """`DELETE /contacts/:id`; the page is not stored, so the answer is the least one can say."""
    contact = _find(visit, contact_id)
    visit.world.remove_contact(contact)
    return answer_json(200, {"data": {"id": contact.id}})


def _find(visit: Visit, contact_id: str) -> Contact:
    contact = visit.world.contacts.get(contact_id)
    if contact is None or contact.organization_id != visit.organization.id:
        raise not_found("Contact")
    return contact


def _known(visit: Visit, email: str) -> Contact | None:
    fold = visit.switches.email_match == "fold"
    return visit.world.find_contact(visit.organization.id, email, fold=fold)


def _conflict(visit: Visit) -> Exception:
    return refuse(409, visit.switches.conflict_code, "A contact with this email already exists")


def _check(visit: Visit, given: Mapping[str, Any], required: tuple[str, ...]) -> None:
    issues = [f"{name}: required" for name in required if not given.get(name)]
    if "email" in given and not is_email(given["email"], visit.switches):
        issues.append("email: invalid email")
    issues += [
        f"{name}: a string is required"
        for name in (*TEXT_FIELDS, *PLACE_FIELDS)
        if not isinstance(given.get(name), str | None)
    ]
    if given.get("preferredLanguage") not in (None, *LANGUAGES):
        issues.append("preferredLanguage: en or fr")
    if not isinstance(given.get("customFields", {}), dict):
        issues.append("customFields: an object is required")
    if not isinstance(given.get("tags", []), list):
        issues.append("tags: an array is required")
    if issues:
        raise invalid("Invalid request data", *issues)
