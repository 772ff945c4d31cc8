"""The values of an XML document, with every character's place."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from xml.sax.saxutils import escape  # writes text, parses nothing

from relay.recording.values import Value, as_it_stands

_PIECE = re.compile(
    r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[(?P<cdata>.*?)\]\]>|<!.*?>|</[^>]*>|"
    r"<(?P<tag>[^\s/>!?]+)(?P<attributes>(?:\"[^\"]*\"|'[^']*'|[^>\"'])*?)(?P<end>/?)>|(?P<text>[^<]+)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s=]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_CHARACTER = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|\w+);|.", re.DOTALL)


def is_xml(text: str) -> bool:
    return re.match(r"\s*<[?!\w]", text) is not None


def xml_values(document: str) -> Iterator[Value]:
    """Texts and attributes; elements are named by local name, attributes with an @."""
    path: list[tuple[str, ...]] = []
    seen: Counter[tuple[str, ...]] = Counter()
    for piece in _PIECE.finditer(document):
        if piece["tag"]:
            path.append(_numbered(_keys(path), _local(piece["tag"]), seen))
            yield from _attributes(piece, _keys(path))
            if piece["end"]:
                path.pop()
        elif piece[0].startswith("</") and path:
            path.pop()
        elif piece["cdata"]:
            start, end = piece.span("cdata")
            yield Value(_keys(path), piece["cdata"], range(start, end + 1), as_it_stands)
        elif piece["text"] and piece["text"].strip():
            yield _text(piece["text"], piece.start(), _keys(path))


def _numbered(above: tuple[str, ...], name: str, seen: Counter[tuple[str, ...]]) -> tuple[str, ...]:
    """An element's keys: its name, and its number from the second of that name on."""
    number = seen[*above, name]
    seen[*above, name] += 1
    return (name, str(number)) if number else (name,)


def _keys(path: list[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(key for keys in path for key in keys)


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _attributes(piece: re.Match[str], path: tuple[str, ...]) -> Iterator[Value]:
    for found in _ATTRIBUTE.finditer(piece["attributes"]):
        if not found[1].startswith("xmlns"):
            group = 2 if found[2] is not None else 3
            at = piece.start("attributes") + found.start(group)
            yield _text(found[group], at, (*path, f"@{_local(found[1])}"))


def _text(raw: str, start: int, path: tuple[str, ...]) -> Value:
    characters, offsets = [], [start]
    for found in _CHARACTER.finditer(raw):
        meant = html.unescape(found[0])
        # An entity that is none of ours stays what it is, character by character.
        characters.append(meant if len(meant) == 1 else "\ufffd")
        offsets.append(start + found.end())
    return Value(
        path, "".join(characters), offsets, lambda text: escape(text, {'"': "&quot;", "'": "&apos;"})
    )
