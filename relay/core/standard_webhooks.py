"""The signature scheme of Standard Webhooks: `v1` (HMAC-SHA256) and `v1a` (Ed25519).

Source: the specification at github.com/standard-webhooks/standard-webhooks, `spec/standard-webhooks.md`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relay.core.errors import Unverified
from relay.core.keys import decode_base64
from relay.core.request import Request
from relay.core.signatures import any_match
from relay.core.signed import as_sent
from relay.core.source import Source
from relay.core.stamps import SECONDS, check_age

PUBLIC_KEY = "whpk_"
SHARED_KEY = "whsec_"
_MOST_SIGNATURES = 16


def standard_webhooks_key(secret: str) -> bytes:
    """The bytes of a `whsec_…` or `whpk_…` secret. Raises `ValueError`, which does not repeat it."""
    public = secret.startswith(PUBLIC_KEY)
    key = decode_base64(secret.removeprefix(PUBLIC_KEY if public else SHARED_KEY))
    if not key:
        raise ValueError("the key is not base64; copy it as the sender shows it, with whsec_ or whpk_")
    if public and len(key) != 32:
        raise ValueError("a public key (whpk_) has 32 bytes; this one is cut or not Ed25519")
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardWebhooks:
    """Any live secret may prove any of a request's signatures; unknown versions are skipped.

    Header names start with `webhook-` or, where a sender kept them, with `svix-`. `key` turns a shared secret
    into bytes, for senders that took the header names and not the form of the secret.
    """

    secret: str = "signing_key"  # noqa: S105  # the name of a secret, not a secret
    prefixes: tuple[str, ...] = ("webhook-", "svix-")
    key: Callable[[str], bytes] = standard_webhooks_key
    checks_age: bool = True
    in_body: bool = False
    secret_headers: frozenset[str] = frozenset()

    def __call__(self, request: Request, source: Source, now: float) -> None:
        prefix = self._prefix(request)
        claimed = request.header(f"{prefix}signature")
        if claimed is None:
            raise Unverified(f"header {prefix}signature is missing")
        stamp = request.header(f"{prefix}timestamp")
        message_id = request.header(f"{prefix}id")
        if not stamp or not message_id:
            raise Unverified(f"header {prefix}id or {prefix}timestamp is missing")
        signed = b".".join((as_sent(message_id), as_sent(stamp), request.body))
        if not self._proven(claimed.split(), signed, source.keys(self.secret)):
            raise Unverified(f"header {prefix}signature does not match any secrets.{self.secret}")
        check_age(stamp, SECONDS, source, now)

    def _prefix(self, request: Request) -> str:
        signed = (prefix for prefix in self.prefixes if request.header(f"{prefix}signature") is not None)
        return next(signed, self.prefixes[0])

    def message_id(self, request: Request) -> str | None:
        """The id that was signed, and no other: it is the same over all re-sends of a message."""
        return request.header(f"{self._prefix(request)}id")

    def sign(self, request: Request, source: Source, now: float) -> Request:
        """Signed as `v1`. Raises `ValueError` where every live secret is a public key."""
        shared = [key for key in source.keys(self.secret) if not key.startswith(PUBLIC_KEY)]
        if not shared:
            raise ValueError(f"secrets.{self.secret} holds public keys only, which cannot sign")
        prefix = self._prefix(request)
        message_id = self.message_id(request) or "msg_signed_anew"
        stamp = str(int(now))
        signed = b".".join((as_sent(message_id), stamp.encode(), request.body))
        stamped = {
            f"{prefix}id": message_id,
            f"{prefix}timestamp": stamp,
            f"{prefix}signature": f"v1,{_hmac(self.key(shared[0]), signed)}",
        }
        return replace(request, headers={**request.headers, **stamped})

    def _proven(self, claimed: Iterable[str], signed: bytes, secrets: Iterable[str]) -> bool:
        versions = [one.partition(",") for one in list(claimed)[:_MOST_SIGNATURES]]
        shared: list[bytes] = []
        public: list[bytes] = []
        for secret in secrets:
            try:
                if secret.startswith(PUBLIC_KEY):
                    public.append(standard_webhooks_key(secret))
                else:
                    shared.append(self.key(secret))
            except (ValueError, Unverified):
                continue
        by_hmac = any_match(
            tuple(text for version, _, text in versions if version == "v1"),
            [_hmac(key, signed) for key in shared],
        )
        by_key = [
            _ed25519(key, text, signed) for version, _, text in versions if version == "v1a" for key in public
        ]
        return by_hmac or any(by_key)


def _hmac(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _ed25519(key: bytes, signature: str, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signature, validate=True), signed)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
