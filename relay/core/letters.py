"""Dead letters in plain words: what each cause means, what can be done, and which letters are alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

import orjson


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a cause says to somebody who is no developer, and what they can do."""

    what: str
    remedy: str


MEANINGS: Mapping[str, Meaning] = {
    "unreadable": Meaning(
        "The webhook is real, and something in it could not be read.",
        "Look at the place that is named; read it again once sender or connector is mended, or discard it.",
    ),
    "refused": Meaning(
        "The destination refused this contact.",
        "Correct the contact and send it again, or discard it.",
    ),
    "gave_up": Meaning(
        "The destination could not be reached for as long as the retries go on. Nothing was sent.",
        "Send it again once the destination answers.",
    ),
    "unknown": Meaning(
        "It was sent, and no answer said whether it worked.",
        "Look at the destination: mark it as delivered if the contact is there, else send it again.",
    ),
    "unconfirmed": Meaning(
        "The call worked, and its answer does not say that this contact was queued.",
        "Often the contact unsubscribed there. Look, and mark it as delivered, discard it or send it again.",
    ),
    "held": Meaning(
        "The location or employee has no id at the destination yet.",
        "Add it to the maps of the destination: then it goes out by itself.",
    ),
    "unmapped": Meaning(
        "The location or employee has no id at the destination.",
        "Add it to the maps of the destination and send it again, or discard it.",
    ),
}

_ADDRESS = re.compile(r"\S+@\S+")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_LONG_ID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b\w*\d\w{6,}\b")
_NUMBER = re.compile(r"\d+")
_LONGEST = 300


def symptom(reason: str, path: str | None = None) -> str:
    """What letters of the same trouble have in common: the reason without people, ids and numbers."""
    text = f"{path} {reason}" if path not in (None, "$") else reason
    for pattern, stands_for in ((_ADDRESS, "…@…"), (_LONG_ID, "…"), (_QUOTED, "'…'"), (_NUMBER, "#")):
        text = pattern.sub(stands_for, text)
    return text[:_LONGEST]


_WORD = re.compile(r"[^\s\"'<>,;:()\[\]{}&=?|\\/]+")
_PHONE_NUMBER = re.compile(r"\+?[\d\s()./-]{4,}")
_MOST_READ = 65_536
_LONGEST_PERSON = 500


def person_text(email: str, fragment: bytes) -> str:
    """What a person is found by: address, names and phone number, in lower case."""
    contact = orjson.loads(fragment)
    parts = (email, contact.get("firstName"), contact.get("lastName"), contact.get("phone"))
    return " ".join(part for part in parts if part).lower()


def addresses_in(body: bytes) -> str:
    """The e-mail addresses that stand in a request that could not be read, in lower case; bounded."""
    text = body[:_MOST_READ].decode("utf-8", "replace")
    if "%40" in text:
        text = unquote_plus(text)
    words = (word for word in _WORD.findall(text.lower()) if 0 < word.find("@") < len(word) - 1)
    return " ".join(dict.fromkeys(words))[:_LONGEST_PERSON]


def sought(person: str) -> str:
    """What somebody typed to find a person, as it stands in such a text: numbers have no spaces there."""
    text = person.strip().lower()
    return re.sub(r"[^\d+]", "", text) if _PHONE_NUMBER.fullmatch(text) else text


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFilter:
    """Which dead letters are meant; what is empty or None does not matter. Times are in milliseconds.

    `codes` are the destination's own. `person` is part of an address, a name or a phone number; `text` is
    part of the reason, its place, the event type or the business key.
    """

    sources: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    symptom: str | None = None
    person: str | None = None
    text: str | None = None
    since: int | None = None
    until: int | None = None


EVERY_LETTER = LetterFilter()
