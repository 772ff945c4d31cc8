"""How a sender proves itself, chosen by settings instead of code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from relay.core.errors import Unverified
from relay.core.request import Request
from relay.core.signatures import (
    BasicAuth,
    Claim,
    HmacSignature,
    SharedToken,
    Verifier,
    as_sent,
    decode_base64,
    in_header,
    in_pairs,
)

PARTS: Final = ("body", "method", "path", "timestamp", "url")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$"), AfterValidator(str.lower)]


def _check_signed(template: str) -> str:
    if unknown := sorted(set(_PLACEHOLDER.findall(template)) - set(PARTS)):
        raise ValueError(f"unknown part {{{unknown[0]}}}; there are {', '.join(PARTS)}")
    if "{body}" not in template:
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


class HmacRule(_Rule):
    """An HMAC signature; the secret is `signing_key`."""

    type: Literal["hmac"]

    header: HeaderName
    """The header that holds the signature."""

    digest: Literal["sha256", "sha1", "sha512"] = "sha256"

    encoding: Literal["hex", "base64"] = "hex"
    """How the signature is written."""

    prefix: str = ""
    """What stands before the signature, such as `sha256=`."""

    key: Literal["text", "hex", "base64"] = "text"
    """How the secret becomes the key's bytes."""

    signed: Annotated[str, AfterValidator(_check_signed)] = "{body}"
    """What is signed: text with `{body}`, `{timestamp}`, `{url}`, `{path}`, `{method}`."""

    timestamp_header: HeaderName | None = None
    """The header that holds the signed timestamp."""

    timestamp_unit: Literal["s", "ms"] = "s"

    signature_name: str | None = None
    """In a header of pairs (`t=1,v1=ab`): the name before the signature."""

    timestamp_name: str | None = None
    """In a header of pairs: the name before the timestamp."""

    @model_validator(mode="after")
    def _stamped_where_named(self) -> HmacRule:
        if (self.signature_name is None) != (self.timestamp_name is None):
            raise ValueError("signature_name and timestamp_name go together")
        if ("{timestamp}" in self.signed) != bool(self.timestamp_header or self.timestamp_name):
            raise ValueError("{timestamp} in `signed` goes together with timestamp_header or timestamp_name")
        return self

    def verifier(self) -> Verifier:
        if self.signature_name and self.timestamp_name:
            place = in_pairs(self.header, stamp=self.timestamp_name, signature=self.signature_name)
        else:
            place = in_header(self.header, prefix=self.prefix, stamp=self.timestamp_header)
        unit = 0.001 if self.timestamp_unit == "ms" else 1.0
        return HmacSignature(
            place=place,
            signed=self._signed,
            digest=self.digest,
            encoding=self.encoding,
            key=_KEYS[self.key],
            stamp_unit=unit if "{timestamp}" in self.signed else None,
        )

    def _signed(self, request: Request, claim: Claim) -> bytes:
        parts = {
            "body": request.body,
            "timestamp": as_sent(claim.stamp),
            "url": as_sent(request.url),
            "path": as_sent(urlsplit(request.url).path),
            "method": request.method.encode(),
        }
        # Splitting by a pattern with one group gives literal text and names in turns.
        pieces = enumerate(_PLACEHOLDER.split(self.signed))
        return b"".join(parts[piece] if index % 2 else piece.encode() for index, piece in pieces)


Proof = Annotated[TokenRule | BasicRule | HmacRule, Field(discriminator="type")]


def _hex_key(secret: str) -> bytes:
    try:
        return bytes.fromhex(secret)
    except ValueError:
        raise Unverified("secrets.signing_key is not hex, though settings say so") from None


def _base64_key(secret: str) -> bytes:
    key = decode_base64(secret)
    if not key:
        raise Unverified("secrets.signing_key is not base64, though settings say so")
    return key


_KEYS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "text": str.encode,
    "hex": _hex_key,
    "base64": _base64_key,
}
