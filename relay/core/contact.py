"""Contacts: one normalised person, ready for the destination."""

from __future__ import annotations

import re
from functools import lru_cache

from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from pydantic import BaseModel, ConfigDict, Field

# The public types into forms what it likes, and the libraries below take seconds for a megabyte of it.
_LONGEST_EMAIL = 320
LONGEST_NAME = 200

# The library finds no fault with what stands before the @ here, and changes nothing of it.
_PLAIN_EMAIL = re.compile(r"([a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*)@([a-z0-9.-]+)")
_SHORT_EMAIL = 64


class Contact(BaseModel):
    """A person to enrol. `email` is required and identifies; `phone` is E.164.

    The aliases are the destination's field names. The local part of the address keeps its case for
    sending; `identity` is for comparing.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    email: str
    first_name: str | None = Field(default=None, alias="firstName")
    last_name: str | None = Field(default=None, alias="lastName")
    phone: str | None = None

    @property
    def identity(self) -> str:
        return self.email.casefold()

    def named(self) -> dict[str, str | None]:
        """As `model_dump` by the aliases, in a third of the time."""
        return {
            "email": self.email,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "phone": self.phone,
        }


class NotAnAddress(ValueError):
    """An e-mail address that cannot be one; the message says why without repeating it."""


def normalise_email(text: str) -> str:
    """A deliverable-looking address with its domain in lower case. Raises `NotAnAddress`.

    The domain is not looked up: a mail server that is down today is no reason to lose a contact.
    """
    text = text.strip()
    if len(text) > _LONGEST_EMAIL:
        raise NotAnAddress(f"longer than {_LONGEST_EMAIL} characters")
    try:
        plain = _PLAIN_EMAIL.fullmatch(text) if len(text) <= _SHORT_EMAIL else None
        return f"{plain[1]}@{_domain(plain[2])}" if plain else _validated(text).normalized
    except EmailNotValidError as error:
        reason = re.sub(r"['\"“].*['\"”]", "…", str(error))
        raise NotAnAddress(reason) from None


def _validated(address: str) -> ValidatedEmail:
    return validate_email(address, check_deliverability=False, strict=True)


@lru_cache(maxsize=4096)
def _domain(text: str) -> str:
    """Most people have their address at one of few domains, and checking that takes the time."""
    return _validated(f"a@{text}").domain


def clean_name(text: str | None) -> str | None:
    """A name without needless white space; None where nothing is left of it."""
    return " ".join(text.split()) or None if text else None


_COMPANY = re.compile(
    r"\b(?:inc|llc|ltd|gmbh|corp|co|plc|llp|bv|pty|s\.?a|s\.?r\.?l|family|salon|studio|clinic|dental|shop|store)\b\.?",
    re.IGNORECASE,
)


def split_name(full_name: str) -> tuple[str | None, str | None]:
    """First and last name out of one text, or two Nones where a guess would likely be wrong."""
    return _split(full_name) if len(full_name) <= LONGEST_NAME else (None, None)


@lru_cache(maxsize=4096)
def _split(full_name: str) -> tuple[str | None, str | None]:
    text = " ".join(full_name.split())
    if not text or any(ch.isdigit() or ch in "@&/" for ch in text) or _COMPANY.search(text):
        return None, None
    words = text.split(" ")
    if len(words) == 1:
        return words[0], None
    if len(words) == 2 and all(word.isascii() and word.isalpha() for word in words):
        return words[0], words[1]
    # Few names need it, and it takes longer to import than the rest of this file.
    from nameparser import HumanName  # noqa: PLC0415

    name = HumanName(text)
    return name.first or None, name.last or None
