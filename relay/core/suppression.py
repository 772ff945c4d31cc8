"""The suppression list: addresses, phone numbers and domains that must not be written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from relay.core.contact import normalise_email
from relay.core.phone import normalise_phone

Kind = Literal["email", "phone", "domain"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Suppression:
    """One entry. `value` is normalised; times are milliseconds since 1970, `expires_at` None is never."""

    kind: Kind
    value: str
    reason: str
    who: str
    created_at: int
    expires_at: int | None = None


def kind_of(text: str) -> Kind:
    """What a value looks like: `ana@example.com`, `+1 202 555 0100`, `example.com` or `@example.com`."""
    text = text.strip()
    if "@" in text[1:]:
        return "email"
    letters = any(sign.isalpha() for sign in text)
    return "domain" if letters or text.startswith("@") else "phone"


def normalise(kind: Kind, text: str, regions: tuple[str, ...] = ()) -> str:
    """The form in which a value is kept and compared. Raises `ValueError`, which does not repeat the value.

    No value of one kind is one of another: addresses have an @, numbers a +, domains neither.
    """
    match kind:
        case "email":
            return normalise_email(text).casefold()
        case "phone":
            return _phone(text, regions)
        case "domain":
            return _domain(text.strip().removeprefix("@"))


def _phone(text: str, regions: tuple[str, ...]) -> str:
    number = normalise_phone(text.strip(), regions)
    if number is None:
        raise ValueError("is not a valid phone number; write it with + and the country code")
    return number


def _domain(text: str) -> str:
    if "." not in text:
        raise ValueError("is not a domain such as example.com")
    return normalise_email(f"somebody@{text}").casefold().rpartition("@")[2]


def identifiers(email: str, phone: str | None) -> list[str]:
    """Every value that would suppress this person; a domain stands for those below it, too."""
    address = email.casefold()
    labels = address.rpartition("@")[2].split(".")
    domains = [".".join(labels[place:]) for place in range(len(labels) - 1)]
    return [address, *domains, *([phone] if phone else [])]


def one_line(reason: str) -> str:
    """A reason as it is kept. Raises `ValueError` where it is too long."""
    line = " ".join(reason.split())
    if len(line) > _LONGEST_REASON:
        raise ValueError(f"should have at most {_LONGEST_REASON} characters")
    return line


def parse_moment(text: str) -> int | None:
    """When an entry ends, in milliseconds since 1970: a date (00:00 UTC), a time with its zone, or nothing.

    Raises `ValueError`.
    """
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("should be a date such as 2027-01-31, or empty") from None
    if moment.tzinfo is None and moment.time() != datetime.min.time():
        raise ValueError("should name its time zone, such as 2027-01-31T12:00Z")
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def told(kind: str, reason: str) -> str:
    """Why an enrollment is suppressed, without the value, which is a person's."""
    return f"on the suppression list ({kind})" + (f": {reason}" if reason else "")
