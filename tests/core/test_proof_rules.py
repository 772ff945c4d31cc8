"""A proof by settings is the proof that its words say."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import TypeAdapter

from relay.core.errors import Unverified
from relay.core.jwt import JwtProof
from relay.core.proof import Proof
from relay.core.request import Request
from relay.core.signatures import Verifier
from relay.core.source import Source, StampedSettings
from relay.core.tokens import BasicAuth, BodyToken, SharedToken

NOW = 1772366400.0
ED = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PEM = ED.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
SOURCE = Source("shop", {"public_key": (PEM.decode(),)}, StampedSettings())
BARE = Request("POST", "https://relay.example.com/hooks/shop", {}, b"{}")


def rule(**settings: Any) -> Verifier:
    proof: Any = TypeAdapter(Proof).validate_python(settings)
    verifier: Verifier = proof.verifier()
    return verifier


@pytest.mark.parametrize(
    ("settings", "verifier"),
    [
        ({"type": "token"}, SharedToken()),
        ({"type": "token", "query": "key"}, SharedToken(query="key")),
        (
            {"type": "token", "header": "X-Token", "prefix": "Bearer "},
            SharedToken(header="x-token", prefix="Bearer "),
        ),
        ({"type": "basic"}, BasicAuth()),
        ({"type": "body", "path": "meta.token"}, BodyToken(path=("meta", "token"))),
        ({"type": "jwt", "algorithm": "HS256"}, JwtProof(algorithm="HS256", secret="signing_key")),
        (
            {"type": "jwt", "algorithm": "RS256", "header": "X-Jwt", "prefix": "Bearer "},
            JwtProof(algorithm="RS256", header="x-jwt", prefix="Bearer ", secret="public_key"),
        ),
    ],
)
def test_each_setting_of_a_rule_counts(settings: dict[str, Any], verifier: Verifier) -> None:
    assert rule(**settings) == verifier


def test_a_private_key_signs_the_text_and_the_time_that_a_rule_names() -> None:
    verifier = rule(
        type="public_key",
        algorithm="ed25519",
        header="X-Signature",
        signed="{timestamp}.{body}",
        timestamp_header="X-Time",
    )
    shown = {"x-signature": ED.sign(b"1772366400.{}").hex(), "x-time": "1772366400"}
    proven = replace(BARE, headers=shown)
    verifier(proven, SOURCE, NOW)
    with pytest.raises(Unverified, match="timestamp is 301 s old"):
        verifier(proven, SOURCE, NOW + 301)
    with pytest.raises(Unverified, match="not made by any"):
        verifier(replace(proven, body=b"{ }"), SOURCE, NOW)


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("s", "1772366400"),
        ("ms", "1772366400000"),
        ("iso", "2026-03-01T12:00:00Z"),
        ("any", "1772366400"),
        ("any", "1772366400000"),
        ("any", "2026-03-01T12:00:00Z"),
    ],
)
def test_a_time_is_read_as_its_unit_says(unit: str, text: str) -> None:
    verifier = rule(
        type="hmac",
        header="X-Signature",
        signed="{timestamp}.{body}",
        timestamp_header="X-Time",
        timestamp_unit=unit,
    )
    shown = hmac.digest(b"key", f"{text}.{{}}".encode(), "sha256").hex()
    source = Source("shop", {"signing_key": ("key",)}, StampedSettings())
    proven = replace(BARE, headers={"x-signature": shown, "x-time": text})
    verifier(proven, source, NOW)
    with pytest.raises(Unverified, match="timestamp is 301 s old"):
        verifier(proven, source, NOW + 301)
