"""How senders prove themselves. Verifiers are pure: the time is an argument, secrets come with the source.

Every verifier fails closed: without a configured secret nothing is accepted. Comparison takes constant time.
Each can also `sign`, which tests, recorded cases and `relay simulate` use.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, Protocol

from relay.core.errors import Unverified
from relay.core.request import Request
from relay.core.source import Source


class Verifier(Protocol):
    """Raises `Unverified` unless the request is proven to come from the source."""

    @property
    def checks_age(self) -> bool:
        """Whether a signed timestamp is checked, so that an old delivery cannot be replayed."""
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
        """The request as its sender would send it at `now`, proven with the first live secret."""
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request claims: its signatures, and the timestamp text as it was signed."""

    signatures: tuple[str, ...]
    stamp: str = ""


Scheme = Callable[[Request], Claim]
Written = Callable[[str, str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a signature (and its timestamp) stands in the headers: how to read it, how to write it."""

    header: str
    read: Scheme
    write: Written


def in_header(name: str, *, prefix: str = "", stamp: str | None = None) -> Place:
    """The signature alone in a header, after an optional prefix; the timestamp in a header of its own."""

    def read(request: Request) -> Claim:
        value = request.header(name)
        if value is None or not value.startswith(prefix):
            return Claim(())
        signed_at = (request.header(stamp) or "") if stamp else ""
        return Claim((value.removeprefix(prefix).strip(),), signed_at)

    def write(signature: str, signed_at: str) -> Mapping[str, str]:
        return {name: prefix + signature} | ({stamp: signed_at} if stamp else {})

    return Place(name, read, write)


def in_pairs(name: str, *, stamp: str, signature: str) -> Place:
    """`t=…,v1=…` in one header; a signature name that stands several times is several signatures."""

    def read(request: Request) -> Claim:
        pairs = [part.strip().partition("=") for part in (request.header(name) or "").split(",")]
        stamps = [value for key, _, value in pairs if key == stamp]
        found = tuple(value for key, _, value in pairs if key == signature)
        return Claim(found, stamps[0] if stamps else "")

    def write(text: str, signed_at: str) -> Mapping[str, str]:
        return {name: f"{stamp}={signed_at},{signature}={text}"}

    return Place(name, read, write)


def as_sent(text: str) -> bytes:
    """The bytes of header or URL text: what was not UTF-8 on the wire comes back as it was."""
    return text.encode("utf-8", "surrogateescape")


def body_alone(request: Request, claim: Claim) -> bytes:  # noqa: ARG001  # one of a family of functions
    return request.body


def stamp_dot_body(request: Request, claim: Claim) -> bytes:
    return as_sent(claim.stamp) + b"." + request.body


def url_then_body(request: Request, claim: Claim) -> bytes:  # noqa: ARG001  # one of a family
    return as_sent(request.url) + request.body


def decode_base64(text: str) -> bytes | None:
    """The bytes of base64 text, padded or not; None where it is not base64."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _text_key(secret: str) -> bytes:
    return secret.encode()


def check_age(stamp: str, unit: float, source: Source, now: float) -> None:
    """Raise `Unverified` unless `stamp`, in parts of `unit` seconds, is within the source's tolerance."""
    try:
        age = now - int(stamp) * unit
    except (ValueError, OverflowError):
        raise Unverified("the signed timestamp is missing or not a number") from None
    tolerance = source.settings.tolerance
    if abs(age) > tolerance:
        side = "old" if age > 0 else "in the future"
        raise Unverified(
            f"the signed timestamp is {abs(age):.0f} s {side}; settings.tolerance is {tolerance:.0f} s"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HmacSignature:
    """A keyed hash over parts of the request: an HMAC, or the older hash of key and text in a row.

    `stamp_unit` is the timestamp's unit in seconds (0.001: milliseconds); None: nothing is stamped.
    """

    place: Place
    signed: Callable[[Request, Claim], bytes] = body_alone
    digest: Literal["sha256", "sha1", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    keyed: Literal["hmac", "key_then_text"] = "hmac"
    secret: str = "signing_key"  # noqa: S105  # the name of a secret, not a secret
    key: Callable[[str], bytes] = _text_key
    stamp_unit: float | None = None
    secret_headers: frozenset[str] = field(default=frozenset())

    @property
    def checks_age(self) -> bool:
        return self.stamp_unit is not None

    def __call__(self, request: Request, source: Source, now: float) -> None:
        claim = self.place.read(request)
        if not claim.signatures:
            raise Unverified(f"header {self.place.header} is missing or not of the expected form")
        signed = self.signed(request, claim)
        expected = [self._signature(key, signed) for key in source.keys(self.secret)]
        claimed = claim.signatures
        if self.encoding == "base64":
            # Some proxies turn the plus signs in a header into spaces.
            claimed = tuple(signature.replace(" ", "+") for signature in claimed)
        if not any_match(claimed, expected):
            raise Unverified(f"header {self.place.header} does not match any secrets.{self.secret}")
        if self.stamp_unit is not None:
            check_age(claim.stamp, self.stamp_unit, source, now)

    def _signature(self, key: str, signed: bytes) -> str:
        if self.keyed == "hmac":
            begun = _keyed(self.key(key), self.digest).copy()
            begun.update(signed)
            digest = begun.digest()
        else:
            digest = hashlib.new(self.digest, self.key(key) + signed).digest()
        return digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()

    def sign(self, request: Request, source: Source, now: float) -> Request:
        stamp = str(round(now / self.stamp_unit)) if self.stamp_unit else ""
        unsigned = replace(request, headers={**request.headers, **self.place.write("", stamp)})
        signed = self.signed(unsigned, self.place.read(unsigned))
        signature = self._signature(source.keys(self.secret)[0], signed)
        return replace(request, headers={**request.headers, **self.place.write(signature, stamp)})


@lru_cache(maxsize=256)
def _keyed(key: bytes, digest: str) -> hmac.HMAC:
    """An HMAC that has taken in its key: the part of the work that is the same for every request."""
    return hmac.new(key, digestmod=digest)


def any_match(claimed: tuple[str, ...], expected: list[str]) -> bool:
    """Whether any claimed signature is any expected one; every pair is compared, in constant time."""
    found = False
    for one in claimed[:16]:
        shown = one.encode("utf-8", "replace")
        for other in expected:
            found |= hmac.compare_digest(shown, other.encode())
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedToken:
    """A secret that the sender shows as it is: in the URL (`/hooks/{source}/{token}` or a query
    parameter) or in a header. For senders that cannot sign."""

    header: str | None = None
    prefix: str = ""
    query: str | None = "token"
    secret: str = "url_token"  # noqa: S105  # the name of a secret, not a secret
    checks_age: bool = False

    @property
    def secret_headers(self) -> frozenset[str]:
        return frozenset({self.header}) if self.header else frozenset()

    def __call__(self, request: Request, source: Source, now: float) -> None:  # noqa: ARG002  # no age
        shown = self._shown(request)
        if shown is None:
            raise Unverified(f"the token is missing from {self._where()}")
        if not any_match((shown,), list(source.keys(self.secret))):
            raise Unverified(f"the token in {self._where()} does not match any secrets.{self.secret}")

    def _shown(self, request: Request) -> str | None:
        if self.header is None:
            return request.token or (request.query(self.query) if self.query else None)
        value = request.header(self.header)
        return value.removeprefix(self.prefix) if value and value.startswith(self.prefix) else None

    def _where(self) -> str:
        return f"header {self.header}" if self.header else "the URL"

    def sign(self, request: Request, source: Source, now: float) -> Request:  # noqa: ARG002  # no age
        key = source.keys(self.secret)[0]
        if self.header is None:
            return replace(request, token=key)
        return replace(request, headers={**request.headers, self.header: self.prefix + key})


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicAuth:
    """HTTP Basic credentials; the secret is `user:password`."""

    secret: str = "basic"  # noqa: S105  # the name of a secret, not a secret
    checks_age: bool = False
    secret_headers: frozenset[str] = frozenset({"authorization"})

    def __call__(self, request: Request, source: Source, now: float) -> None:  # noqa: ARG002  # no age
        scheme, _, credentials = (request.header("authorization") or "").partition(" ")
        shown = decode_base64(credentials.strip()) if scheme.lower() == "basic" else None
        if shown is None:
            raise Unverified("HTTP Basic credentials are missing")
        if not any_match((shown.decode("utf-8", "replace"),), list(source.keys(self.secret))):
            raise Unverified(f"HTTP Basic credentials do not match any secrets.{self.secret}")

    def sign(self, request: Request, source: Source, now: float) -> Request:  # noqa: ARG002  # no age
        shown = base64.b64encode(source.keys(self.secret)[0].encode()).decode()
        return replace(request, headers={**request.headers, "authorization": f"Basic {shown}"})
