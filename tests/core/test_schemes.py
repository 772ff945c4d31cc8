"""Ways to prove a request that the nine first connectors did not need, with vectors and mutations."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from connectors.pos.square import CONNECTOR
from relay.core.combined import AnyOf, FromAccount, strongest_configured
from relay.core.errors import Unverified
from relay.core.jwt import JwtProof, parse_jwt
from relay.core.key_by_url import KeyByUrl
from relay.core.keys import base64_key, hex_key, html_key
from relay.core.parsing import parse_form, parse_json, write_form
from relay.core.payload import Node
from relay.core.places import in_header, in_pairs
from relay.core.public_keys import PublicKeySignature
from relay.core.request import Request
from relay.core.signatures import HmacSignature, Verifier
from relay.core.signed import Claim, signed_as, url_then_sorted_form
from relay.core.signed_items import SignedItems
from relay.core.source import Keys, Secrets, Source, StampedSettings, published
from relay.core.stamps import ANY_TIME, ISO_TIME, MILLISECONDS, SECONDS, last_of_salt
from relay.core.standard_webhooks import StandardWebhooks
from relay.core.tokens import BodyToken, SharedToken

NOW = 1772366400.0
URL = "https://relay.example.com/hooks/shop"


class ShopSettings(StampedSettings):
    account: str | tuple[str, ...] | None = None


def source(*keys: str, name: str = "signing_key", **settings: Any) -> Source:
    return Source("shop", {name: keys}, ShopSettings(**settings))


def request(body: bytes = b'{"id": 1}', **headers: str) -> Request:
    return Request("POST", URL, {key.replace("_", "-"): value for key, value in headers.items()}, body)


def pem(key: Any) -> str:
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    text: bytes = key.private_bytes(*form)
    return text.decode()


def public_pem(key: Any) -> str:
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    text: bytes = key.public_key().public_bytes(*form)
    return text.decode()


def certificate(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "keys.example.com")])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.not_valid_before(begins).not_valid_after(begins + timedelta(days=365))
    made = builder.public_key(key.public_key()).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
EC = ec.derive_private_key(7, ec.SECP256R1())
HEX = "00ff10aa55"


def items_of(root: Node) -> Iterable[Node]:
    return (one["item"] for one in root["items"].each())


ITEMS = SignedItems(items=items_of, at=("more", "sig"), signed=lambda item: item["ref"].text().encode())
TWO = b'{"items":[{"item":{"ref":"a","more":{}}},{"item":{"ref":"b","more":{}}}]}'
TOKEN_AT = b'{"data":{"token":"-"}}'
SALT = last_of_salt("v1:app")
HEADER = in_header("x-s")
STAMPED = in_header("x-s", stamp="x-t")

ALL: dict[str, tuple[Verifier, str, bytes]] = {
    "salt": (
        HmacSignature(
            place=in_header("x-s", stamp="x-salt"), signed=signed_as("{timestamp}:{body}"), stamp=SALT
        ),
        "k-1",
        b"{}",
    ),
    "iso time": (
        HmacSignature(
            place=in_header("x-s", stamp="x-t"), signed=signed_as("{timestamp}{body}"), stamp=ISO_TIME
        ),
        "k-1",
        b"{}",
    ),
    "any time": (
        HmacSignature(
            place=in_header("x-s", stamp="x-t"), signed=signed_as("{body}{timestamp}"), stamp=ANY_TIME
        ),
        "k-1",
        b"{}",
    ),
    "semicolons": (
        HmacSignature(
            place=in_pairs("x-s", stamp="ts", signature="h1", separator=";"),
            signed=signed_as("{timestamp}:{body}"),
            stamp=SECONDS,
        ),
        "k-1",
        b"{}",
    ),
    "pairs without a time": (
        HmacSignature(place=in_pairs("x-s", signature="signature"), encoding="either"),
        "k-1",
        b"{}",
    ),
    "id and url": (
        HmacSignature(
            place=in_header("x-s", stamp="x-t"),
            signed=signed_as("{timestamp}{header:x-id}{url}{body}"),
            stamp=MILLISECONDS,
        ),
        "k-1",
        b"{}",
    ),
    "hex key": (HmacSignature(place=HEADER, key=hex_key), HEX, b"{}"),
    "base64 key": (HmacSignature(place=HEADER, key=base64_key), "a2V5a2V5", b"{}"),
    "html key": (HmacSignature(place=HEADER, key=html_key), "a&amp;b", b"{}"),
    "sorted form": (
        HmacSignature(place=HEADER, signed=url_then_sorted_form, digest="sha1"),
        "k-1",
        b"b=2&a=1",
    ),
    "a field of the body": (
        HmacSignature(place=HEADER, signed=lambda one, _: one.body + parse_json(one)["at"].text().encode()),
        "k-1",
        b'{"at": "x"}',
    ),
    "standard webhooks with a text key": (StandardWebhooks(key=str.encode), "plain text", b"{}"),
    "ed25519": (PublicKeySignature(place=HEADER, algorithm="ed25519", secret="signing_key"), pem(ED), b"{}"),
    "rsa": (PublicKeySignature(place=HEADER, algorithm="rsa", secret="signing_key"), pem(RSA), b"{}"),
    "ecdsa": (
        PublicKeySignature(place=HEADER, algorithm="ecdsa", secret="signing_key", encoding="hex"),
        pem(EC),
        b"{}",
    ),
    "jwt body by rsa": (JwtProof(algorithm="RS256", secret="signing_key"), pem(RSA), b'{"data": "x"}'),
    "jwt body by ed25519": (JwtProof(algorithm="EdDSA", secret="signing_key"), pem(ED), b'{"data": "x"}'),
    "jwt body by ecdsa": (JwtProof(algorithm="ES256", secret="signing_key"), pem(EC), b'{"data": "x"}'),
    "jwt in a header": (
        JwtProof(algorithm="HS256", header="authorization", secret="signing_key"),
        "k-1",
        b"{}",
    ),
    "items": (ITEMS, HEX, TWO),
    "token in the body": (BodyToken(path=("data", "token"), secret="signing_key"), "tok-1", TOKEN_AT),
    "token in a form": (
        BodyToken(path=("key",), parse=parse_form, write=write_form, secret="signing_key"),
        "tok-1",
        b"a[b]=1&key=-",
    ),
    "header or query": (
        AnyOf(
            SharedToken(header="authorization", prefix="Bearer ", secret="signing_key"),
            SharedToken(query="access_token", secret="signing_key"),
        ),
        "tok-1",
        b"{}",
    ),
    "account": (
        FromAccount(
            verifier=HmacSignature(place=HEADER),
            account=lambda root: root.get("shop").text_or_none(),
            setting="account",
        ),
        "k-1",
        b'{"shop": "s-1"}',
    ),
}
EACH = pytest.mark.parametrize(("verifier", "key", "body"), ALL.values(), ids=ALL)


def signed(verifier: Verifier, key: str, body: bytes, at: float = NOW) -> Request:
    return verifier.sign(request(body), source(key), at)


@EACH
def test_what_a_scheme_signs_it_verifies_beside_other_live_secrets(
    verifier: Verifier, key: str, body: bytes
) -> None:
    verifier(signed(verifier, key, body), source("ab", key), NOW)


@EACH
def test_signing_what_is_signed_already_makes_it_anew(verifier: Verifier, key: str, body: bytes) -> None:
    later = NOW + 86_400
    again = verifier.sign(signed(verifier, key, body), source(key), later)
    verifier(again, source(key), later)


@EACH
def test_without_a_secret_or_proof_nothing_is_accepted(verifier: Verifier, key: str, body: bytes) -> None:
    proven = signed(verifier, key, body)
    for one, keys in ((proven, ()), (proven, ("ab",)), (request(b"{}"), (key,))):
        with pytest.raises(Unverified) as caught:
            verifier(one, source(*keys), NOW)
        assert key not in str(caught.value)


@EACH
def test_every_changed_byte_of_a_proof_is_refused(verifier: Verifier, key: str, body: bytes) -> None:
    proven = signed(verifier, key, body)
    names = proven.headers.keys() - {"x-id", "webhook-id"}
    for name in names:
        value = proven.headers[name]
        for at in range(len(value)):
            changed = value[:at] + ("!" if value[at] != "!" else "?") + value[at + 1 :]
            with pytest.raises(Unverified):
                verifier(replace(proven, headers={**proven.headers, name: changed}), source(key), NOW)


@EACH
def test_whatever_is_sent_is_signed_or_refused_and_nothing_else(
    verifier: Verifier, key: str, body: bytes
) -> None:
    for odd in (b"", b"null", b"[]", b'"x"', b"\xff\xfe", b"..", b"a.b.c", b'{"items":[1]}', b'{"data":3}'):
        verifier.sign(request(odd), source(key), NOW)
        with pytest.raises(Unverified):
            verifier(request(odd, x_s="\udcff", x_t="\udcff"), source(key), NOW)


@pytest.mark.parametrize("name", ["salt", "iso time", "any time", "semicolons", "id and url"])
@pytest.mark.parametrize("age", [301, -301])
def test_an_old_or_future_time_is_refused(name: str, age: float) -> None:
    verifier, key, body = ALL[name]
    with pytest.raises(Unverified, match="timestamp is 301 s"):
        verifier(signed(verifier, key, body, NOW - age), source(key), NOW)


@pytest.mark.parametrize(
    "text", ["1772366400", "1772366400000", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00"]
)
def test_a_time_of_any_form_is_the_same_time(text: str) -> None:
    assert ANY_TIME.read(text) == NOW


def test_hex_is_read_in_either_case_and_both_encodings_where_nobody_knows() -> None:
    digest = hmac.digest(b"key", b"{}", "sha256")
    either = HmacSignature(place=in_header("x-s", prefix="sha256=", bare=True), encoding="either")
    shown = (digest.hex().upper(), "sha256=" + digest.hex(), base64.b64encode(digest).decode())
    for one in shown:
        either(request(b"{}", x_s=one), source("key"), NOW)
    with pytest.raises(Unverified):
        HmacSignature(place=HEADER)(request(b"{}", x_s=shown[2]), source("key"), NOW)


def test_a_secret_of_spaces_is_no_key() -> None:
    by_nothing = hmac.digest(b"", b"{}", "sha256").hex()
    for key in (hex_key, base64_key):
        with pytest.raises(Unverified, match="the configured secret is not"):
            HmacSignature(place=HEADER, key=key)(request(b"{}", x_s=by_nothing), source("  "), NOW)


def test_a_template_with_an_unknown_part_says_which_there_are() -> None:
    with pytest.raises(ValueError, match=r"unknown part \{salt\}; there are body, body_base64"):
        signed_as("{salt}{body}")


def test_a_template_puts_the_parts_of_a_request_in_a_row() -> None:
    asked = replace(request(b"{}", x_id="7"), url=URL + "?a=1")
    text = signed_as(
        "{method} {path} {query} {timestamp} {header:X-Id}{header:x-none} {body_base64} {body_crc32}"
    )
    assert text(asked, Claim((), "12")) == b"POST /hooks/shop a=1 12 7 e30= 2745614147"


def test_twilios_example_of_a_sorted_form_has_its_signature() -> None:
    # https://www.twilio.com/docs/usage/security, "Validating requests are coming from Twilio"
    form = (
        b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
    )
    asked = Request("POST", "https://mycompany.com/myapp.php?foo=1&bar=2", {}, form)
    verifier = HmacSignature(
        place=in_header("x-twilio-signature"), signed=url_then_sorted_form, digest="sha1", encoding="base64"
    )
    shown = replace(asked, headers={"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="})
    verifier(shown, source("12345"), NOW)


@pytest.mark.parametrize(("algorithm", "key"), [("rsa", RSA), ("ed25519", ED), ("ecdsa", EC)])
def test_a_public_key_verifies_in_every_form_and_signs_nothing(algorithm: Any, key: Any) -> None:
    verifier = PublicKeySignature(place=HEADER, algorithm=algorithm, secret="signing_key")
    proven = signed(verifier, pem(key), b"{}")
    text = public_pem(key)
    for form in (text, "".join(text.splitlines()[1:-1])):
        verifier(proven, source(form), NOW)
        with pytest.raises(ValueError, match="public keys only"):
            verifier.sign(request(), source(form), NOW)


def test_thirty_two_bytes_are_an_ed25519_key() -> None:
    verifier = PublicKeySignature(place=HEADER, algorithm="ed25519", secret="signing_key")
    raw = ED.public_key().public_bytes_raw()
    for form in (raw.hex(), base64.b64encode(raw).decode()):
        verifier(signed(verifier, pem(ED), b"{}"), source(form), NOW)


def test_a_key_of_another_algorithm_is_named_as_the_fault() -> None:
    verifier = PublicKeySignature(place=HEADER, algorithm="ed25519", secret="signing_key")
    with pytest.raises(Unverified, match="public key for ed25519"):
        verifier(request(x_s="00"), source(public_pem(RSA), "nonsense"), NOW)


RFC7515_KEY = base64.urlsafe_b64decode(
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow=="
)
RFC7515_A3 = (
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p"
    "c19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3"
    "-Kg6NU1Q"
)
RFC7515_A3_KEY = ec.EllipticCurvePublicNumbers(
    int.from_bytes(base64.urlsafe_b64decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU=")),
    int.from_bytes(base64.urlsafe_b64decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0=")),
    ec.SECP256R1(),
).public_key()


def test_the_es256_example_of_rfc_7515_is_accepted_while_it_lasts() -> None:
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    key = RFC7515_A3_KEY.public_bytes(*form).decode()
    proof = JwtProof(algorithm="ES256", secret="signing_key")
    proof(request(RFC7515_A3.encode()), source(key), 1300819380.0)
    with pytest.raises(Unverified, match="expired"):
        proof(request(RFC7515_A3.encode()), source(key), 1300819441.0)


def unpadded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token(head: dict[str, Any], claims: Any, key: bytes = b"key") -> bytes:
    text = f"{unpadded(json.dumps(head).encode())}.{unpadded(json.dumps(claims).encode())}"
    return f"{text}.{unpadded(hmac.digest(key, text.encode(), hashlib.sha256))}".encode()


@pytest.mark.parametrize(
    ("head", "claims"),
    [
        ({"alg": "none"}, {}),
        ({"alg": "HS512"}, {}),
        ({"alg": "hs256"}, {}),
        ({"alg": "HS256", "crit": ["exp"]}, {}),
        ({"alg": "HS256"}, []),
        ({"alg": "HS256"}, {"exp": "later"}),
        ({"alg": "HS256"}, {"exp": True}),
        ({"alg": "HS256"}, {"nbf": NOW + 61}),
        ({"alg": "HS256"}, {"exp": NOW - 61}),
    ],
)
def test_a_token_of_another_kind_or_time_is_refused(head: dict[str, Any], claims: Any) -> None:
    with pytest.raises(Unverified):
        JwtProof(algorithm="HS256", secret="signing_key")(request(token(head, claims)), source("key"), NOW)


def test_a_token_made_with_the_public_key_as_shared_key_is_refused() -> None:
    text = public_pem(RSA)
    forged = token({"alg": "HS256"}, {}, text.encode())
    with pytest.raises(Unverified, match="not signed by RS256"):
        JwtProof(algorithm="RS256", secret="signing_key")(request(forged), source(text), NOW)


def test_the_claims_of_a_token_are_read_as_a_payload() -> None:
    body = token({"alg": "HS256"}, {"data": '{"id": 7}', "exp": NOW})
    JwtProof(algorithm="HS256", secret="signing_key")(request(body), source("key"), NOW)
    assert parse_jwt(request(body))["data"].json()["id"].integer() == 7


def test_one_item_that_is_not_signed_refuses_the_request() -> None:
    proven = json.loads(signed(ITEMS, HEX, TWO).body)
    proven["items"][1]["item"]["ref"] = "c"
    with pytest.raises(Unverified, match="of an item"):
        ITEMS(request(json.dumps(proven).encode()), source(HEX), NOW)
    with pytest.raises(Unverified, match="of an item"):
        ITEMS(request(b'{"items": []}'), source(HEX), NOW)


@pytest.mark.parametrize("account", [None, "s-1", ("s-0", "s-1")])
def test_a_request_of_a_configured_account_is_accepted(account: Any) -> None:
    verifier, key, body = ALL["account"]
    verifier(signed(verifier, key, body), source(key, account=account), NOW)


@pytest.mark.parametrize("account", ["s-1", ""])
@pytest.mark.parametrize("body", [b'{"shop": "s-2"}', b"{}", b'{"shop": ""}', b'{"shop": []}', b"[]"])
def test_a_request_of_another_or_no_account_is_refused(body: bytes, account: str) -> None:
    verifier, key, _ = ALL["account"]
    with pytest.raises(Unverified, match=r"settings\.account"):
        verifier(signed(verifier, key, body), source(key, account=account), NOW)


def test_a_body_that_nobody_can_read_is_left_to_be_parked() -> None:
    verifier, key, _ = ALL["account"]
    verifier(signed(verifier, key, b"{"), source(key, account="s-1"), NOW)


def test_adyens_example_of_a_signed_item_has_its_signature() -> None:
    # https://github.com/Adyen/adyen-python-api-library, test/UtilTest.py
    def fields(item: Node) -> bytes:
        names = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
        texts = [item.get(name).text_or_none() or "" for name in names]
        amount = [item["amount"][name].text() for name in ("value", "currency")]
        return ":".join([*texts, *amount, item["eventCode"].text(), item["success"].text()]).encode()

    item = {
        "pspReference": "7914073381342284",
        "merchantReference": "TestPayment-1407325143704",
        "merchantAccountCode": "TestMerchant",
        "amount": {"currency": "EUR", "value": 1130},
        "eventCode": "AUTHORISATION",
        "success": "true",
        "additionalData": {"hmacSignature": "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="},
    }
    verifier = SignedItems(items=Node.each, at=("additionalData", "hmacSignature"), signed=fields)
    key = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
    verifier(request(json.dumps([item]).encode()), source(key), NOW)


def test_a_certificate_holds_a_public_key() -> None:
    verifier = PublicKeySignature(place=HEADER, algorithm="rsa", secret="signing_key")
    verifier(signed(verifier, pem(RSA), b"{}"), source(certificate(RSA)), NOW)


def test_the_address_of_a_key_is_below_the_vendors_and_asked_for_only_without_a_key_of_ones_own() -> None:
    verifier = KeyByUrl(
        verifier=PublicKeySignature(place=HEADER, algorithm="rsa", secret="signing_key"),
        address=lambda one: one.header("x-url"),
        below=("https://api.example.com/certs/",),
    )
    good = "https://api.example.com/certs/CERT-1.pem"
    assert verifier.key_urls(request(x_url=good), source()) == (good,)
    assert verifier.key_urls(request(x_url=good), source("own")) == ()
    proven = verifier.sign(request(), source(pem(RSA)), NOW)
    verifier(proven, verifier.with_keys(source(), public_pem(RSA)), NOW)
    with pytest.raises(Unverified):
        verifier(proven, source(), NOW)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://api.example.com/certs/a",
        "https://api.example.com.evil.example/certs/a",
        "https://evil.example/https://api.example.com/certs/a",
        "https://api.example.com/certs/../admin",
        "https://api.example.com/certs/%2e%2e/admin",
        "https://api.example.com/certs/a?next=b",
        "https://api.example.com/certs//evil.example",
        "https://api.example.com/certs/",
        "https://api.example.com/certs/a\n",
    ],
)
def test_the_address_of_a_key_elsewhere_is_never_asked_for(url: str) -> None:
    verifier = KeyByUrl(
        verifier=PublicKeySignature(place=HEADER, algorithm="rsa", secret="signing_key"),
        address=lambda one: one.header("x-url"),
        below=("https://api.example.com/certs/",),
    )
    with pytest.raises(Unverified, match="not the vendor's"):
        verifier.key_urls(request(x_url=url), source())


def test_a_second_key_may_be_named_and_is_the_vendors_as_well() -> None:
    verifier = KeyByUrl(
        verifier=PublicKeySignature(place=HEADER, algorithm="rsa", secret="signing_key"),
        address=lambda one: one.header("x-url"),
        second_address=lambda one: one.header("x-other-url"),
        below=("https://api.example.com/certs/",),
    )
    urls = ("https://api.example.com/certs/1.pem", "https://api.example.com/certs/2.pem")
    assert verifier.key_urls(request(x_url=urls[0], x_other_url=urls[1]), source()) == urls
    assert verifier.key_urls(request(x_url=urls[0]), source()) == urls[:1]
    with pytest.raises(Unverified, match="not the vendor's"):
        verifier.key_urls(request(x_url=urls[0], x_other_url="https://evil.example/2.pem"), source())


def test_the_strongest_proof_that_is_configured_must_be_given() -> None:
    strong, weak = HmacSignature(place=HEADER), SharedToken()
    choose = strongest_configured(strong, weak)
    both = Source("shop", {"signing_key": ("k-1",), "url_token": ("t-1",)}, StampedSettings())
    assert choose(CONNECTOR, both).verify is strong
    assert choose(CONNECTOR, source("t-1", name="url_token")).verify is weak
    with pytest.raises(ValueError, match="secrets should hold signing_key or url_token"):
        choose(CONNECTOR, source())


def test_any_of_several_proofs_is_by_one_secret() -> None:
    with pytest.raises(ValueError, match="one and the same secret"):
        AnyOf(SharedToken(), HmacSignature(place=HEADER))


def test_a_published_key_is_a_secret_like_any_other_and_another_may_take_its_place() -> None:
    class VendorSecrets(Secrets):
        public_key: Keys = published("one", "two")

    assert VendorSecrets().revealed() == {"public_key": ("one", "two")}
    assert VendorSecrets.model_validate({"public_key": "three"}).revealed() == {"public_key": ("three",)}
