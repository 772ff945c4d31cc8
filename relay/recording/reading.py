"""Values with what their place says about them, and whom they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from relay.recording.keys import Says, meaning, names_a_person
from relay.recording.values import Value

_HOLDERS = frozenset({"value", "values", "text", "answer", "response", "content", "raw"})
"""Keys that say nothing themselves; what they hold is named beside or above them."""
_LABELS = ("label", "question", "title", "field", "key", "name", "property", "ref")

Path = tuple[str, ...]
Person = tuple[Path, str]
"""Whom a value belongs to: an object, and what the keys of that person there begin with."""


@dataclass(frozen=True, slots=True)
class Read:
    """A value, what its key says, and whom it belongs to."""

    value: Value
    says: Says
    person: Person


def read_all(values: Sequence[Value], also: frozenset[str] = frozenset()) -> list[Read]:
    """Values with their meaning. Keys in `also` are personal because somebody says so."""
    texts = {value.path: value.text for value in values if value.kind != "key"}
    read = [_read(value, texts, also) for value in values]
    known = _people(read)
    return [_doubted(one, known) for one in read]


def _read(value: Value, texts: Mapping[Path, str], also: frozenset[str]) -> Read:
    if value.kind == "key":
        return Read(value, Says.NOTHING, ((), ""))
    at, key = _named(value.path, texts)
    if key in also:
        return Read(value, Says.ALSO, (value.path, ""))
    says, owner = meaning(key)
    if says is Says.LOGIN and " " in value.text.strip():
        says, owner = Says.FULL, owner or "user"
    return Read(value, says, (at, owner))


def _named(path: Path, texts: Mapping[Path, str]) -> tuple[Path, str]:
    """The object that a value belongs to, and its key there or the label beside it."""
    place = path
    while place and place[-1].isdigit():
        place = place[:-1]
    if place and place[-1].lower() in _HOLDERS:
        above = place[:-1]
        for label in _LABELS:
            for beside in ((*above, label), (*above, "field", label)):
                if beside in texts and meaning(texts[beside]).says:
                    return above, texts[beside]
        return _named(above, texts) if above else (above, place[-1])
    # In a list of texts, each is of another person.
    at = place[:-1] if place == path else path
    return at, place[-1] if place else ""


def _people(read: Iterable[Read]) -> frozenset[Path]:
    """Objects that hold an address or a person's name of their own."""
    telling = (Says.EMAIL, Says.FIRST, Says.LAST)
    return frozenset(one.person[0] for one in read if one.says in telling and not one.person[1])


def _doubted(one: Read, known: frozenset[Path]) -> Read:
    """A bare `name` or `id` is a person's only in an object that is about a person."""
    at, owner = one.person
    if one.says not in (Says.FULL, Says.ID) or owner or at in known:
        return one
    above = next((key for key in reversed(at) if not key.isdigit()), "")
    return one if names_a_person(above) else Read(one.value, Says.NOTHING, one.person)
