"""One HTTP call received from a source, and the answer that it gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

from relay.core.values import valueclass


def fold_headers(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Header names in lower case; a repeated header's values are joined by a comma (RFC 9110, 5.3)."""
    folded: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        folded[key] = f"{folded[key]}, {value}" if key in folded else value
    return folded


def public_url(registered: str | None, seen: str) -> str:
    """The URL as the vendor knows it: what was registered, unless the query that came is another one.

    A query is never filled in: a token that stands in the registered URL proves nothing unless it was sent.
    """
    if registered is None:
        return seen
    if not seen and "?" not in registered:
        return registered
    base, _, own = registered.partition("?")
    query = urlsplit(seen).query
    if parse_qsl(query, keep_blank_values=True) == parse_qsl(own, keep_blank_values=True):
        return registered
    return f"{base}?{query}" if query else base


@valueclass(frozen=True, slots=True)
class Request:
    """A received call, as its sender meant it.

    `url` is the *public* URL that was registered at the vendor, not what the socket saw behind a proxy.
    `headers` has lower-case names. `token` is the last segment of `/hooks/{source}/{token}`.
    `received_at` (Unix seconds) dates events that carry no time of their own.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    token: str | None = None
    received_at: float | None = None

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    def query(self, name: str) -> str | None:
        """The first value of a query parameter; an empty value counts as present."""
        pairs = parse_qsl(urlsplit(self.url).query, keep_blank_values=True)
        return next((value for key, value in pairs if key == name), None)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a sender: most want an empty 200, some a certain body.

    `tell` is for a handshake after which a person has something to do: what, in a sentence. The request is
    kept, so that `relay quarantine show` can show the code or secret that it brought.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tell: str = ""
