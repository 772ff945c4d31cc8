"""The values of forms, queries and other percent-encoded texts, with every character's place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from urllib.parse import quote, quote_plus, unquote

from relay.recording.values import Value, as_it_stands

_CODED = re.compile(r"(?:%[0-9a-fA-F]{2})+|.", re.DOTALL)
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
_FORM = re.compile(r"[^\s=&]+=[^\s]*\Z")
_PARTS = re.compile(r"(?:\w+ = [^\r\n]*(?:\r?\n|\Z))+\Z")
_LINE = re.compile(r"(\w+) = ([^\r\n]*)")
_MARKED = "@:/,()'!*$;"


def is_form(text: str) -> bool:
    return _FORM.match(text) is not None


def is_coded(text: str) -> bool:
    return _PERCENT.search(text) is not None


def is_parts(text: str) -> bool:
    return _PARTS.match(text) is not None


def parts_values(document: str) -> Iterator[Value]:
    """The parts of an answer that stand in lines, `first = Ana`, as Formstack's forms have them."""
    for line in _LINE.finditer(document):
        yield Value((line[1],), line[2], range(line.start(2), line.end(2) + 1), as_it_stands)


def form_values(document: str, start: int = 0) -> Iterator[Value]:
    """Keys and values of a form or query; `a[b]` is the path `a`, `b`."""
    for pair in re.finditer(r"[^&]+", document[start:]):
        key, equals, text = pair[0].partition("=")
        at = start + pair.start()
        name = _decoded(key, at, (), plus=True)
        path = tuple(part for part in re.split(r"[\[\].]+", name.text) if part) or (name.text,)
        yield Value(path, name.text, name.offsets, name.write, "key")
        if equals:
            yield _decoded(text, at + len(key) + 1, path, plus=True)


def coded_value(document: str) -> Value:
    """A text, such as a URL, with what is percent-encoded in it decoded."""
    return _decoded(document, 0, (), plus=False)


def _decoded(raw: str, start: int, path: tuple[str, ...], *, plus: bool) -> Value:
    characters, offsets = [], [start]
    for found in _CODED.finditer(raw):
        at = start + found.start()
        for character, length in _characters(found[0], plus=plus):
            at += length
            characters.append(character)
            offsets.append(at)
    # Which marks a sender leaves as they are differs; what it did in this text it would do again.
    safe = "".join(mark for mark in _MARKED if mark in raw)
    write = partial(quote_plus if plus and "%20" not in raw else quote, safe=safe)
    return Value(path, "".join(characters), offsets, write)


def _characters(raw: str, *, plus: bool) -> Iterator[tuple[str, int]]:
    """The characters of one piece, each with the length of what stands for it."""
    if raw == "+" and plus:
        yield " ", 1
        return
    if raw[0] != "%" or len(raw) < 3:
        yield raw, 1
        return
    text = unquote(raw, errors="surrogateescape")
    for character in text:
        yield character, 3 * len(character.encode("utf-8", "surrogateescape"))
