"""How senders prove themselves: the contract of verifiers, and signatures made with a shared key.

Verifiers are pure: the time is an argument, secrets come with the source. Every one fails closed: without a
configured secret nothing is accepted. Comparison takes constant time. Each can also `sign`, which tests,
recorded cases and `relay simulate` use.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, Protocol

from relay.core.errors import Unreadable, Unverified
from relay.core.keys import text_key
from relay.core.places import Place
from relay.core.request import Request
from relay.core.signed import Signed, body_alone
from relay.core.source import Source
from relay.core.stamps import Stamp, check_age

Encoding = Literal["hex", "base64", "either"]


class Verifier(Protocol):
    """Raises `Unverified` unless the request is proven to come from the source."""

    @property
    def checks_age(self) -> bool:
        """Whether a signed timestamp is checked, so that an old delivery cannot be replayed."""
        ...

    @property
    def in_body(self) -> bool:
        """Whether the proof stands in the body and not beside it."""
        ...

    @property
    def secret(self) -> str:
        """The name of the secret that proves a request."""
        ...

    @property
    def secret_headers(self) -> frozenset[str]:
        """Headers that carry a credential itself, and are therefore never stored."""
        ...

    def __call__(self, request: Request, source: Source, now: float) -> None: ...

    def sign(self, request: Request, source: Source, now: float) -> Request:
        """The request as its sender would send it at `now`, proven with the first live secret.

        Never raises for what stands in the request: tests sign anything.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HmacSignature:
    """A keyed hash over parts of the request: an HMAC, or the older hash of key and text in a row.

    `stamp` is how the signed time is written; None: no time is signed. `encoding` "either" is for senders
    whose documentation does not say which: both are compared, hex is what `sign` writes.
    """

    place: Place
    signed: Signed = body_alone
    digest: Literal["sha256", "sha1", "sha512"] = "sha256"
    encoding: Encoding = "hex"
    keyed: Literal["hmac", "key_then_text"] = "hmac"
    secret: str = "signing_key"  # noqa: S105  # the name of a secret, not a secret
    key: Callable[[str], bytes] = text_key
    stamp: Stamp | None = None
    in_body: bool = False
    secret_headers: frozenset[str] = frozenset()

    @property
    def checks_age(self) -> bool:
        return self.stamp is not None

    def __call__(self, request: Request, source: Source, now: float) -> None:
        claim = self.place.read(request)
        if not claim.signatures:
            raise Unverified(f"header {self.place.header} is missing or not of the expected form")
        try:
            signed = self.signed(request, claim)
        except Unreadable as error:
            raise Unverified(f"what is signed cannot be read: {error}") from None
        digests = [self._digest(key, signed) for key in source.keys(self.secret)]
        if not signs(claim.signatures, digests, self.encoding):
            raise Unverified(f"header {self.place.header} does not match any secrets.{self.secret}")
        if self.stamp is not None:
            check_age(claim.stamp, self.stamp, source, now)

    def _digest(self, secret: str, signed: bytes) -> bytes:
        key = self.key(secret)
        if self.keyed == "key_then_text":
            return hashlib.new(self.digest, key + signed).digest()
        begun = _keyed(key, self.digest).copy()
        begun.update(signed)
        return begun.digest()

    def sign(self, request: Request, source: Source, now: float) -> Request:
        stamp = self.stamp.write(now) if self.stamp else ""
        unsigned = replace(request, headers={**request.headers, **self.place.write("", stamp)})
        try:
            signed = self.signed(unsigned, self.place.read(unsigned))
        except Unreadable:
            signed = request.body
        signature = encoded(self._digest(source.keys(self.secret)[0], signed), self.encoding)
        return replace(request, headers={**request.headers, **self.place.write(signature, stamp)})


@lru_cache(maxsize=256)
def _keyed(key: bytes, digest: str) -> hmac.HMAC:
    """An HMAC that has taken in its key: the part of the work that is the same for every request."""
    return hmac.new(key, digestmod=digest)


def encoded(digest: bytes, encoding: Encoding) -> str:
    return base64.b64encode(digest).decode() if encoding == "base64" else digest.hex()


def signs(claimed: Sequence[str], digests: Sequence[bytes], encoding: Encoding) -> bool:
    """Whether any claimed signature is any of the digests. Hex is read in either case.

    Some proxies turn the plus signs in a header into spaces.
    """
    found = False
    if encoding != "base64":
        found |= any_match([one.lower() for one in claimed], [one.hex() for one in digests])
    if encoding != "hex":
        whole = [one.replace(" ", "+") for one in claimed]
        found |= any_match(whole, [encoded(one, "base64") for one in digests])
    return found


def any_match(claimed: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether any claimed signature is any expected one; every pair is compared, in constant time."""
    found = False
    for one in claimed[:16]:
        shown = one.encode("utf-8", "replace")
        for other in expected:
            found |= hmac.compare_digest(shown, other.encode())
    return found


def keyed_hash(
    key: str | bytes,
    text: str | bytes,
    *,
    digest: Literal["sha256", "sha1", "sha512"] = "sha256",
    encoding: Literal["hex", "base64"] = "hex",
) -> str:
    """An HMAC as text, for handshakes that are answered with one."""
    key = key.encode() if isinstance(key, str) else key
    text = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return encoded(hmac.digest(key, text, digest), encoding)
