"""Forgetting a person: everything that names them goes, but for hashes by which repeats are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StrictBool

from relay.core.forgetting import START, Phase, Place
from relay.core.suppression import Suppression, normalise
from relay.desk.cursors import from_cursor, to_cursor
from relay.desk.desk import Desk
from relay.desk.model import Model, Why
from relay.desk.operation import Invalid, Role, operation
from relay.desk.problems import Problem

SUPPRESSED_WHY = "asked to be forgotten"


class Forget(Model):
    """Whom to forget, one step of it."""

    address: Annotated[str, Field(min_length=3, max_length=320, examples=["ana@example.com"])]
    reason: Why
    """Kept in the audit log, so that it must not name the person."""

    preview: StrictBool = False
    """Only look: nothing is changed."""

    suppress: StrictBool = False
    """Put the address on the suppression list, so that no later report enrols it. The list keeps it."""

    after: Annotated[str | None, Field(max_length=200)] = None
    """`next` of the step before; the first step without."""


class Forgotten(Model):
    """What one step found or removed, by kind."""

    counts: Mapping[str, int]
    left: Mapping[str, int]
    """What is being sent or read at this moment: forget the person again later."""
    next: str | None
    """Give it as `after` for the next step; null: all was looked at."""


@operation("POST", "/people/forget", role=Role.ADMIN)
async def forget_person(desk: Desk, body: Forget) -> Forgotten:
    """Remove everything that names a person, a step at a time, until `next` is null.

    Enrollments lose address and contact, what waits is never sent, dead letters are discarded; requests that
    name the person are cut whole, and so are the calls that they were in. Done again, it does nothing more.
    """
    address = _address(body)
    place = _place(body.after)
    store, now = desk.store, desk.now()
    if body.preview:
        found = await store.forgetting.look(address, place)
    else:
        if body.suppress and place == START:
            entry = Suppression("email", address, SUPPRESSED_WHY, desk.caller.name, now)
            await store.suppress([entry], now, desk.by("suppress.add", entries=1))
        found = await store.forgetting.forget(
            address, now, place, desk.by("person.forget", reason=body.reason)
        )
    following = None if found.next is None else to_cursor(*found.next)
    return Forgotten(counts=found.counts, left=found.left, next=following)


def _address(body: Forget) -> str:
    try:
        address = normalise("email", body.address)
    except ValueError as error:
        raise _invalid("body.address", str(error)) from None
    if address in body.reason.casefold():
        raise _invalid("body.reason", "names the person, and is kept in the audit log")
    return address


def _place(after: str | None) -> Place:
    key = from_cursor(after, int, int)
    if key is None:
        return START
    phase, seen = map(int, key)
    if phase not in tuple(Phase):
        raise _invalid("body.after", "is no `next` of this operation")
    return Place(Phase(phase), seen)


def _invalid(where: str, message: str) -> Problem:
    return Invalid("nothing was changed", "see errors", [{"where": where, "message": message}])
