"""How a sender proves itself, chosen by settings instead of code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from relay.core.keys import base64_key, hex_key, text_key
from relay.core.places import in_header, in_pairs
from relay.core.signatures import HmacSignature, Verifier
from relay.core.signed import signed_as
from relay.core.stamps import MILLISECONDS, SECONDS
from relay.core.tokens import BasicAuth, SharedToken

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
    """What is signed: text with `{body}`, `{timestamp}`, `{url}`, `{path}`, `{method}`, `{header:NAME}` …"""

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
        unit = MILLISECONDS if self.timestamp_unit == "ms" else SECONDS
        return HmacSignature(
            place=place,
            signed=signed_as(self.signed),
            digest=self.digest,
            encoding=self.encoding,
            key=_KEYS[self.key],
            stamp=unit if "{timestamp}" in self.signed else None,
        )


Proof = Annotated[TokenRule | BasicRule | HmacRule, Field(discriminator="type")]


_KEYS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "text": text_key,
    "hex": hex_key,
    "base64": base64_key,
}
