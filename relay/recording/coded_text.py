"""Texts that hide in others: the claims of a JSON Web Token, and what base64 encodes."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from relay.recording.case_keys import SHARED
from relay.recording.json_text import is_json

_TOKEN = re.compile(r"\s*(?P<head>[\w-]+)\.(?P<claims>[\w-]+)\.[\w-]*\s*", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")


class Coded(NamedTuple):
    """A text that another one encodes, and how a changed one is written in its place."""

    text: str
    write: Callable[[str], str]


def coded(text: str) -> Coded | None:
    """What a text encodes; None where it is what it seems to be."""
    if token := _TOKEN.fullmatch(text):
        claims = _decoded(token["claims"])
        if claims is not None and is_json(claims) and is_json(_decoded(token["head"]) or ""):
            return Coded(claims, partial(_token, token["head"]))
    if _BASE64.fullmatch(text):
        content = _decoded(text)
        if content is not None and _is_readable(content):
            return Coded(content, partial(_base64_like, text, content))
    return None


def _decoded(text: str) -> str | None:
    standard = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _is_readable(text: str) -> bool:
    return all(mark.isprintable() or mark in "\r\n\t" for mark in text)


def _token(head: str, claims: str) -> str:
    """A token whose signature is made with a test key and proves nothing, whatever its head says."""
    signed = f"{head}.{_url_safe(claims.encode())}"
    return f"{signed}.{_url_safe(hmac.digest(SHARED.encode(), signed.encode(), 'sha256'))}"


def _url_safe(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _base64_like(old: str, old_content: str, content: str) -> str:
    """Base64 in the alphabet and with the padding of another one; that one itself where nothing changed."""
    if content == old_content:
        return old
    made = base64.b64encode(content.encode()).decode()
    if "-" in old or "_" in old:
        made = made.replace("+", "-").replace("/", "_")
    return made if len(old) % 4 == 0 else made.rstrip("=")
