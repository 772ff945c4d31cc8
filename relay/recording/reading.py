"""Values with what their place says about them, and whom they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from relay.recording.keys import Meaning, Says, meaning, names_a_person
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


class _Place(NamedTuple):
    """The object that a value belongs to, its key there, and where a label stands that is the key instead."""

    at: Path
    key: str
    label: Path | None = None


def read_all(values: Sequence[Value], also: frozenset[str] = frozenset()) -> list[Read]:
    """Values with their meaning. Keys in `also` are personal because somebody says so."""
    texts = {value.path: value.text for value in values if value.kind != "key"}
    placed = [(value, _place(value, texts)) for value in values]
    labels = {place.label for _, place in placed}
    meant = [(value, place, _meaning(value, place, also)) for value, place in placed]
    known = _people(meant)
    return [_read(*one, known, is_label=one[0].path in labels) for one in meant]


def _place(value: Value, texts: Mapping[Path, str]) -> _Place:
    return _Place((), "") if value.kind == "key" else _named(value.path, texts)


def _named(path: Path, texts: Mapping[Path, str]) -> _Place:
    place = path
    while place and place[-1].isdigit():
        place = place[:-1]
    if place and place[-1].lower() in _HOLDERS:
        above = place[:-1]
        if label := _label(above, texts):
            return _Place(above, texts[label], label)
        return _named(above, texts) if above else _Place(above, place[-1])
    # In a list of texts, each is of another person.
    at = place[:-1] if place == path else path
    return _Place(at, place[-1] if place else "")


def _label(above: Path, texts: Mapping[Path, str]) -> Path | None:
    """Where in an object the text stands that says what the object holds."""
    places = (beside for label in _LABELS for beside in ((*above, label), (*above, "field", label)))
    return next((place for place in places if place in texts and meaning(texts[place]).says), None)


def _meaning(value: Value, place: _Place, also: frozenset[str]) -> Meaning:
    if value.kind == "key":
        return Meaning(Says.NOTHING)
    if place.key in also:
        return Meaning(Says.ALSO)
    found = meaning(place.key)
    if found.says is Says.LOGIN and " " in value.text.strip():
        return Meaning(Says.FULL, found.owner or "user")
    return found


def _people(meant: Iterable[tuple[Value, _Place, Meaning]]) -> frozenset[Path]:
    """Objects that hold an address or a person's name of their own."""
    telling = (Says.EMAIL, Says.FIRST, Says.LAST)
    return frozenset(place.at for _, place, one in meant if one.says in telling and not one.owner)


def _read(value: Value, place: _Place, one: Meaning, known: frozenset[Path], *, is_label: bool) -> Read:
    """A bare `name` or `id` is a person's only in an object that is about a person.

    A label is as good as a key: words in it are nobody's name.
    """
    if is_label:
        return Read(replace(value, kind="key"), Says.NOTHING, (place.at, ""))
    above = next((key for key in reversed(place.at) if not key.isdigit()), "")
    sure = not one.doubtful or place.at in known or names_a_person(above)
    return Read(value, one.says if sure else Says.NOTHING, (place.at, one.owner))
