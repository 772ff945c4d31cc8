"""Keys and signatures as people and proxies hand them on: base64 in its alphabets, public keys in lines."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relay.core.errors import Unverified
from relay.core.keys import decode_base64url
from relay.core.places import in_header, in_pairs
from relay.core.public_keys import PublicKeySignature, hex_or_base64, load_key, public_half
from relay.core.request import Request
from relay.core.signed import signed_as
from relay.core.source import Settings, Source

ED = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
EC = ec.derive_private_key(7, ec.SECP256R1())
RAW = ED.public_key().public_bytes_raw()
GOOD = ED.sign(b"{}").hex()
BY_KEY = PublicKeySignature(place=in_header("x-s"), algorithm="ed25519")


def source(*keys: str) -> Source:
    return Source("shop", {"public_key": keys}, Settings())


def request(signature: str, body: bytes = b"{}") -> Request:
    return Request("POST", "https://relay.example.com/hooks/shop", {"x-s": signature}, body)


def der(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(*form)).decode()


def test_base64_for_urls_knows_only_its_own_alphabet() -> None:
    assert decode_base64url("-_8") == b"\xfb\xff"
    for text in ("+_8", "-/8", "+/8"):
        assert decode_base64url(text) is None


def test_a_public_key_may_stand_in_lines_and_among_spaces() -> None:
    text = der(EC)
    for form in (text, f"  {text}\n", "\n".join((text[:64], text[64:])), f"{text[:9]} {text[9:]}"):
        assert public_half(load_key(form)) == EC.public_key()
    assert load_key(f" {RAW.hex()}\n") == ED.public_key()


@pytest.mark.parametrize("text", ["", "nonsense", "!!", "-----BEGIN PUBLIC KEY-----", der(EC)[:-8]])
def test_what_is_no_public_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="neither PEM nor base64"):
        load_key(text)


def test_a_signature_is_read_in_hex_and_in_base64_with_its_plus_signs_eaten() -> None:
    assert hex_or_base64("00ff") == b"\x00\xff"
    assert hex_or_base64("+/+/") == hex_or_base64(" / /") == b"\xfb\xff\xbf"
    assert hex_or_base64("neither!") == b""


def test_a_missing_signature_is_told_from_a_wrong_one() -> None:
    BY_KEY(request(GOOD), source(RAW.hex()), 0)
    for one, told in ((request(GOOD, b"{ }"), "not made by any"), (request(""), "not made by any")):
        with pytest.raises(Unverified, match=told):
            BY_KEY(one, source(RAW.hex()), 0)
    with pytest.raises(Unverified, match="header x-s is missing"):
        BY_KEY(replace(request(GOOD), headers={}), source(RAW.hex()), 0)


def test_a_signature_beside_the_body_shows_no_credential() -> None:
    assert (BY_KEY.checks_age, BY_KEY.in_body, BY_KEY.secret_headers) == (False, False, frozenset())


def test_a_signed_part_that_is_not_there_refuses_the_request() -> None:
    by_field = PublicKeySignature(
        place=in_header("x-s"), algorithm="ed25519", signed=signed_as("{field:id}{body}")
    )
    with pytest.raises(Unverified, match=r"what is signed cannot be read: \$\.id"):
        by_field(request(GOOD), source(RAW.hex()), 0)


def test_four_signatures_of_a_request_are_looked_at_and_no_more() -> None:
    several = PublicKeySignature(place=in_pairs("x-s", signature="v1"), algorithm="ed25519")
    wrong = "v1=00,"
    several(request(wrong * 3 + f"v1={GOOD}"), source(RAW.hex()), 0)
    with pytest.raises(Unverified):
        several(request(wrong * 4 + f"v1={GOOD}"), source(RAW.hex()), 0)
