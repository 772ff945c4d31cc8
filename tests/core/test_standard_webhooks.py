"""Standard Webhooks: the specification's vector, v1a, and agreement with the specification's library."""

from __future__ import annotations

import base64
import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import standardwebhooks
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from relay.core.errors import Unverified
from relay.core.request import Request
from relay.core.source import Source, StampedSettings
from relay.core.standard_webhooks import StandardWebhooks, standard_webhooks_key

URL = "https://relay.example.com/hooks/shop"
SHARED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_BYTES = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
PUBLIC = "whpk_" + base64.b64encode(PUBLIC_BYTES).decode()


def source(*keys: str) -> Source:
    return Source("shop", {"signing_key": keys}, StampedSettings())


def message(signature: str, body: bytes = b'{"test": 2432232314}', prefix: str = "webhook-") -> Request:
    names = {"id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "timestamp": "1614265330", "signature": signature}
    return Request("POST", URL, {prefix + name: value for name, value in names.items()}, body)


def by_key(body: bytes = b'{"test": 2432232314}') -> str:
    signed = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + body
    return "v1a," + base64.b64encode(PRIVATE.sign(signed)).decode()


GOOD = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
STANDARD = StandardWebhooks()


@pytest.mark.parametrize("signature", [GOOD, f"v1,AAAA {GOOD}", f"v9,x {GOOD} v1a,x", GOOD + " v1,"])
@pytest.mark.parametrize("prefix", ["webhook-", "svix-"])
def test_the_specifications_vector_is_accepted_among_other_signatures(signature: str, prefix: str) -> None:
    STANDARD(message(signature, prefix=prefix), source(SHARED), 1614265330)


def test_a_public_key_proves_v1a_and_nothing_else() -> None:
    STANDARD(message(by_key()), source(SHARED, PUBLIC), 1614265330)
    as_v1 = by_key().replace("v1a,", "v1,")
    for claim, key in ((by_key(b"{}"), PUBLIC), (by_key(), SHARED), (as_v1, PUBLIC)):
        with pytest.raises(Unverified):
            STANDARD(message(claim), source(key), 1614265330)


def test_a_public_key_is_never_taken_for_a_shared_one() -> None:
    as_shared = PUBLIC.replace("whpk_", "whsec_")
    forged = STANDARD.sign(message("v1,"), source(as_shared), 1614265330)
    with pytest.raises(Unverified):
        STANDARD(forged, source(PUBLIC), 1614265330)


def test_the_id_that_counts_is_the_one_that_was_signed() -> None:
    mixed = message(GOOD, prefix="svix-")
    mixed = replace(mixed, headers={**mixed.headers, "webhook-id": "another"})
    STANDARD(mixed, source(SHARED), 1614265330)
    assert STANDARD.message_id(mixed) == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_the_signature_is_over_a_time_and_beside_the_body() -> None:
    assert (STANDARD.checks_age, STANDARD.in_body, STANDARD.secret_headers) == (True, False, frozenset())


def test_sixteen_signatures_of_a_message_are_looked_at_and_no_more() -> None:
    STANDARD(message("v9,x " * 15 + by_key()), source(PUBLIC), 1614265330)
    with pytest.raises(Unverified):
        STANDARD(message("v9,x " * 16 + by_key()), source(PUBLIC), 1614265330)


def test_a_signature_is_base64_and_nothing_between_it() -> None:
    with pytest.raises(Unverified):
        STANDARD(message(by_key() + "!"), source(PUBLIC), 1614265330)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_of_the_three_headers_is_needed(missing: str) -> None:
    whole = message(GOOD)
    headers = {name: value for name, value in whole.headers.items() if name != missing}
    with pytest.raises(Unverified, match="is missing"):
        STANDARD(replace(whole, headers=headers), source(SHARED), 1614265330)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!!", "whpk_AAAA", "", "whpk_"])
def test_a_key_that_cannot_be_one_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(ValueError, match="key") as caught:
        standard_webhooks_key(secret)
    assert "!!" not in str(caught.value)


@given(
    data=st.dictionaries(st.text(max_size=9), st.text(max_size=20), max_size=3),
    key=st.binary(min_size=24, max_size=64),
    age=st.sampled_from([0, 200, -200, 400, -400]),
)
def test_the_library_and_we_agree_on_what_is_authentic(data: dict[str, str], key: bytes, age: int) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    library = standardwebhooks.Webhook(secret)
    now = int(datetime.now(tz=UTC).timestamp())
    text = json.dumps(data)
    ours = STANDARD.sign(
        Request("POST", URL, {"webhook-id": "msg_1"}, text.encode()), source(secret), now - age
    )
    signature = library.sign("msg_1", datetime.fromtimestamp(now - age, UTC), text)
    assert ours.headers["webhook-signature"] == signature
    with nullcontext() if abs(age) < 300 else pytest.raises(standardwebhooks.WebhookVerificationError):
        library.verify(text, dict(ours.headers))
    with nullcontext() if abs(age) < 300 else pytest.raises(Unverified):
        STANDARD(ours, source(secret), now)
