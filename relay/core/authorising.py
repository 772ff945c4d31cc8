"""Secrets into calls: the shell does it last, so that nothing before it holds a value."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import orjson

from relay.core.auth import Auth, Exchange
from relay.core.errors import Unreadable
from relay.core.lookup import Answer, LookUp
from relay.core.payload import Node
from relay.core.source import Source

_EARLY = 60.0
_LONGEST = 86_400.0

# What OAuth answers with 400 are credentials that it does not take (RFC 6749, 5.2).
_NOT_TAKEN = (400, 404, 410, 422)
_OUTLIVED = (401, 419)


def authorised(call: LookUp, source: Source, auth: Sequence[Auth]) -> LookUp:
    """The call with the newest value of each secret in its place."""
    for one in auth:
        call = _with(call, one, next(iter(source.keys(one.secret)), ""))
    return call


def _with(call: LookUp, auth: Auth, secret: str) -> LookUp:
    match auth.kind:
        case "header":
            return with_header(call, auth.name, auth.prefix + secret)
        case "basic":
            return with_header(call, "authorization", _basic(f"{auth.name}:{secret}"))
        case "basic_user":
            return with_header(call, "authorization", _basic(f"{secret}:"))
        case "query":
            joint = "&" if "?" in call.url else "?"
            return replace(call, url=call.url + joint + urlencode({auth.name: secret}))
        case "form":
            field = urlencode({auth.name: secret}).encode()
            return replace(call, body=b"&".join(part for part in (call.body, field) if part))
        case "json":
            return replace(call, body=_put(call.body or b"null", auth.path, secret))


def with_header(call: LookUp, name: str, value: str) -> LookUp:
    return replace(call, headers={**call.headers, name: value})


def _basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


def _put(body: bytes, path: Sequence[str | int], secret: str) -> bytes:
    root: Any = orjson.loads(body)
    holder = root
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = secret
    return orjson.dumps(root)


def call_for_token(exchange: Exchange, source: Source) -> LookUp:
    headers = {"content-type": exchange.content_type, **exchange.headers}
    call = LookUp("POST", exchange.url, None, headers, exchange.body, exchange.later)
    return authorised(call, source, exchange.auth)


def token_in(exchange: Exchange, answer: Answer) -> tuple[str, float] | Answer:
    """The token and the seconds that it may be used, or an answer whose status tells why there is none.

    401 are refused credentials, which some vendors answer with a 200 and an `error`.
    """
    if not answer.found:
        refused = answer.status in _NOT_TAKEN and not answer.later
        return replace(answer, status=401) if refused else answer
    return _read_token(exchange, answer.body) or Answer(401 if _has_error(answer.body) else 502, Node(None))


def _has_error(body: Node) -> bool:
    return isinstance(body.raw, dict) and isinstance(body.raw.get("error"), str)


def _read_token(exchange: Exchange, body: Node) -> tuple[str, float] | None:
    try:
        token = body.get(*exchange.token).text_or_none()
        lasts = body.get(*exchange.lifetime) if exchange.lifetime else None
        seconds = float(lasts.number()) if lasts is not None and lasts.exists else exchange.lasts
    except Unreadable:
        return None
    return (token, min(max(seconds - _EARLY, 1.0), _LONGEST)) if token else None


def is_outlived(answer: Answer) -> bool:
    """Whether a token was refused that another one may replace."""
    return answer.status in _OUTLIVED and not answer.later


def by_token(call: LookUp, exchange: Exchange, token: str) -> LookUp:
    return with_header(call, exchange.header, exchange.prefix + token)
