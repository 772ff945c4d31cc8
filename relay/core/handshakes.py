"""Answers to address tests: what senders ask of a URL before they send anything to it.

A handshake is `(request, source) → Reply | None`, comes before verification and changes nothing, so that it
gives away no more than that somebody listens here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import orjson

from relay.core.errors import Unreadable
from relay.core.parsing import parse_form, parse_json
from relay.core.request import Reply, Request
from relay.core.signatures import any_match
from relay.core.source import Source

Handshake = Callable[[Request, Source], Reply | None]

_LONGEST: Final = 1000
_MOST_KEYS: Final = 3


def first_handshake(*handshakes: Handshake) -> Handshake:
    """The first of several that has an answer."""

    def handshake(request: Request, source: Source) -> Reply | None:
        replies = (one(request, source) for one in handshakes)
        return next((reply for reply in replies if reply is not None), None)

    return handshake


def answers(*methods: str) -> Handshake:
    """An empty 200 to probes by these methods, such as HEAD or GET."""
    return lambda request, _source: Reply(200) if request.method in methods else None


def text_reply(text: str) -> Reply:
    """What a stranger sent, sent back as nothing but text."""
    return Reply(200, text.encode("utf-8", "replace"), {**_PLAIN, "x-content-type-options": "nosniff"})


def json_reply(value: object, *, status: int = 200) -> Reply:
    return Reply(status, orjson.dumps(value), {"content-type": "application/json"})


_PLAIN: Final = {"content-type": "text/plain; charset=utf-8"}


def echo_query(name: str, *, token: str | None = None, secret: str = "verify_token") -> Handshake:  # noqa: S107  # its name
    """GET with a challenge in the query, sent back bare (`hub.challenge`).

    `token` is the parameter that must hold the source's secret, 403 where it does not.
    """

    def handshake(request: Request, source: Source) -> Reply | None:
        challenge = request.query(name)
        if request.method != "GET" or challenge is None or len(challenge) > _LONGEST:
            return None
        if token and not any_match((request.query(token) or "",), list(source.keys(secret))):
            return Reply(403)
        return text_reply(challenge)

    return handshake


def echo_json(name: str) -> Handshake:
    """A small JSON object with a challenge, sent back as `{"<name>": "…"}`."""

    def handshake(request: Request, _source: Source) -> Reply | None:
        try:
            root = parse_json(request)
            challenge = root.get(name).text_or_none()
        except Unreadable:
            return None
        if challenge is None or len(challenge) > _LONGEST or len(root.raw) > _MOST_KEYS:
            return None
        return json_reply({name: challenge})

    return handshake


def echo_form(name: str) -> Handshake:
    """A small form with a challenge, sent back bare."""

    def handshake(request: Request, _source: Source) -> Reply | None:
        if "x-www-form-urlencoded" not in (request.header("content-type") or ""):
            return None
        try:
            root = parse_form(request)
            challenge = root.get(name).text_or_none()
        except Unreadable:
            return None
        if challenge is None or len(challenge) > _LONGEST or len(root.raw) > _MOST_KEYS:
            return None
        return text_reply(challenge)

    return handshake


def echo_header(name: str, *, tell: str = "", secret: str = "signing_key") -> Handshake:  # noqa: S107  # its name
    """A header with a secret of the sender's, sent back as it came (`X-Hook-Secret`).

    `tell`, where the secret will sign what follows and a person has to configure it as `secret`, and has not
    yet.
    """

    def handshake(request: Request, source: Source) -> Reply | None:
        shown = request.header(name)
        if not shown or len(shown) > _LONGEST:
            return None
        known = any_match((shown,), list(source.keys(secret)))
        return Reply(200, headers={name: shown}, tell="" if known else tell)

    return handshake


def tells(name: str, tell: str) -> Handshake:
    """A small JSON object with a code that a person has to copy to the sender's page."""
    echo = echo_json(name)
    return lambda request, source: Reply(200, tell=tell) if echo(request, source) else None


def consents(request: Request, _source: Source) -> Reply | None:
    """OPTIONS by which CloudEvents senders ask whether they may send.

    https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md, section 4
    """
    origin = request.header("webhook-request-origin")
    if request.method != "OPTIONS" or not origin:
        return None
    rate = {"webhook-allowed-rate": "*"} if request.header("webhook-request-rate") else {}
    return Reply(200, headers={"allow": "POST", "webhook-allowed-origin": origin, **rate})
