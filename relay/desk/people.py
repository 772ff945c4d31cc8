"""People: everything that the ledger knows of one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from relay.desk.desk import Desk
from relay.desk.enrollments import EnrollmentModel, enrollment
from relay.desk.letters import LetterModel, letter
from relay.desk.model import Model, Moment, maybe
from relay.desk.operation import operation
from relay.desk.suppressions import SuppressionEntry, entry


class PersonQuery(Model):
    """Whom to look for."""

    who: Annotated[str, Field(min_length=3, max_length=320, examples=["ana@example.com", "+12025550100"])]
    """An e-mail address, or a phone number or its last digits (five at least)."""

    limit: Annotated[int, Field(ge=1, le=200)] = 100
    """Of enrollments."""


class Person(Model):
    """What the ledger knows of a person, the newest first."""

    addresses: tuple[str, ...]
    """Those that were looked for."""
    enrollments: tuple[EnrollmentModel, ...]
    more: bool
    """There are more enrollments."""
    letters: tuple[LetterModel, ...]
    suppressions: tuple[SuppressionEntry, ...]
    searched_since: Moment | None
    """A phone number is looked for in enrollments made since then; null: in all."""


@operation("GET", "/people")
async def show_person(desk: Desk, query: PersonQuery) -> Person:
    """One person's whole history: enrollments, dead letters, and whether they must not be written to."""
    found = await desk.store.person(query.who, query.limit, desk.now())
    return Person(
        addresses=found.addresses,
        enrollments=tuple(enrollment(one) for one in found.enrollments),
        more=found.more,
        letters=tuple(letter(one) for one in found.letters),
        suppressions=tuple(entry(one) for one in found.suppressions),
        searched_since=maybe(found.searched_since),
    )
