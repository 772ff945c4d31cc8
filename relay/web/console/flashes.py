"""What became of the last thing an operator did: told once, on the page that follows."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

import orjson

from relay.web.console.navigation import ROOT
from relay.web.console.rendering import Flash

_NAME = "relay-said"
_LONGEST = 500
_TONES = {"good", "warn", "bad"}

TAKING = f"{_NAME}=; Path={ROOT}; Max-Age=0; HttpOnly; SameSite=Lax"
"""The value of Set-Cookie that makes the browser forget it."""


def giving(flash: Flash) -> str:
    """The value of Set-Cookie that brings it to the next page."""
    told = urlsafe_b64encode(orjson.dumps([flash.tone, flash.text[:_LONGEST]])).decode()
    return f"{_NAME}={told}; Path={ROOT}; Max-Age=60; HttpOnly; SameSite=Lax"


def shown(cookies: Mapping[str, str]) -> tuple[Flash, ...]:
    """What a browser brings; only words of its own user, whatever they are."""
    try:
        tone, text = orjson.loads(urlsafe_b64decode(cookies.get(_NAME, "")))
    except (ValueError, TypeError):
        return ()
    return (Flash(tone, text[:_LONGEST]),) if tone in _TONES and isinstance(text, str) else ()
