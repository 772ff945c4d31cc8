"""Connectors whose proof is unlike the others' pass what every connector inherits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relay.checking.run import run
from relay.checking.subject import load
from relay.core.case import Case
from relay.registry import Registry

NOW = 1772366400
URL = "https://relay.example.com/hooks/shop"
FORM = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(*FORM).decode()
ED_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).private_bytes(*FORM).decode()
HEX_KEY = "44782def547aaa06c910c43932b1eb0c71fc68d9d0c057550c48ec2acf6ba056"

HEAD = '''\
"""A vendor. Secrets are `{secret}` and `client_secret`, settings `webhook_id` and `tolerance`.

Documentation: https://vendor.example/webhooks
"""

from __future__ import annotations

from dataclasses import replace

from relay.kit import *


def reading(sale: Node) -> Reading:
    person = Person(email=sale.get("email").text_or_none(), full_name=sale.get("name").text_or_none())
    return Reading(kind=Kind.PURCHASE_COMPLETED, key=sale["id"].text(), people=(person,))

'''
TAIL = """

CONNECTOR = Connector(
    name="{name}",
    label="Vendor",
    group="pos",
    docs="https://vendor.example/webhooks",
    confidence="best effort",
    kinds=frozenset({{Kind.PURCHASE_COMPLETED}}),
    ignored=frozenset({{"drawer"}}),
    secrets=OwnSecrets,
{rest})
"""


@dataclass(frozen=True)
class Vendor:
    """The code between the head and the tail, its secret, and bodies that it sends."""

    code: str
    rest: str
    secret: str
    key: str
    sale: Any
    drawer: Any
    settings: Mapping[str, Any] = field(default_factory=dict)
    upstream: tuple[Mapping[str, Any], ...] = ()


TOKENS = """
class OwnSecrets(Secrets):
    public_key: Keys


def on_sale(event: Node, _source: Source) -> Reading:
    return reading(event["data"].json())
"""
ITEMS = """
class OwnSecrets(Secrets):
    signing_key: Keys


def items(root: Node):
    return (entry["item"] for entry in root["items"].each())


def signed(item: Node) -> bytes:
    return ":".join((item["id"].text(), item["type"].text())).encode()


def on_sale(event: Node, _source: Source) -> Reading:
    return reading(event)
"""
FETCHED = """
class OwnSecrets(Secrets):
    public_key: OptionalKeys = ()
    client_secret: OptionalKeys = ()


class OwnSettings(StampedSettings):
    webhook_id: str = "W1"


def verifier(webhook_id: str) -> Verifier:
    return KeyByUrl(
        verifier=PublicKeySignature(
            place=in_header("x-sig", stamp="x-time"),
            algorithm="ed25519",
            signed=signed_as("{header:x-id}|{timestamp}|" + webhook_id + "|{body_crc32}"),
            stamp=ISO_TIME,
        ),
        address=lambda request: request.header("x-cert-url"),
        below=("https://api.vendor.example/certs/",),
    )


TOKEN = client_credentials("https://api.vendor.example/token", client_id="c-1")


def on_sale(event: Node, _source: Source) -> Asking:
    answer = yield get(url_of("https://api.vendor.example", "orders", event["id"]), auth=TOKEN)
    return reading(answer.body["order"]) if answer.found else Ignored("the order is no longer there")
"""
VENDORS = {
    "tokens": Vendor(
        TOKENS,
        '    verify=JwtProof(algorithm="RS256"),\n    parse=parse_jwt,\n'
        '    event_type=field_text("type"),\n    handlers={"sale": on_sale},\n',
        "public_key",
        RSA_KEY,
        {"type": "sale", "data": '{"id": 7, "email": "kim@example.com", "name": "Kim Roe"}'},
        {"type": "drawer"},
    ),
    "items": Vendor(
        ITEMS,
        '    verify=SignedItems(items=items, at=("more", "sig"), signed=signed),\n    split=items,\n'
        '    event_type=field_text("type"),\n    handlers={"sale": on_sale},\n',
        "signing_key",
        HEX_KEY,
        {"items": [{"item": {"type": "sale", "id": 7, "email": "kim@example.com", "more": {}}}]},
        {"items": [{"item": {"type": "drawer", "id": 8, "more": {}}}]},
    ),
    "fetched": Vendor(
        FETCHED,
        '    verify=verifier("W1"),\n    settings=OwnSettings,\n    event_type=field_text("type"),\n'
        "    for_source=lambda own, source: replace(own, verify=verifier(source.settings.webhook_id)),\n"
        '    handlers={"sale": on_sale},\n',
        "public_key",
        ED_KEY,
        {"type": "sale", "id": 7},
        {"type": "drawer"},
        {"webhook_id": "W2"},
        (
            {
                "url": "https://api.vendor.example/orders/7",
                "body": {"order": {"id": 7, "email": "kim@example.com", "name": "Kim Roe"}},
            },
        ),
    ),
}
SENT = {"x-id": "1", "x-cert-url": "https://api.vendor.example/certs/1.pem"}
SALE = {"outcome": "events", "events": [{"key": "7", "contacts": [{"email": "kim@example.com"}]}]}


@pytest.mark.parametrize("name", VENDORS)
def test_an_odd_proof_carries_a_whole_connector(tmp_path: Path, name: str) -> None:
    vendor = VENDORS[name]
    code = HEAD.replace("{secret}", vendor.secret) + vendor.code + TAIL.format(name=name, rest=vendor.rest)
    (tmp_path / f"{name}.py").write_text(code)
    connector = Registry([tmp_path]).get(name)
    (tmp_path / name).mkdir()
    for title, body, expect in (
        ("sale", vendor.sale, SALE),
        ("drawer", vendor.drawer, {"outcome": "ignored"}),
        ("unknown", vendor.drawer, {"outcome": "ignored"}),
        ("forged", vendor.sale, {"outcome": "unverified"}),
    ):
        case = {
            "title": title,
            "evidence": "invented",
            "connector": name,
            "now": NOW,
            "source": {"secrets": {vendor.secret: [vendor.key]}, "settings": vendor.settings},
            "request": {"url": URL, "headers": SENT, "body": json.dumps(body)},
            "upstream": vendor.upstream,
            "expect": expect,
        }
        unsigned = Case.model_validate(case)
        if title != "forged":
            source = unsigned.make_source(connector)
            live = connector.for_source(connector, source)
            signed = live.verify.sign(unsigned.make_request(), source, NOW)
            case["request"] = {"url": URL, "headers": dict(signed.headers), "body": signed.body.decode()}
        (tmp_path / name / f"{title}.json").write_text(json.dumps(case))
    subject = load(connector, tmp_path / f"{name}.py", tmp_path / name)
    assert [verdict for verdict in run(subject) if verdict.state == "failed"] == []
