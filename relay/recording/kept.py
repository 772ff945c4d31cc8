"""What looks as if it told something about a person, and was kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from relay.recording.documents import Document
from relay.recording.keys import Says, words_of
from relay.recording.replacing import Replacer
from relay.recording.values import apply

_WORDS = """
    age birth company gender insurance lat latitude lng longitude medical organization race religion
    sex ssn
"""
_TELLING = frozenset(_WORDS.split())
_IDS = ("id", "ids", "uuid", "guid")
_NUMBER = re.compile(r"\(?\d[\d\s().\-/]{7,}\d")
_PLAIN_NUMBER = re.compile(r"\d+|\d{4}-\d\d-\d\d.*")
_OPAQUE = re.compile(r"[A-Za-z0-9_=+/.-]{60,}")
_FEWEST_WORDS = 4


class Kept(NamedTuple):
    """A value that a person should look at before the case is shared; `text` is as it stands in the case."""

    document: str
    path: tuple[str, ...]
    why: str
    text: str


def kept_in(documents: Iterable[Document], replacer: Replacer) -> Iterator[Kept]:
    for document in documents:
        for one in document.everything():
            edits = [change.edit for change in replacer.changes(one)]
            left = apply(one.value.text, [edit._replace(text="") for edit in edits])
            why = _doubt(left, one.value.path, one.says) if one.value.kind != "key" else ""
            if why:
                yield Kept(document.name, one.value.path, why, apply(one.value.text, edits))


def _doubt(text: str, path: tuple[str, ...], says: Says) -> str:
    """Why what is left of a value may be about a person; empty: nothing says so."""
    key = next((part for part in reversed(path) if not part.isdigit()), "")
    if not any(mark.isalnum() for mark in text):
        return ""
    words = words_of(key)
    if _TELLING.intersection(words) and words[-1] not in _IDS:
        return f"{key} may tell who it is"
    if says in (Says.PHONE, Says.FIRST, Says.LAST):
        return f"a {says.value} that was not understood"
    return "" if "://" in text else _doubt_of_text(text.strip(), words)


def _doubt_of_text(text: str, words: list[str]) -> str:
    if words[-1:] == ["name"] and re.search(r"[^\W\d_]{2}", text) and text != text.lower():
        return "the name of a thing, or of somebody"
    if len([word for word in text.split() if word.isalpha()]) >= _FEWEST_WORDS:
        return "free text"
    if _NUMBER.fullmatch(text) and not _PLAIN_NUMBER.fullmatch(text):
        return "may be a phone number"
    return "cannot be looked into" if _OPAQUE.search(text) else ""
