"""Adding to a world and changing what is in it, for the control surface.

Each function takes the sandbox, the id in the path and the checked form, and returns what to show.
A LookupError's message says which thing is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from relay.sandbox import control_forms, reports

if TYPE_CHECKING:
    from relay.sandbox.state import Sandbox
    from relay.sandbox.world import World

Thing = TypeVar("Thing")


def _owner(world: World, organization_id: str | None) -> str:
    if organization_id is None:
        return next(iter(world.organizations))
    return _known(world.organizations, organization_id, "organization").id


def _known(things: Mapping[str, Thing], thing_id: str, what: str) -> Thing:
    if thing_id not in things:
        raise LookupError(f"There is no {what} {thing_id!r}; GET /sandbox/world lists what there is")
    return things[thing_id]


def _assign(thing: object, form: control_forms.Form, *names: str) -> None:
    """Set what the form names; null means "leave it", as it does for a member left out."""
    for name in names:
        if getattr(form, name) is not None:
            setattr(thing, name, getattr(form, name))


def sign_in(world: World, organization_id: str | None) -> str:
    """A session token of the app for an organization."""
    owner = _owner(world, organization_id)
    token = f"session-{len(world.sessions) + 1}"
    world.sessions[token] = owner
    return token


def add_organization(sandbox: Sandbox, _: str, form: control_forms.OrganizationForm) -> dict[str, Any]:
    """A customer without keys."""
    return asdict(sandbox.world.add_organization(form.name))


def change_organization(
    sandbox: Sandbox, thing_id: str, form: control_forms.OrganizationChange
) -> dict[str, Any]:
    """Rename it, or switch its API access."""
    organization = _known(sandbox.world.organizations, thing_id, "organization")
    _assign(organization, form, "name", "api_access")
    return asdict(organization)


def add_key(sandbox: Sandbox, _: str, form: control_forms.KeyForm) -> dict[str, Any]:
    """A key; one with the same secret is replaced."""
    owner = _owner(sandbox.world, form.organization_id)
    made = sandbox.world.add_key(
        owner, form.secret, scopes=form.scopes, active=form.active, expires_at=form.expires_at
    )
    return reports.key(made)


def change_key(sandbox: Sandbox, thing_id: str, form: control_forms.KeyChange) -> dict[str, Any]:
    """Revoke, restore, narrow or expire a key."""
    key = _known(sandbox.world.keys, thing_id, "key")
    _assign(key, form, "scopes", "active")
    if "expires_at" in form.model_fields_set:
        key.expires_at = form.expires_at
    return reports.key(key)


def add_sequence(sandbox: Sandbox, _: str, form: control_forms.SequenceForm) -> dict[str, Any]:
    """A sequence."""
    world = sandbox.world
    owner = _owner(world, form.organization_id)
    if form.split:
        _known(world.sequences, form.split.variant_id, "sequence")
    made = world.add_sequence(
        owner,
        form.name,
        status=form.status,
        trigger=form.trigger,
        steps=None if form.steps is None else [step.step(world) for step in form.steps],
        split=form.split.split() if form.split else None,
    )
    made.created_at = sandbox.clock()
    return asdict(made)


def change_sequence(sandbox: Sandbox, thing_id: str, form: control_forms.SequenceChange) -> dict[str, Any]:
    """Activate, pause, archive, rename a sequence, replace its steps or its A/B test."""
    world = sandbox.world
    sequence = _known(world.sequences, thing_id, "sequence")
    if form.split:
        _known(world.sequences, form.split.variant_id, "sequence")
    _assign(sequence, form, "name", "status", "trigger")
    if form.steps is not None:
        sequence.steps = [step.step(world) for step in form.steps]
    if "split" in form.model_fields_set:
        sequence.split = form.split.split() if form.split else None
    return asdict(sequence)


def add_place(sandbox: Sandbox, _: str, form: control_forms.PlaceForm) -> dict[str, Any]:
    """A location or an employee."""
    owner = _owner(sandbox.world, form.organization_id)
    return asdict(sandbox.world.add_place(form.kind, owner, form.name, active=form.active))


def add_contact(sandbox: Sandbox, _: str, form: control_forms.ContactForm) -> dict[str, Any]:
    """A contact that is there before the first call; a known one is only changed."""
    owner = _owner(sandbox.world, form.organization_id)
    world = sandbox.world
    contact = world.find_contact(owner, form.email, fold=False)
    contact = contact or world.add_contact(owner, form.email, sandbox.clock())
    contact.unsubscribed = form.unsubscribed
    return asdict(contact)


def change_contact(sandbox: Sandbox, thing_id: str, form: control_forms.ContactChange) -> dict[str, Any]:
    """Unsubscribe a contact, which no call of the API can do, or bring it back."""
    contact = _known(sandbox.world.contacts, thing_id, "contact")
    _assign(contact, form, "unsubscribed")
    return asdict(contact)


ADD: Mapping[str, tuple[type[control_forms.Form], Callable[[Sandbox, str, Any], dict[str, Any]]]] = {
    "organizations": (control_forms.OrganizationForm, add_organization),
    "keys": (control_forms.KeyForm, add_key),
    "sequences": (control_forms.SequenceForm, add_sequence),
    "places": (control_forms.PlaceForm, add_place),
    "contacts": (control_forms.ContactForm, add_contact),
}
CHANGE: Mapping[str, tuple[type[control_forms.Form], Callable[[Sandbox, str, Any], dict[str, Any]]]] = {
    "organizations": (control_forms.OrganizationChange, change_organization),
    "keys": (control_forms.KeyChange, change_key),
    "sequences": (control_forms.SequenceChange, change_sequence),
    "contacts": (control_forms.ContactChange, change_contact),
}
