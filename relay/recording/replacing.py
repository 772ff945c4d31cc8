"""The edits that put invented people into a document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from relay.recording.keys import Says
from relay.recording.people import EMAIL, WORD, Cast, same
from relay.recording.phones import Numbers, in_notation
from relay.recording.phrases import Phrases
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
        self._numbers = Numbers(cast.phones)
        self._literals = {entry[0]: entry for entry in cast.literals.values()}
        self._phrases = Phrases(self._literals)
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
        taken = bytearray(len(one.value.text))
        for says, start, end, new in self._found(one):
            if any(taken[start:end]):
                continue
            old = one.value.text[start:end]
            if old != new and (one.value.kind != "number" or _NUMBER.fullmatch(new)):
                taken[start:end] = b"\1" * (end - start)
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
        for known, start, end in self._phrases.find(text):
            yield self._literals[known][2], start, end, self._literals[known][1]
        for phone, start, end in self._numbers.find(text):
            new = in_notation(text[start:end], phone, self._cast.phones[phone])
            # JSON has no number with a plus.
            yield Says.PHONE, start, end, new.lstrip("+") if one.value.kind == "number" else new
        if one.value.kind != "key":
            in_name = one.says in _NAMES
            for match in WORD.finditer(text):
                if word := self._cast.word(match[0], in_name=in_name):
                    says = one.says if in_name else Says.FULL
                    yield says, *match.span(), _as_written(match[0], word)


def _as_written(old: str, new: str) -> str:
    """The new word in capitals or small letters where the old one was."""
    if len(old) > 1 and old.isupper():
        return new.upper()
    return new.lower() if old.islower() else new
