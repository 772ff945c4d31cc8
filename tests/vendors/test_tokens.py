"""JSON Web Tokens: PyJWT and we agree on whose they are and when they count."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.checking.subject import load
from relay.core.errors import Unverified
from relay.core.jwt import JwtAlgorithm, JwtProof
from relay.core.request import Request
from relay.core.source import Settings, Source
from relay.registry import Registry
from tests.test_connectors import CASES
from tests.vendors.libraries import clocks_at

NOW = 1772366400
SHARED = "a shared key of more than thirty-two bytes"
PRIVATE: dict[JwtAlgorithm, Any] = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.derive_private_key(7, ec.SECP256R1()),
    "EdDSA": Ed25519PrivateKey.from_private_bytes(bytes(range(32))),
}


def private_text(algorithm: JwtAlgorithm) -> str:
    if algorithm == "HS256":
        return SHARED
    key = PRIVATE[algorithm].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return str(key.decode())


def public_text(algorithm: JwtAlgorithm) -> str:
    if algorithm == "HS256":
        return SHARED
    key = PRIVATE[algorithm].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return str(key.decode())


def source(*keys: str) -> Source:
    return Source("shop", {"public_key": keys}, Settings())


def carrying(body: str | bytes) -> Request:
    content = body.encode() if isinstance(body, str) else body
    return Request("POST", "https://relay.example.com/hooks/wix-main", {}, content)


def we_accept(algorithm: JwtAlgorithm, token: str | bytes, key: str, now: float = NOW) -> bool:
    try:
        JwtProof(algorithm=algorithm)(carrying(token), source(key), now)
    except Unverified:
        return False
    return True


def they_accept(algorithm: JwtAlgorithm, token: str | bytes, key: str, now: float = NOW) -> bool:
    """`aud` and `iat` are no business of a proof of who sends; the leeway is ours, 60 s."""
    try:
        with clocks_at(now):
            only = {"verify_aud": False, "verify_iat": False}
            jwt.decode(token, key, algorithms=[algorithm], leeway=60, options=only)  # type: ignore[arg-type]
    except jwt.InvalidTokenError:
        return False
    return True


EACH = pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256", "EdDSA"])
json_objects = st.dictionaries(
    st.text(min_size=1, max_size=8).filter(lambda name: name not in {"exp", "nbf", "iss", "sub", "jti"}),
    st.one_of(st.text(), st.integers(-(2**53), 2**53), st.none(), st.lists(st.text(max_size=5), max_size=2)),
    max_size=4,
)


@EACH
@settings(max_examples=30)
@given(claims=json_objects)
def test_each_accepts_what_the_other_signs(algorithm: JwtAlgorithm, claims: dict[str, Any]) -> None:
    body = carrying(json.dumps(claims).encode())
    ours = JwtProof(algorithm=algorithm).sign(body, source(private_text(algorithm)), NOW)
    theirs = jwt.encode(claims, private_text(algorithm), algorithm)
    for token in (ours.body, theirs):
        assert we_accept(algorithm, token, public_text(algorithm))
        assert they_accept(algorithm, token, public_text(algorithm))


@EACH
@settings(max_examples=30)
@given(at=st.integers(0, 10_000), other=st.sampled_from("AZaz09-_."))
def test_a_token_of_which_one_character_is_another_is_judged_alike(
    algorithm: JwtAlgorithm, at: int, other: str
) -> None:
    token = jwt.encode({"data": "x" * 40}, private_text(algorithm), algorithm)
    at %= len(token)
    changed = token[:at] + other + token[at + 1 :]
    key = public_text(algorithm)
    assert we_accept(algorithm, changed, key) == they_accept(algorithm, changed, key)


@EACH
@pytest.mark.parametrize("said", ["HS256", "RS256", "ES256", "EdDSA", "none", "HS512", ""])
def test_the_algorithm_that_a_token_names_is_judged_alike(algorithm: JwtAlgorithm, said: str) -> None:
    token = jwt.encode({}, private_text(algorithm), algorithm)
    head = jwt.utils.base64url_encode(json.dumps({"alg": said}).encode()).decode()
    forged = head + token[token.index(".") :]
    key = public_text(algorithm)
    assert not we_accept(algorithm, forged, key)
    assert not they_accept(algorithm, forged, key)


@EACH
@pytest.mark.parametrize("name", ["exp", "nbf"])
@pytest.mark.parametrize("away", [-9000, -61, -59, 0, 59, 61, 9000])
def test_the_times_of_a_token_are_judged_alike(algorithm: JwtAlgorithm, name: str, away: int) -> None:
    token = jwt.encode({name: NOW + away}, private_text(algorithm), algorithm)
    key = public_text(algorithm)
    ours = we_accept(algorithm, token, key)
    assert ours == they_accept(algorithm, token, key)
    assert ours == (away > -60 if name == "exp" else away < 60)


@pytest.mark.parametrize("sender", ["wix", "wix_bookings"])
def test_every_recorded_delivery_of_wix_is_judged_alike(sender: str) -> None:
    connector, verdicts = Registry().get(sender), set()
    for name, case in load(connector, CASES, CASES / sender).cases.items():
        keys, token = case.source.secrets["public_key"], case.request.content
        ours = any(we_accept("RS256", token, key, case.now) for key in keys)
        verdicts.add(ours)
        plain = [_public(key) for key in keys]
        assert ours == any(they_accept("RS256", token, key, case.now) for key in plain), name
        anew = connector.verify.sign(replace(case.make_request()), case.make_source(connector), NOW)
        assert they_accept("RS256", anew.body, plain[0], NOW), name
    assert verdicts == {True, False}


def _public(text: str) -> str:
    """Recorded cases hold private keys, by which the relay plays the vendor."""
    key = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).prepare_key(text)
    public = key.public_key() if hasattr(key, "public_key") else key
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
