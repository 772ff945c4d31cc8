"""JSON Web Tokens (RFC 7519) as a proof: a body that is one, or one in a header.

The algorithm is the connector's and never the token's: a token that names another one is refused.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import orjson
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from relay.core.errors import Unreadable, Unverified
from relay.core.keys import decode_base64url
from relay.core.payload import Node
from relay.core.public_keys import Algorithm, is_signed, keys_of, make_signature, public_half, signing_key
from relay.core.request import Request
from relay.core.signatures import any_match
from relay.core.source import Source

_LEEWAY = 60.0
_LASTS = 300
_ES256_HALF = 32
_ASYMMETRIC: Final[Mapping[str, Algorithm]] = {"RS256": "rsa", "ES256": "ecdsa", "EdDSA": "ed25519"}
JwtAlgorithm = Literal["HS256", "RS256", "ES256", "EdDSA"]


def parse_jwt(request: Request) -> Node:
    """The claims of a body that is a JWT; the verifier has proven it before."""
    claims = _claims(request.body.decode("utf-8", "replace"))
    if claims is None:
        raise Unreadable("is not a JSON Web Token")
    return Node(claims)


def _claims(token: str) -> dict[str, Any] | None:
    claims = _json(token.split(".")[1]) if token.count(".") == 2 else None
    return claims if isinstance(claims, dict) else None


def _json(part: str) -> Any:
    try:
        return orjson.loads(decode_base64url(part) or b"")
    except orjson.JSONDecodeError:
        return None


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtProof:
    """The body is a JWT, or `header` holds one, which proves who sends and nothing about the body.

    `exp` and `nbf` are checked where they are given. The secret is a shared key for HS256, else a public key.
    """

    algorithm: JwtAlgorithm
    header: str | None = None
    prefix: str = ""
    secret: str = "public_key"  # noqa: S105  # the name of a secret, not a secret
    checks_age: bool = False

    @property
    def in_body(self) -> bool:
        return self.header is None

    @property
    def secret_headers(self) -> frozenset[str]:
        return frozenset({self.header}) if self.header else frozenset()

    def __call__(self, request: Request, source: Source, now: float) -> None:
        token = self._token(request)
        head, _, rest = token.partition(".")
        payload, _, signature = rest.partition(".")
        said = _json(head)
        if not isinstance(said, dict) or (claims := _claims(token)) is None:
            raise Unverified(f"{self._where()} is not a JSON Web Token")
        if said.get("alg") != self.algorithm or "crit" in said:
            raise Unverified(f"the token in {self._where()} is not signed by {self.algorithm}")
        signed = f"{head}.{payload}".encode()
        if not self._proven(decode_base64url(signature) or b"", signed, source.keys(self.secret)):
            raise Unverified(f"the token in {self._where()} is not made by any secrets.{self.secret}")
        _check_times(claims, now)

    def _where(self) -> str:
        return f"header {self.header}" if self.header else "the body"

    def _token(self, request: Request) -> str:
        if self.header is None:
            return request.body.decode("utf-8", "replace")
        return (request.header(self.header) or "").removeprefix(self.prefix)

    def _proven(self, signature: bytes, signed: bytes, secrets: tuple[str, ...]) -> bool:
        if self.algorithm == "HS256":
            return any_match((signature.hex(),), [_hs256(key, signed).hex() for key in secrets])
        if self.algorithm == "ES256":
            signature = _as_der(signature)
        keys = keys_of(secrets, _ASYMMETRIC[self.algorithm])
        return any(is_signed(public_half(key), signature, signed) for key in keys)

    def sign(self, request: Request, source: Source, now: float) -> Request:
        """A body that is no token becomes the content of one. Raises `ValueError` for public keys only."""
        token = self._token(request)
        claims = _claims(token)
        if claims is not None or self.header is not None:
            times = {"iat": int(now), "exp": int(now) + _LASTS}
            content = orjson.dumps((claims or {}) | times)
        else:
            content = request.body
        head = _part(orjson.dumps({"alg": self.algorithm, "typ": "JWT"}))
        signed = f"{head}.{_part(content)}"
        made = f"{signed}.{_part(self._signature(signed.encode(), source.keys(self.secret)))}"
        if self.header is None:
            return replace(request, body=made.encode())
        return replace(request, headers={**request.headers, self.header: self.prefix + made})

    def _signature(self, signed: bytes, secrets: tuple[str, ...]) -> bytes:
        if self.algorithm == "HS256":
            return _hs256(secrets[0], signed)
        made = make_signature(signing_key(secrets, _ASYMMETRIC[self.algorithm]), signed)
        if self.algorithm != "ES256":
            return made
        return b"".join(number.to_bytes(_ES256_HALF, "big") for number in decode_dss_signature(made))


def _hs256(key: str, signed: bytes) -> bytes:
    return hmac.digest(key.encode(), signed, "sha256")


def _as_der(signature: bytes) -> bytes:
    """JWT writes an ECDSA signature as two numbers of the same length in a row (RFC 7518, 3.4)."""
    if len(signature) != 2 * _ES256_HALF:
        return b""
    one, other = (int.from_bytes(half, "big") for half in (signature[:_ES256_HALF], signature[_ES256_HALF:]))
    return encode_dss_signature(one, other)


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    ends, begins = claims.get("exp"), claims.get("nbf")
    for name, at in (("exp", ends), ("nbf", begins)):
        if at is not None and (isinstance(at, bool) or not isinstance(at, int | float)):
            raise Unverified(f"the token's {name} is not a time")
    if ends is not None and now > ends + _LEEWAY:
        raise Unverified("the token has expired")
    if begins is not None and now < begins - _LEEWAY:
        raise Unverified("the token is not valid yet")
