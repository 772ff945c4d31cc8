"""Signatures that a vendor makes with a private key: Ed25519, RSA (PKCS#1 v1.5) and ECDSA, over SHA-256.

A secret holds the vendor's public key, as PEM (a key or a certificate), as base64 of its DER form, or as the
32 bytes of an Ed25519 key in hex or base64. A private key in its place verifies with its public half and can
sign as well: recorded cases and `relay simulate` play the vendor with one of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from relay.core.errors import Unreadable, Unverified
from relay.core.keys import decode_base64
from relay.core.places import Place
from relay.core.request import Request
from relay.core.signatures import encoded
from relay.core.signed import Signed, body_alone
from relay.core.source import Source
from relay.core.stamps import Stamp, check_age

Algorithm = Literal["ed25519", "rsa", "ecdsa"]
PublicKey = Ed25519PublicKey | RSAPublicKey | ec.EllipticCurvePublicKey
PrivateKey = Ed25519PrivateKey | RSAPrivateKey | ec.EllipticCurvePrivateKey
_PRIVATE: Final = (Ed25519PrivateKey, RSAPrivateKey, ec.EllipticCurvePrivateKey)
_PUBLIC: Final[Mapping[str, type[PublicKey]]] = {
    "ed25519": Ed25519PublicKey,
    "rsa": RSAPublicKey,
    "ecdsa": ec.EllipticCurvePublicKey,
}


@lru_cache(maxsize=256)
def load_key(text: str) -> PublicKey | PrivateKey:
    """The key in the text of a secret. Raises `ValueError`, which does not repeat it."""
    try:
        key = _load(text.strip())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, PublicKey | PrivateKey):
        return key
    raise ValueError("the key is neither PEM nor base64 of a public key; copy it as the vendor shows it")


def _load(text: str) -> object:
    if "BEGIN CERTIFICATE" in text:
        return x509.load_pem_x509_certificate(text.encode()).public_key()
    if "PRIVATE KEY" in text:
        return serialization.load_pem_private_key(text.encode(), password=None)
    if text.startswith("-----"):
        return serialization.load_pem_public_key(text.encode())
    raw = bytes.fromhex(text) if len(text) == 64 else decode_base64("".join(text.split())) or b""
    if len(raw) == 32:
        return Ed25519PublicKey.from_public_bytes(raw)
    return serialization.load_der_public_key(raw)


def public_half(key: PublicKey | PrivateKey) -> PublicKey:
    return key.public_key() if isinstance(key, _PRIVATE) else key


def is_signed(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, signed)
        elif isinstance(key, RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def make_signature(key: PrivateKey, signed: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(signed)
    if isinstance(key, RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(signed, ec.ECDSA(hashes.SHA256()))


def keys_of(texts: Iterable[str], algorithm: Algorithm) -> list[PublicKey | PrivateKey]:
    """The keys of one algorithm among the live secrets; others could never have signed."""
    found = []
    for text in texts:
        try:
            key = load_key(text)
        except ValueError:
            continue
        if isinstance(public_half(key), _PUBLIC[algorithm]):
            found.append(key)
    return found


def signing_key(texts: Iterable[str], algorithm: Algorithm) -> PrivateKey:
    """The first private key. Raises `ValueError` where there are public ones only, which cannot sign."""
    private = (key for key in keys_of(texts, algorithm) if isinstance(key, _PRIVATE))
    key = next(private, None)
    if key is None:
        raise ValueError("the secrets hold public keys only, which cannot sign")
    return key


def hex_or_base64(text: str) -> bytes:
    """The bytes of a signature in either form; what is neither is a signature of nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return decode_base64(text.replace(" ", "+")) or b""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKeySignature:
    """A signature with the vendor's private key over parts of the request, in hex or base64.

    It proves the vendor and not the account: bind the account with `FromAccount`.
    """

    place: Place
    algorithm: Algorithm
    signed: Signed = body_alone
    secret: str = "public_key"  # noqa: S105  # the name of a secret, not a secret
    stamp: Stamp | None = None
    read: Callable[[str], bytes] = hex_or_base64
    encoding: Literal["hex", "base64"] = "base64"
    in_body: bool = False
    secret_headers: frozenset[str] = frozenset()

    @property
    def checks_age(self) -> bool:
        return self.stamp is not None

    def __call__(self, request: Request, source: Source, now: float) -> None:
        claim = self.place.read(request)
        if not claim.signatures:
            raise Unverified(f"header {self.place.header} is missing or not of the expected form")
        keys = keys_of(source.keys(self.secret), self.algorithm)
        if not keys:
            raise Unverified(f"no secrets.{self.secret} is a public key for {self.algorithm}")
        try:
            signed = self.signed(request, claim)
        except Unreadable as error:
            raise Unverified(f"what is signed cannot be read: {error}") from None
        claimed = [self.read(one) for one in claim.signatures[:4]]
        if not any(is_signed(public_half(key), one, signed) for key in keys for one in claimed):
            raise Unverified(f"header {self.place.header} is not made by any secrets.{self.secret}")
        if self.stamp is not None:
            check_age(claim.stamp, self.stamp, source, now)

    def sign(self, request: Request, source: Source, now: float) -> Request:
        """Raises `ValueError` where every live secret is a public key."""
        key = signing_key(source.keys(self.secret), self.algorithm)
        stamp = self.stamp.write(now) if self.stamp else ""
        unsigned = replace(request, headers={**request.headers, **self.place.write("", stamp)})
        try:
            signed = self.signed(unsigned, self.place.read(unsigned))
        except Unreadable:
            signed = request.body
        signature = encoded(make_signature(key, signed), self.encoding)
        return replace(request, headers={**request.headers, **self.place.write(signature, stamp)})
