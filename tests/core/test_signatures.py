"""How senders prove themselves, by the vendors' own vectors and a second implementation."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from connectors.crm import hubspot, hubspot_workflow
from relay.core.errors import Unverified
from relay.core.keys import decode_base64
from relay.core.places import in_header, in_pairs
from relay.core.proof import Proof
from relay.core.request import Request
from relay.core.signatures import HmacSignature, Verifier
from relay.core.signed import Claim, stamp_dot_body, url_then_body
from relay.core.source import Source, StampedSettings
from relay.core.stamps import MILLISECONDS, SECONDS
from relay.core.standard_webhooks import StandardWebhooks
from relay.core.tokens import BasicAuth, SharedToken

NOW = 1772366400.0
URL = "https://relay.example.com/hooks/shop"
SHARED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STAMPED = HmacSignature(
    place=in_pairs("x-signature", stamp="t", signature="v1"), signed=stamp_dot_body, stamp=SECONDS
)


def source(*keys: str, name: str = "signing_key") -> Source:
    return Source("shop", {name: keys}, StampedSettings())


def request(body: bytes = b'{"id": 1}', **headers: str) -> Request:
    return Request("POST", URL, {key.replace("_", "-"): value for key, value in headers.items()}, body)


def rule(**settings: Any) -> Verifier:
    proof: Any = TypeAdapter(Proof).validate_python({"type": "hmac", "header": "X-Signature"} | settings)
    verifier: Verifier = proof.verifier()
    return verifier


def resigned(verifier: Verifier, given_request: Request, key: str, at: float = NOW) -> Request:
    return verifier.sign(given_request, source(key, name=verifier.secret), at)


ALL: Mapping[str, tuple[Verifier, str]] = {
    "hex hmac": (HmacSignature(place=in_header("x-signature")), "key"),
    "base64 with prefix": (HmacSignature(place=in_header("x-s", prefix="sha256="), encoding="base64"), "key"),
    "sha1": (HmacSignature(place=in_header("x-s"), digest="sha1"), "key"),
    "url and body": (HmacSignature(place=in_header("x-s"), signed=url_then_body), "key"),
    "stamp in pairs": (STAMPED, "key"),
    "stamp in a header": (
        HmacSignature(place=in_header("x-s", stamp="x-t"), signed=stamp_dot_body, stamp=MILLISECONDS),
        "key",
    ),
    "key then text": (HmacSignature(place=in_header("x-s"), keyed="key_then_text"), "key"),
    "token in the url": (SharedToken(), "tok-1"),
    "token in a header": (SharedToken(header="authorization", prefix="Bearer "), "tok-1"),
    "basic": (BasicAuth(), "user:pass word"),
    "standard webhooks": (StandardWebhooks(), SHARED),
    "by rule": (rule(signed="{method}{path}\n{timestamp}\n{body}", timestamp_header="X-Time"), "key"),
    "hex key by rule": (rule(key="hex", digest="sha512"), "00ff10"),
}
EACH = pytest.mark.parametrize(("verifier", "key"), ALL.values(), ids=ALL)


@EACH
def test_what_a_scheme_signs_it_verifies(verifier: Verifier, key: str) -> None:
    verifier(resigned(verifier, request(), key), source(key, name=verifier.secret), NOW)


@EACH
def test_any_live_secret_is_accepted(verifier: Verifier, key: str) -> None:
    keys = ("aa" + key[2:], key) if key != SHARED else ("whsec_" + base64.b64encode(b"x" * 24).decode(), key)
    verifier(resigned(verifier, request(), key), source(*keys, name=verifier.secret), NOW)


@EACH
def test_without_a_secret_nothing_is_accepted(verifier: Verifier, key: str) -> None:
    with pytest.raises(Unverified):
        verifier(resigned(verifier, request(), key), source(name=verifier.secret), NOW)


@EACH
def test_without_proof_nothing_is_accepted_and_no_secret_is_told(verifier: Verifier, key: str) -> None:
    with pytest.raises(Unverified) as caught:
        verifier(request(), source(key, name=verifier.secret), NOW)
    assert key not in str(caught.value)


@EACH
def test_headers_that_are_no_text_are_refused_like_any_other(verifier: Verifier, key: str) -> None:
    signed = resigned(verifier, request(), key)
    odd = replace(
        signed, headers=dict.fromkeys(signed.headers, "\udcff\x00,t=\udcff,v1=\udcff"), token="\udcff"
    )
    with pytest.raises(Unverified):
        verifier(odd, source(key, name=verifier.secret), NOW)


@pytest.mark.parametrize(("age", "word"), [(301, "old"), (-301, "in the future")])
def test_a_stamp_beyond_the_tolerance_is_refused_either_way(age: float, word: str) -> None:
    signed = resigned(STAMPED, request(), "key", at=NOW - age)
    with pytest.raises(Unverified, match=f"301 s {word}; settings.tolerance is 300 s"):
        STAMPED(signed, source("key"), NOW)


def test_a_stamp_within_the_tolerance_is_accepted() -> None:
    STAMPED(resigned(STAMPED, request(), "key", at=NOW - 299), source("key"), NOW)


@pytest.mark.parametrize("stamp", ["", "soon", "9" * 400, "nan"])
def test_a_signed_stamp_that_is_no_time_is_refused(stamp: str) -> None:
    checked = HmacSignature(place=in_header("x-s", stamp="x-t"), signed=stamp_dot_body, stamp=MILLISECONDS)
    signature = hmac.digest(b"key", stamp.encode() + b"." + request().body, "sha256").hex()
    with pytest.raises(Unverified, match="timestamp"):
        checked(request(x_s=signature, x_t=stamp), source("key"), NOW)


def test_a_header_of_pairs_may_hold_several_signatures() -> None:
    good = resigned(STAMPED, request(), "key").headers["x-signature"]
    stamp, _, signature = good.partition(",v1=")
    several = replace(request(), headers={"x-signature": f"{stamp}, v0=aa,v1=bb, v1={signature}"})
    STAMPED(several, source("key"), NOW)


def test_plus_signs_that_a_proxy_made_spaces_are_understood() -> None:
    scheme = HmacSignature(place=in_header("x-s"), encoding="base64")
    bodies = (request(str(number).encode()) for number in range(99))
    signed = next(one for body in bodies if "+" in (one := resigned(scheme, body, "key")).headers["x-s"])
    eaten = replace(signed, headers={"x-s": signed.headers["x-s"].replace("+", " ")})
    scheme(eaten, source("key"), NOW)


VECTOR = Request("POST", "https://www.example.com/webhook_uri", {}, b"{'example_field':'example_value'}")
VECTOR_KEY = source("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy")
V1 = "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750"


def vector(name: str, signature: str, **headers: str) -> Request:
    return replace(VECTOR, headers={name: signature, **request(b"", **headers).headers})


def test_hubspots_v3_vector_is_accepted() -> None:
    proven = vector(
        "x-hubspot-signature-v3",
        "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
        x_hubspot_request_timestamp="1693657560000",
    )
    hubspot.CONNECTOR.verify(proven, VECTOR_KEY, 1693657560.0)


@pytest.mark.parametrize(
    ("method", "body", "signature"),
    [
        ("POST", VECTOR.body, "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"),
        ("GET", b"", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
    ],
)
def test_hubspots_v2_vectors_are_accepted_from_workflows(method: str, body: bytes, signature: str) -> None:
    proven = replace(vector("x-hubspot-signature", signature), method=method, body=body)
    hubspot_workflow.CONNECTOR.verify(proven, VECTOR_KEY, NOW)


def test_hubspots_v1_vector_is_right_and_yet_accepted_by_neither() -> None:
    HmacSignature(place=in_header("x-hubspot-signature"), keyed="key_then_text")(
        vector("x-hubspot-signature", V1), VECTOR_KEY, NOW
    )
    for connector in (hubspot.CONNECTOR, hubspot_workflow.CONNECTOR):
        with pytest.raises(Unverified):
            connector.verify(vector("x-hubspot-signature", V1), VECTOR_KEY, NOW)


def test_exactly_twelve_percent_codes_of_a_hubspot_url_are_decoded() -> None:
    codes = "%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B" + "%3a" + "%20%26%3D%23%25%2B"
    asked = replace(VECTOR, url=f"https://a.example/?q={codes}", body=b"")
    signed = hubspot.signed_v3(asked, Claim(()))
    assert signed == b"POSThttps://a.example/?q=:/?@!$'()*,;:%20%26%3D%23%25%2B"


def test_a_template_says_what_is_signed() -> None:
    by_template = rule(signed="{timestamp}.{body}", timestamp_header="X-Time", timestamp_unit="s")
    by_hand = HmacSignature(
        place=in_header("x-signature", stamp="x-time"), signed=stamp_dot_body, stamp=SECONDS
    )
    by_hand(resigned(by_template, request(), "key"), source("key"), NOW)


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"signed": "{timestamp}"}, "must contain {body}"),
        ({"signed": "{body}{salt}"}, "unknown part {salt}"),
        ({"signed": "{timestamp}.{body}"}, "goes together"),
        ({"timestamp_header": "x-time"}, "goes together"),
        ({"timestamp_name": "t"}, "needs signature_name"),
        (
            {"signature_name": "v1", "timestamp_header": "x-time", "signed": "{timestamp}.{body}"},
            "in pairs it is timestamp_name",
        ),
        ({"type": "body", "path": "a..b"}, "pattern"),
        ({"type": "jwt", "algorithm": "none"}, "HS256"),
        ({"header": "not a header"}, "pattern"),
        ({"typo": 1}, "Extra inputs"),
    ],
)
def test_a_rule_that_cannot_work_is_a_configuration_fault(settings: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault.replace("{", r"\{")):
        rule(**settings)


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_key_of_another_encoding_fails_closed_and_is_not_told(encoding: str) -> None:
    with pytest.raises(Unverified, match=encoding) as caught:
        rule(key=encoding)(request(x_signature="00"), source("zz-not!"), NOW)
    assert "zz-not" not in str(caught.value)


@pytest.mark.parametrize("empty", ["", [], [""], ["key", ""]])
def test_an_empty_secret_is_refused_since_anybody_could_sign_with_it(empty: Any) -> None:
    with pytest.raises(ValidationError):
        hubspot.HubSpotSecrets.model_validate({"signing_key": empty, "access_token": "key"})


@given(data=st.binary(max_size=40))
def test_base64_is_read_padded_or_not(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert decode_base64(text) == data
    assert decode_base64(text.rstrip("=")) == data
    assert decode_base64(text + "!") is None


ED25519_KEY = (
    Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
HEADER = {"header": "x-signature"}
BY_KEY = HEADER | {"type": "public_key", "algorithm": "ed25519"}
BY_HMAC = HEADER | {"type": "hmac"}
IN_PAIRS = {"signature_name": "h1", "timestamp_name": "ts", "separator": ";", "signed": "{timestamp}:{body}"}
ISO = {"signed": "{timestamp}.{body}", "timestamp_header": "x-time", "timestamp_unit": "iso"}
CONFIGURED: dict[str, tuple[dict[str, Any], str]] = {
    "Ed25519": (BY_KEY, ED25519_KEY),
    "Ed25519 over a time": (BY_KEY | ISO, ED25519_KEY),
    "a JWT as the body": ({"type": "jwt", "algorithm": "HS256"}, "key"),
    "a token in the body": ({"type": "body", "path": "meta.token"}, "key"),
    "pairs with a semicolon": (BY_HMAC | IN_PAIRS, "key"),
    "a signature among pairs without a time": (BY_HMAC | {"signature_name": "v1"}, "key"),
    "hash of key and text": (BY_HMAC | {"keyed": "key_then_text"}, "key"),
}


@pytest.mark.parametrize(("settings", "key"), CONFIGURED.values(), ids=CONFIGURED)
def test_a_configured_proof_takes_what_its_sender_makes_and_nothing_else(
    settings: dict[str, Any], key: str
) -> None:
    proof: Any = TypeAdapter(Proof).validate_python(settings)
    verifier: Verifier = proof.verifier()
    signed = resigned(verifier, request(b'{"id": 1, "meta": {"token": ""}}'), key)
    verifier(signed, source(key, name=verifier.secret), NOW)
    for other in (replace(signed, headers={}, body=b"{}"), replace(signed, body=b'{"id": 2}')):
        with pytest.raises(Unverified):
            verifier(other, source(key, name=verifier.secret), NOW)
    with pytest.raises(Unverified):
        verifier(signed, source(key, name="another"), NOW)
