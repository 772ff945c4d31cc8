"""JSON Web Tokens at the edges: times, forms, and what is no token."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from relay.core.errors import Unreadable, Unverified
from relay.core.jwt import JwtProof, parse_jwt
from relay.core.keys import decode_base64url
from relay.core.request import Request
from relay.core.source import Settings, Source

NOW = 1772366400.0
BY_KEY = JwtProof(algorithm="HS256", secret="signing_key")
EC = ec.derive_private_key(7, ec.SECP256R1())
EC_PEM = EC.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


def source(key: str = "key") -> Source:
    return Source("shop", {"signing_key": (key,)}, Settings())


def request(body: bytes, **headers: str) -> Request:
    return Request("POST", "https://relay.example.com/hooks/shop", headers, body)


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(**claims: Any) -> bytes:
    text = f"{part(orjson.dumps({'alg': 'HS256'}))}.{part(orjson.dumps(claims))}"
    return f"{text}.{part(hmac.digest(b'key', text.encode(), hashlib.sha256))}".encode()


@pytest.mark.parametrize(
    "claims",
    [{}, {"exp": NOW - 60}, {"nbf": NOW + 60}, {"nbf": NOW - 86_400, "exp": NOW + 86_400}, {"exp": None}],
)
def test_a_token_counts_from_a_minute_before_its_time_to_a_minute_after(claims: dict[str, Any]) -> None:
    BY_KEY(request(token(**claims)), source(), NOW)


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"exp": NOW - 60.5}, "has expired"),
        ({"nbf": NOW + 60.5}, "not valid yet"),
        ({"exp": True}, "token's exp is not a time"),
        ({"nbf": True}, "token's nbf is not a time"),
        ({"nbf": "now"}, "token's nbf is not a time"),
    ],
)
def test_a_token_of_another_time_is_refused_with_the_claim_that_says_so(
    claims: dict[str, Any], told: str
) -> None:
    with pytest.raises(Unverified, match=told):
        BY_KEY(request(token(**claims)), source(), NOW)


@pytest.mark.parametrize("body", [b"", b"\xff", b"{}", b"a.b.c", token() + b".x", b"." + token()])
def test_a_body_that_is_no_token_is_neither_proven_nor_read(body: bytes) -> None:
    with pytest.raises(Unverified, match="the body is not a JSON Web Token"):
        BY_KEY(request(body), source(), NOW)
    with pytest.raises(Unreadable, match="not a JSON Web Token"):
        parse_jwt(request(body))


def test_an_ecdsa_signature_has_one_form_alone() -> None:
    proof = JwtProof(algorithm="ES256", secret="signing_key")
    proven = proof.sign(request(b"{}"), source(EC_PEM), NOW)
    proof(proven, source(EC_PEM), NOW)
    signed, _, signature = proven.body.decode().rpartition(".")
    raw = decode_base64url(signature) or b""
    longer = raw[:32] + b"\0" + raw[32:]
    with pytest.raises(Unverified, match="not made by any"):
        proof(replace(proven, body=f"{signed}.{part(longer)}".encode()), source(EC_PEM), NOW)


def test_a_token_in_a_header_is_a_credential_and_one_in_the_body_is_content() -> None:
    in_header = JwtProof(algorithm="HS256", secret="signing_key", header="authorization", prefix="Bearer ")
    assert (in_header.in_body, in_header.secret_headers) == (False, frozenset({"authorization"}))
    assert (BY_KEY.in_body, BY_KEY.secret_headers) == (True, frozenset())
    shown = request(b"anything", authorization=f"Bearer {token().decode()}")
    in_header(shown, source(), NOW)
    with pytest.raises(Unverified, match="header authorization is not a JSON Web Token"):
        in_header(replace(shown, headers={}), source(), NOW)
