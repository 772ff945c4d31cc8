"""A JSON document with each of its values in turn missing or odd."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from relay.core.errors import Unreadable
from relay.core.jwt import parse_jwt
from relay.core.request import Request

ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    "",
    "x\x00",
    "9" * 5000,
    "9999-12-31T23:59:59Z",
    [],
    {},
    [None],
)


class Place(NamedTuple):
    """A value inside a JSON document: its container, its key there, and its path."""

    container: Any
    key: Any
    path: str


class Variant(NamedTuple):
    """A changed document, and what was changed. The document is only valid until the next variant."""

    document: Any
    change: str


def document_in(body: bytes) -> Any:
    """The JSON value of a body, also within a JWT, which signing makes of it again; None for other kinds."""
    try:
        return json.loads(body)
    except ValueError:
        pass
    try:
        return parse_jwt(Request("POST", "", {}, body)).raw
    except Unreadable:
        return None


def places(value: Any, path: str = "$") -> Iterator[Place]:
    """Every place inside a JSON value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        below = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}"
        yield Place(value, key, below)
        yield from places(value[key], below)


def variants(document: Any) -> Iterator[Variant]:
    """A document with each value in turn odd or missing."""
    root = {"root": copy.deepcopy(document)}
    for container, key, path in [Place(root, "root", "$"), *places(root["root"])]:
        kept = container[key]
        for odd in ODD_VALUES:
            container[key] = odd
            yield Variant(root["root"], f"{path} is {_short(odd)}")
        if isinstance(container, dict) and container is not root:
            del container[key]
            yield Variant(root["root"], f"{path} is missing")
        container[key] = kept


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:20]}… ({len(text)} characters)"
