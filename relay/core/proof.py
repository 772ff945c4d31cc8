"""How a sender proves itself, chosen by settings instead of code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from relay.core.jwt import JwtAlgorithm, JwtProof
from relay.core.keys import base64_key, hex_key, text_key
from relay.core.places import Place, in_header, in_pairs
from relay.core.public_keys import Algorithm, PublicKeySignature
from relay.core.signatures import HmacSignature, Verifier
from relay.core.signed import signed_as
from relay.core.stamps import ANY_TIME, ISO_TIME, MILLISECONDS, SECONDS, Stamp
from relay.core.tokens import BasicAuth, BodyToken, SharedToken

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$"), AfterValidator(str.lower)]


def _check_signed(template: str) -> str:
    signed_as(template)
    if "{body" not in template:
        raise ValueError("the signed text must contain {body}: what is not signed can be forged")
    return template


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class TokenRule(_Rule):
    """A shared token in the URL, or in a header; the secret is `url_token`."""

    type: Literal["token"] = "token"

    header: HeaderName | None = None
    """The header that holds the token; left out: the URL does."""

    prefix: str = ""
    """What stands before the token in the header, such as `Bearer `."""

    query: str = "token"
    """The query parameter that may hold the token instead of the path."""

    def verifier(self) -> Verifier:
        return SharedToken(header=self.header, prefix=self.prefix, query=self.query)


class BasicRule(_Rule):
    """HTTP Basic credentials; the secret is `basic`."""

    type: Literal["basic"]

    def verifier(self) -> Verifier:
        return BasicAuth()


class BodyRule(_Rule):
    """A shared token inside a JSON body; the secret is `body_token`."""

    type: Literal["body"]

    path: Annotated[str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)*$")]
    """The field that holds the token, such as `meta.token`."""

    def verifier(self) -> Verifier:
        return BodyToken(path=tuple(self.path.split(".")))


class JwtRule(_Rule):
    """A JSON Web Token; the secret is `signing_key` for HS256, else `public_key`."""

    type: Literal["jwt"]

    algorithm: JwtAlgorithm
    """The only algorithm that is accepted, whatever the token says."""

    header: HeaderName | None = None
    """The header that holds the token, which then does not cover the body; left out: the body itself."""

    prefix: str = ""
    """What stands before the token in the header, such as `Bearer `."""

    def verifier(self) -> Verifier:
        secret = "signing_key" if self.algorithm == "HS256" else "public_key"
        return JwtProof(algorithm=self.algorithm, header=self.header, prefix=self.prefix, secret=secret)


class _SignatureRule(_Rule):
    header: HeaderName
    """The header that holds the signature."""

    prefix: str = ""
    """What stands before the signature, such as `sha256=`."""

    signed: Annotated[str, AfterValidator(_check_signed)] = "{body}"
    """What is signed: text with `{body}`, `{timestamp}`, `{url}`, `{path}`, `{method}`, `{header:NAME}` …"""

    timestamp_header: HeaderName | None = None
    """The header that holds the signed timestamp."""

    timestamp_unit: Literal["s", "ms", "iso", "any"] = "s"
    """How the timestamp is written: seconds, milliseconds, ISO 8601, or any of these."""

    signature_name: str | None = None
    """In a header of pairs (`t=1,v1=ab`): the name before the signature."""

    timestamp_name: str | None = None
    """In a header of pairs: the name before the timestamp."""

    separator: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """In a header of pairs: what stands between them."""

    @model_validator(mode="after")
    def _stamped_where_named(self) -> Self:
        if self.timestamp_name and not self.signature_name:
            raise ValueError("timestamp_name needs signature_name: both name pairs of one header")
        if ("{timestamp}" in self.signed) != bool(self.timestamp_header or self.timestamp_name):
            raise ValueError("{timestamp} in `signed` goes together with timestamp_header or timestamp_name")
        if self.timestamp_header and self.signature_name:
            raise ValueError("timestamp_header is for a header of its own; in pairs it is timestamp_name")
        return self

    @property
    def _place(self) -> Place:
        if not self.signature_name:
            return in_header(self.header, prefix=self.prefix, stamp=self.timestamp_header)
        return in_pairs(
            self.header,
            signature=self.signature_name,
            stamp=self.timestamp_name,
            separator=self.separator,
        )

    @property
    def _stamp(self) -> Stamp | None:
        return _STAMPS[self.timestamp_unit] if "{timestamp}" in self.signed else None


class HmacRule(_SignatureRule):
    """An HMAC signature; the secret is `signing_key`."""

    type: Literal["hmac"]

    digest: Literal["sha256", "sha1", "sha512"] = "sha256"

    encoding: Literal["hex", "base64", "either"] = "hex"
    """How the signature is written; `either` where nobody says."""

    key: Literal["text", "hex", "base64"] = "text"
    """How the secret becomes the key's bytes."""

    keyed: Literal["hmac", "key_then_text"] = "hmac"
    """`key_then_text` is the older hash of key and text in a row."""

    def verifier(self) -> Verifier:
        return HmacSignature(
            place=self._place,
            signed=signed_as(self.signed),
            digest=self.digest,
            encoding=self.encoding,
            keyed=self.keyed,
            key=_KEYS[self.key],
            stamp=self._stamp,
        )


class PublicKeyRule(_SignatureRule):
    """A signature with the sender's private key, in hex or base64; the secret is `public_key`."""

    type: Literal["public_key"]

    algorithm: Algorithm
    """RSA is PKCS#1 v1.5; RSA and ECDSA are over SHA-256."""

    def verifier(self) -> Verifier:
        return PublicKeySignature(
            place=self._place, algorithm=self.algorithm, signed=signed_as(self.signed), stamp=self._stamp
        )


Proof = Annotated[
    TokenRule | BasicRule | BodyRule | HmacRule | PublicKeyRule | JwtRule, Field(discriminator="type")
]


_KEYS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "text": text_key,
    "hex": hex_key,
    "base64": base64_key,
}
_STAMPS: Final[Mapping[str, Stamp]] = {
    "s": SECONDS,
    "ms": MILLISECONDS,
    "iso": ISO_TIME,
    "any": ANY_TIME,
}
