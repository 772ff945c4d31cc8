"""Requests as the ledger holds them, recorded cases among them, and recordings of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from relay.core.case import Case, parse_case, run_case
from relay.core.connector import Connector
from relay.core.jwt import parse_jwt
from relay.core.request import Request
from relay.recording.record import Recording, Stored, record
from relay.registry import Registry

CASES = Path(__file__).parent.parent / "connectors"
REGISTRY = Registry()
GENERIC = REGISTRY.get("generic")
NOW = 1_772_366_400.0
KIND = {"kind": "contact.created"}


def stored(body: str | bytes, **given: Any) -> Stored:
    content = body.encode() if isinstance(body, str) else body
    usual: dict[str, Any] = {"method": "POST", "query": "", "headers": {}, "settings": KIND}
    return Stored(body=content, received_at=NOW, **usual | given)


def recorded(body: str | bytes, connector: Connector = GENERIC, also: str = "", **given: Any) -> Recording:
    keys = frozenset(also.split())
    return record(stored(body, **given), connector, title="t", evidence="e", also=keys)


def body_of(body: str | bytes, **given: Any) -> str:
    return recorded(body, **given).case.request.content.decode()


def data_of(data: Any, **given: Any) -> Any:
    return json.loads(body_of(json.dumps(data), **given))


def accepted(connector: Connector) -> Iterator[tuple[str, Stored]]:
    """Every case of a connector that enters the pipeline, as the ledger would hold its request."""
    for file in sorted(CASES.glob(f"{connector.name}/*.json")):
        case = parse_case(file.read_bytes())
        if run_case(case, connector)["outcome"] not in ("unverified", "handshake"):
            yield file.stem, as_stored(case)


def as_stored(case: Case) -> Stored:
    query = urlsplit(case.request.url).query
    return Stored(
        method=case.request.method,
        query=f"?{query}" if query else "",
        headers={name.lower(): text for name, text in case.request.headers.items()},
        body=case.request.content,
        received_at=case.now,
        settings=case.source.settings,
        secrets=[key for keys in case.source.secrets.values() for key in keys],
        upstream=case.upstream,
    )


def token_of(claims: dict[str, Any]) -> str:
    parts = (b'{"alg":"RS256"}', json.dumps(claims).encode(), b"signature-of-the-vendor")
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def claims_of(token: str) -> Any:
    return parse_jwt(Request("POST", "", {}, token.encode())).raw
