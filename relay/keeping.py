"""How a verified request is kept: as it came, without the credentials that it showed."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import cache
from itertools import chain
from urllib.parse import unquote_plus

import orjson

from relay.config.installation import ActiveSource
from relay.core.request import Request
from relay.core.source import Source
from relay.store.rows import Incoming

_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie"})


def storable(active: ActiveSource, request: Request, query: str, received_at: int) -> Incoming:
    """A verified request as it is kept: without the credentials that it showed."""
    headers, hidden = request.headers, hidden_headers(active.connector.verify.secret_headers)
    if not hidden.isdisjoint(headers):
        headers = {name: value for name, value in headers.items() if name not in hidden}
    kept_query = without_credentials(query, active.source)
    return Incoming(active.name, received_at, request.method, kept_query, as_json(headers), request.body)


@cache
def hidden_headers(secret_headers: frozenset[str]) -> frozenset[str]:
    """The names of headers that show a credential, in lower case."""
    return _CREDENTIALS | secret_headers


def without_credentials(query: str, source: Source) -> str:
    """The query without a `token` and without whatever else shows a secret; the rest just as it came."""
    if not query:
        return query
    secrets = frozenset(chain(*source.secrets.values()))
    kept = [part for part in query[1:].split("&") if not _shows_credential(part, secrets)]
    return "?" + "&".join(kept) if any(kept) else ""


def _shows_credential(part: str, secrets: Container[str]) -> bool:
    name, _, value = part.partition("=")
    return unquote_plus(name) == "token" or unquote_plus(value) in secrets


def as_json(headers: Mapping[str, str]) -> bytes:
    """Headers as JSON, which holds text alone: bytes that are not UTF-8 become question marks."""
    try:
        return orjson.dumps(headers)
    except orjson.JSONEncodeError:
        text = {name: value.encode("utf-8", "replace").decode() for name, value in headers.items()}
        return orjson.dumps(text)
