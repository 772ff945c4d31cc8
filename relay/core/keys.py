"""From the text of a secret to the bytes of a key."""

from __future__ import annotations

import base64
import binascii
import html

from relay.core.errors import Unverified


def decode_base64(text: str) -> bytes | None:
    """The bytes of base64 text, padded or not; None where it is not base64."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def decode_base64url(text: str) -> bytes | None:
    """The same for the alphabet that is safe in URLs."""
    return None if "+" in text or "/" in text else decode_base64(text.replace("-", "+").replace("_", "/"))


def text_key(secret: str) -> bytes:
    """The text itself, which is what most senders mean."""
    return secret.encode()


def hex_key(secret: str) -> bytes:
    """The bytes that the secret names in hex. Raises `Unverified`."""
    try:
        key = bytes.fromhex(secret)
    except ValueError:
        key = b""
    # Spaces alone are hex of nothing, with which anybody could sign.
    if not key:
        raise Unverified("the configured secret is not hex; copy it as the sender shows it")
    return key


def base64_key(secret: str) -> bytes:
    """The bytes that the secret names in base64. Raises `Unverified`."""
    key = decode_base64(secret)
    if not key:
        raise Unverified("the configured secret is not base64; copy it as the sender shows it")
    return key


def html_key(secret: str) -> bytes:
    """The text with HTML entities decoded: WordPress stores `&amp;` and signs with `&`."""
    return html.unescape(secret).encode()
