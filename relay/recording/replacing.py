"""The edits that put invented people into a document."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from relay.recording.keys import Says
from relay.recording.people import EMAIL, WORD, Cast, same
from relay.recording.phones import FEWEST_DIGITS, digits_of, in_notation, pattern_of
from relay.recording.reading import Read
from relay.recording.values import Edit

_NUMBER = re.compile(r"-?\d+")
_NAMES = (Says.FIRST, Says.LAST, Says.FULL)


class Change(NamedTuple):
    """What was replaced where, and by what."""

    path: tuple[str, ...]
    says: Says
    old: str
    new: str
    edit: Edit


class Replacer:
    """Finds everybody of a cast in a value. Where two could be meant, the more certain one is."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._phones = list(cast.phones.items())
        self._phone_pattern = _any(f"({pattern_of(old)})" for old in cast.phones)
        # The longer one is meant where one stands inside another.
        spellings = sorted((entry[0] for entry in cast.literals.values()), key=len, reverse=True)
        self._literal_pattern = _any(map(_pattern, spellings))
        self._known: dict[int, tuple[Read, list[Change]]] = {}

    def changes(self, one: Read) -> list[Change]:
        """The changes of a value, which do not overlap; their edits are of its text."""
        if id(one) not in self._known:
            # The value is kept, too, so that its id is no other's meanwhile.
            self._known[id(one)] = one, self._changes(one)
        return self._known[id(one)][1]

    def _changes(self, one: Read) -> list[Change]:
        alone = self._alone(one)
        if alone is not None:
            return [alone]
        found: list[Change] = []
        for says, start, end, new in self._found(one):
            if all(end <= other.edit.start or start >= other.edit.end for other in found):
                old = one.value.text[start:end]
                if old != new and (one.value.kind != "number" or _NUMBER.fullmatch(new)):
                    found.append(Change(one.value.path, says, old, new, Edit(start, end, new)))
        return found

    def _alone(self, one: Read) -> Change | None:
        """The change of a value that is replaced as a whole, since its key says what it is."""
        text = one.value.text
        new = self._cast.fields.get((one.says, same(text)))
        if new is None:
            return None
        start = len(text) - len(text.lstrip())
        edit = Edit(start, len(text.rstrip()), new)
        return Change(one.value.path, one.says, text.strip(), new, edit)

    def _found(self, one: Read) -> Iterator[tuple[Says, int, int, str]]:
        text = one.value.text
        for match in EMAIL.finditer(text):
            if email := self._cast.emails.get(same(match[0])):
                yield Says.EMAIL, *match.span(), email
        for match in self._literal_pattern.finditer(text):
            if literal := self._cast.literals.get(same(match[0])):
                yield literal[2], *match.span(), literal[1]
        yield from self._numbers(text)
        if one.value.kind != "key":
            in_name = one.says in _NAMES
            for match in WORD.finditer(text):
                if word := self._cast.word(match[0], in_name=in_name):
                    says = one.says if in_name else Says.FULL
                    yield says, *match.span(), _as_written(match[0], word)

    def _numbers(self, text: str) -> Iterator[tuple[Says, int, int, str]]:
        if len(digits_of(text)) < FEWEST_DIGITS:
            return
        for match in self._phone_pattern.finditer(text):
            old, new = self._phones[(match.lastindex or 1) - 1]
            yield Says.PHONE, *match.span(), in_notation(match[0], old, new)


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    """A pattern for any of these; for none it finds nothing."""
    return re.compile("|".join(patterns) or r"(?!)", re.IGNORECASE)


def _pattern(literal: str) -> str:
    forms = dict.fromkeys(
        (literal, unicodedata.normalize("NFC", literal), unicodedata.normalize("NFD", literal))
    )
    spelt = "|".join(r"\s+".join(map(re.escape, form.split())) for form in forms)
    return rf"(?<![A-Za-z0-9])(?:{spelt})(?![A-Za-z0-9])"


def _as_written(old: str, new: str) -> str:
    """The new word in capitals or small letters where the old one was."""
    if len(old) > 1 and old.isupper():
        return new.upper()
    return new.lower() if old.islower() else new
