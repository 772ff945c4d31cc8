"""What is signed: the parts of a request in the order that a sender puts them."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from relay.core.parsing import parse_json
from relay.core.payload import Node
from relay.core.request import Request


class Claim(NamedTuple):
    """What a request claims: its signatures, and the timestamp text as it was signed."""

    signatures: tuple[str, ...]
    stamp: str = ""


Signed = Callable[[Request, Claim], bytes]
"""May raise `Unreadable` where a part of the body is signed that is not there."""


def as_sent(text: str) -> bytes:
    """The bytes of header or URL text: what was not UTF-8 on the wire comes back as it was."""
    return text.encode("utf-8", "surrogateescape")


_PARTS: Final[dict[str, Signed]] = {
    "body": lambda request, _claim: request.body,
    "body_base64": lambda request, _claim: base64.b64encode(request.body),
    "body_crc32": lambda request, _claim: str(zlib.crc32(request.body)).encode(),
    "method": lambda request, _claim: request.method.encode(),
    "path": lambda request, _claim: as_sent(urlsplit(request.url).path),
    "query": lambda request, _claim: as_sent(urlsplit(request.url).query),
    "timestamp": lambda _request, claim: as_sent(claim.stamp),
    "url": lambda request, _claim: as_sent(request.url),
}
PARTS: Final = (*_PARTS, "header:NAME", "field:PATH")
PLACEHOLDER: Final = re.compile(r"\{([\w:.-]+)\}")


def signed_as(template: str) -> Signed:
    """Text with parts: `{body}`, `{timestamp}`, `{url}`, `{header:x-id}`, `{field:data.id}` …

    A missing header is empty; a field of a JSON body must be there, and is signed to the letter.

    Raises `ValueError` for a part that there is not.
    """
    # Splitting by a pattern with one group gives literal text and names in turns.
    pieces = enumerate(PLACEHOLDER.split(template))
    parts = [_part(piece) if index % 2 else _literal(piece) for index, piece in pieces if piece]
    return lambda request, claim: b"".join([part(request, claim) for part in parts])


def _part(name: str) -> Signed:
    if name in _PARTS:
        return _PARTS[name]
    kind, _, place = name.partition(":")
    if kind not in ("header", "field") or not place:
        raise ValueError(f"unknown part {{{name}}}; there are {', '.join(PARTS)}")
    if kind == "field":
        return lambda request, _claim: as_sent(_to_the_letter(parse_json(request).get(*place.split("."))))
    return lambda request, _claim: as_sent(request.header(place.lower()) or "")


def _to_the_letter(node: Node) -> str:
    return node.raw if isinstance(node.raw, str) else node.text()


def _literal(text: str) -> Signed:
    return lambda _request, _claim: text.encode()


body_alone: Final = _PARTS["body"]
stamp_dot_body: Final = signed_as("{timestamp}.{body}")
url_then_body: Final = signed_as("{url}{body}")


def url_then_sorted_form(request: Request, claim: Claim) -> bytes:  # noqa: ARG001  # one of a family
    """The URL, then each field of a form as name and value in a row, sorted by name."""
    text = request.body.decode("utf-8", "surrogateescape")
    fields = sorted(parse_qsl(text, keep_blank_values=True, errors="surrogateescape"))
    return as_sent(request.url) + b"".join(as_sent(name) + as_sent(value) for name, value in fields)
