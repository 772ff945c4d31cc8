"""How senders prove themselves."""

from __future__ import annotations

from relay.core.combined import AllOf, AnyOf, FromAccount, strongest_configured
from relay.core.errors import Unverified
from relay.core.jwt import JwtProof
from relay.core.key_by_url import KeyByUrl
from relay.core.keys import base64_key, decode_base64, hex_key, html_key, text_key
from relay.core.places import Place, in_header, in_pairs
from relay.core.proof import Proof, TokenRule
from relay.core.public_keys import PublicKeySignature
from relay.core.signatures import HmacSignature, Verifier, any_match, keyed_hash
from relay.core.signed import (
    Claim,
    as_sent,
    body_alone,
    signed_as,
    stamp_dot_body,
    url_then_body,
    url_then_sorted_form,
)
from relay.core.signed_items import SignedItems
from relay.core.stamps import ANY_TIME, ISO_TIME, MILLISECONDS, SECONDS, Stamp, check_age, last_of_salt
from relay.core.standard_webhooks import StandardWebhooks, standard_webhooks_key
from relay.core.tokens import BasicAuth, BodyToken, SharedToken

__all__ = [
    "ANY_TIME",
    "ISO_TIME",
    "MILLISECONDS",
    "SECONDS",
    "AllOf",
    "AnyOf",
    "BasicAuth",
    "BodyToken",
    "Claim",
    "FromAccount",
    "HmacSignature",
    "JwtProof",
    "KeyByUrl",
    "Place",
    "Proof",
    "PublicKeySignature",
    "SharedToken",
    "SignedItems",
    "Stamp",
    "StandardWebhooks",
    "TokenRule",
    "Unverified",
    "Verifier",
    "any_match",
    "as_sent",
    "base64_key",
    "body_alone",
    "check_age",
    "decode_base64",
    "hex_key",
    "html_key",
    "in_header",
    "in_pairs",
    "keyed_hash",
    "last_of_salt",
    "signed_as",
    "stamp_dot_body",
    "standard_webhooks_key",
    "strongest_configured",
    "text_key",
    "url_then_body",
    "url_then_sorted_form",
]
