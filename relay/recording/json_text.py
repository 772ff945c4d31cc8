"""The values of a JSON document, with every character's place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from relay.recording.values import Value, as_it_stands

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[][{}:,]')
# A pair of surrogates is one character.
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)


@dataclass(slots=True)
class _Container:
    """An object or list that is open at this point; `key` is where its next value stands."""

    is_object: bool
    key: str = "0"
    awaits_key: bool = False


def is_json(text: str) -> bool:
    """Whether a text is a JSON object or list."""
    bare = text.removeprefix("\ufeff").lstrip()
    if not bare.startswith(("{", "[")):
        return False
    try:
        orjson.loads(bare)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return False
    return True


def json_values(document: str) -> Iterator[Value]:
    """Texts, numbers and keys of a document that is JSON, in their order."""
    opened: list[_Container] = []
    for token in _TOKEN.finditer(document):
        text, path = token[0], tuple(container.key for container in opened)
        inside = opened[-1] if opened else None
        if text in "{[":
            opened.append(_Container(text == "{", awaits_key=text == "{"))
        elif text in "}]":
            opened.pop()
        elif text == "," and inside:
            _next(inside)
        elif text[0] == '"':
            value = _string(text, token.start(), path)
            if inside and inside.is_object and inside.awaits_key:
                inside.key, inside.awaits_key = value.text, False
                yield Value((*path[:-1], value.text), value.text, value.offsets, value.write, "key")
            else:
                yield value
        elif text[0] in "-0123456789":
            yield Value(path, text, range(token.start(), token.end() + 1), as_it_stands, "number")


def _next(container: _Container) -> None:
    if container.is_object:
        container.awaits_key = True
    else:
        container.key = str(int(container.key) + 1)


def _string(token: str, start: int, path: tuple[str, ...]) -> Value:
    characters, offsets = [], [start + 1]
    for found in _CHARACTER.finditer(token, 1, len(token) - 1):
        raw = found[0]
        characters.append(json.loads(f'"{raw}"') if raw[0] == "\\" else raw)
        offsets.append(start + found.end())
    return Value(path, "".join(characters), offsets, _written)


def _written(text: str) -> str:
    return json.dumps(text)[1:-1]
