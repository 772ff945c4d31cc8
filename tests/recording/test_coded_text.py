"""Tokens and base64 are looked into, and proofs are made anew."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from relay.core.case import run_case
from relay.core.public_keys import load_key
from tests.recording.stored import (
    GENERIC,
    KIND,
    claims_of,
    data_of,
    recorded,
    token_of,
)


def test_people_in_a_body_that_is_a_token_are_replaced_and_it_is_signed_anew() -> None:
    sent = token_of({"event": "paid", "data": json.dumps({"email": "zora@quill.io", "first_name": "Zora"})})
    rule = {"type": "jwt", "algorithm": "ES256"}
    made = recorded(sent, settings=KIND | {"verify": rule, "format": "jwt"}).case
    claims = claims_of(made.request.body)
    assert claims["event"] == "paid"
    person = json.loads(claims["data"])
    assert person["email"] == f"{person['first_name']}@example.com".lower() != "zora@quill.io"
    assert "BEGIN PRIVATE KEY" in made.source.secrets["public_key"][0]
    assert made.request.body.rpartition(".")[2] != sent.rpartition(".")[2]
    assert run_case(made, GENERIC)["outcome"] != "unverified"


def test_a_token_in_a_field_is_no_longer_the_vendors() -> None:
    sent = token_of({"who": "Zora Quill", "email": "zora@quill.io"})
    made = data_of({"email": "zora@quill.io", "first_name": "Zora", "last_name": "Quill", "data": sent})
    claims = claims_of(made["data"])
    assert claims["email"] == made["email"]
    assert claims["who"] == f"{made['first_name']} {made['last_name']}"
    assert made["data"].rpartition(".")[2] != sent.rpartition(".")[2]


@pytest.mark.parametrize("write", [base64.b64encode, base64.urlsafe_b64encode])
def test_people_in_base64_are_replaced_and_other_base64_stays(write: Callable[[bytes], bytes]) -> None:
    event = {"email": "zora@quill.io", "name": "Zora Quill", "mark": "<~?~>"}
    picture = base64.b64encode(bytes(range(256))).decode()
    order = base64.b64encode(b"gid://shop/Order/123456").decode()
    body = {"data_base64": write(json.dumps(event).encode()).decode(), "image": picture, "order": order}
    made = recorded(json.dumps(body))
    data = json.loads(made.case.request.body)
    inner = json.loads(base64.urlsafe_b64decode(data["data_base64"].replace("+", "-").replace("/", "_")))
    assert inner["email"].endswith("@example.com")
    assert "Quill" not in inner["name"]
    assert inner["mark"] == event["mark"]
    assert (data["image"], data["order"]) == (picture, order)
    assert [(one.path, one.why) for one in made.kept] == [(("image",), "cannot be looked into")]


@pytest.mark.parametrize(("algorithm", "kind"), [("ed25519", "Ed25519"), ("rsa", "RSA"), ("ecdsa", "EC")])
def test_a_sender_that_signs_with_a_private_key_is_played_with_one_of_its_kind(
    algorithm: str, kind: str
) -> None:
    rule = {"type": "public_key", "algorithm": algorithm, "header": "x-signed"}
    made = recorded('{"email":"zora@quill.io"}', settings=KIND | {"verify": rule}).case
    (key,) = made.source.secrets["public_key"]
    assert kind in type(load_key(key)).__name__
    assert run_case(made, GENERIC)["outcome"] == "events"
