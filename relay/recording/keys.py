"""What the name of a key says about its value."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Says(StrEnum):
    """What kind of thing a value is, in words that are shown to people."""

    EMAIL = "e-mail address"
    PHONE = "phone number"
    FIRST = "first name"
    LAST = "last name"
    FULL = "name"
    ID = "id of a person"
    LOGIN = "user name"
    STREET = "street"
    CITY = "city"
    POSTCODE = "postcode"
    BIRTH = "date of birth"
    IP = "IP address"
    SECRET = "token or secret"  # noqa: S105  # a word for people
    ALSO = "named by you"
    NOTHING = ""


class Meaning(NamedTuple):
    """`owner` is the rest of the key: of `billing_email` it is `billing`.

    What is `doubtful` is a person's only beside or below something that says so.
    """

    says: Says
    owner: str = ""
    doubtful: bool = False


_ENDINGS: dict[Says, str] = {
    Says.EMAIL: "emailaddress email mail",
    Says.PHONE: """
        phonenumber mobilephone cellphone homephone workphone telephone mobilenumber phone
        mobile cell tel sms whatsapp fax
    """,
    Says.FIRST: "firstname givenname forename fname",
    Says.LAST: "lastname familyname surname lname middlename",
    Says.FULL: "fullname",
    Says.LOGIN: "username nickname screenname loginname",
    Says.STREET: """addressline1 addressline2 addressline streetaddress address1 address2 street line1 line2
        address""",
    Says.CITY: "city locality suburb town",
    Says.POSTCODE: "postalcode postcode zipcode zip",
    Says.BIRTH: "birthdate birthday dateofbirth dob",
    Says.IP: "ipaddress browserip clientip remoteip ip",
    Says.SECRET: """
        accesstoken refreshtoken sessiontoken sessionid clientsecret apikey privatekey
        authorization password passwd secret cookie jwt csrf token
    """,
}
_WHOLE: dict[str, Says] = {"first": Says.FIRST, "last": Says.LAST, "login": Says.LOGIN, "handle": Says.LOGIN}
_BY_LENGTH = sorted(
    ((ending, says) for says, endings in _ENDINGS.items() for ending in endings.split()),
    key=lambda entry: -len(entry[0]),
)
_SHORT_ENDINGS = "ip tel zip fax sms dob cell mail city town jwt line1 line2 fname lname"
_SHORT = frozenset(_SHORT_ENDINGS.split())
"""What would be found inside longer words: a tip is no IP address, a channelName no lname."""

_DOUBTFUL = {"name": Says.FULL, "id": Says.ID, "uuid": Says.ID, "guid": Says.ID}
_SHOWN = ("display",)
"""What tells names apart and not whose they are."""

_PEOPLE = """
    account attendee author billing buyer cardholder cashier child client contact creator customer
    doctor employee guest host invitee lead member organizer owner parent participant patient payer
    people person practitioner profile provider receiver recipient reporter respondent sender
    shipping signer staff student stylist subscriber teacher technician therapist user visitor your
"""
PEOPLE = frozenset(_PEOPLE.split())
"""Words for whom a thing is about; `name` and `id` beside or below them are a person's."""


def words_of(key: str) -> list[str]:
    """The words of a key in any notation: `billingFirst_name` is billing, first, name."""
    # Salesforce marks fields that a customer made.
    key = re.sub(r"__(?:c|pc|r)\Z", "", key)
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+", key)
    return [word.lower() for word in found]


def names_a_person(key: str) -> bool:
    """Whether any word of a key is one for a person."""
    return any(word in PEOPLE or word.removesuffix("s") in PEOPLE for word in words_of(key))


@lru_cache(maxsize=4096)
def meaning(key: str) -> Meaning:
    """What a key says of its value, as far as it can be told from the key alone."""
    words = words_of(key)
    joined = "".join(words)
    if joined in _WHOLE:
        return Meaning(_WHOLE[joined])
    tails = {"".join(words[at:]) for at in range(len(words))}
    for ending, says in _BY_LENGTH:
        if ending in tails or (ending not in _SHORT and joined.endswith(ending)):
            return Meaning(says, joined.removesuffix(ending))
    return _of_name_or_id(words, key)


def _of_name_or_id(words: list[str], key: str) -> Meaning:
    says = _DOUBTFUL.get(words[-1]) if words else None
    owner = "".join(word for word in words[:-1] if word not in _SHOWN)
    if says is None or (owner and not names_a_person(key)):
        return Meaning(Says.NOTHING)
    return Meaning(says, owner, doubtful=not owner)
