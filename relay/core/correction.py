"""Corrections: what a person changes of a contact before it is sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from relay.core.contact import (
    LONGEST_NAME,
    Contact,
    NotAnAddress,
    clean_name,
    normalise_email,
)
from relay.core.phone import normalise_phone

Field = Literal["email", "first_name", "last_name", "phone"]
FIELDS: tuple[Field, ...] = get_args(Field)

Fields = Mapping[Field, str | None]
"""New values by field: None or a blank text empties it, and a field that is not there stays as it is."""

NO_FIELDS: Fields = MappingProxyType({})

LABELS: Mapping[Field, str] = {
    "email": "e-mail address",
    "first_name": "first name",
    "last_name": "last name",
    "phone": "phone number",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a field cannot have its new value, in words that follow its name and do not repeat the value."""

    field: Field
    problem: str

    def __str__(self) -> str:
        return f"the {LABELS[self.field]} {self.problem}"


class Incorrect(ValueError):
    """A correction that cannot be sent. `faults` has one entry for each field that is wrong."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A change of what is sent for one enrollment; the request as received and the event as read stay.

    `at` is in milliseconds since 1970; `job` is the number of the job that made it, None: a person did.
    """

    before: Contact
    after: Contact
    who: str
    why: str
    at: int
    job: int | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field before and after; both are equal where nothing changes."""

    field: Field
    before: str | None
    after: str | None

    @property
    def changes(self) -> bool:
        return self.before != self.after


def compare(before: Contact, after: Contact) -> tuple[FieldChange, ...]:
    """Every field of a contact, changed or not."""
    return tuple(FieldChange(field, getattr(before, field), getattr(after, field)) for field in FIELDS)


def corrected(contact: Contact, fields: Fields, regions: tuple[str, ...] = ()) -> Contact:
    """The contact with new values, made fit to send as those of connectors are.

    `regions` are the countries that a phone number without a country code may belong to. Raises `Incorrect`
    with every fault at once.
    """
    given = {field: text for field, text in fields.items() if text != getattr(contact, field)}
    values: dict[str, str | None] = {}
    faults: list[Fault] = []
    for field, text in given.items():
        try:
            values[field] = _NORMALISE[field](_text(text), regions)
        except ValueError as error:
            faults.append(Fault(field, str(error)))
    if faults:
        raise Incorrect(faults)
    return contact.model_copy(update=values)


def _text(value: str | None) -> str:
    """Raises `ValueError` for what cannot be written, such as half of a sign."""
    text = (value or "").strip()
    if not text.isascii() and text != text.encode("utf-8", "ignore").decode():
        raise ValueError("has signs that cannot be sent")
    return text


def _email(text: str, _regions: tuple[str, ...]) -> str:
    if not text:
        raise ValueError("is needed: people are enrolled by it")
    try:
        return normalise_email(text)
    except NotAnAddress as error:
        raise ValueError(f"is not valid: {error}") from None


def _name(text: str, _regions: tuple[str, ...]) -> str | None:
    name = clean_name(text)
    if name is not None and len(name) > LONGEST_NAME:
        raise ValueError(f"should have at most {LONGEST_NAME} characters")
    return name


def _phone(text: str, regions: tuple[str, ...]) -> str | None:
    number = normalise_phone(text, regions)
    if text and number is None:
        where = f" in {', '.join(regions)}" if regions else ""
        raise ValueError(f"is not valid{where}; write it with + and the country code")
    return number


_NORMALISE: Mapping[Field, Callable[[str, tuple[str, ...]], str | None]] = {
    "email": _email,
    "first_name": _name,
    "last_name": _name,
    "phone": _phone,
}
