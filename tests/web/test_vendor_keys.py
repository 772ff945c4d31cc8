"""Intake of senders that name the address of their key, and of those whose handshake needs a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from relay.cli.cases import find_case
from relay.core.places import in_header
from relay.core.public_keys import PublicKeySignature, load_key, public_half
from relay.core.request import Request
from relay.core.source import Settings, Source
from relay.vendor_keys import VendorKeys
from tests.factories import NOW, FakeClock
from tests.web.front import Front, Opener
from tests.work.provider import Provider, Said, listening

CONNECTOR = '''\
"""Pays, a vendor. Its secret is `public_key`. Documentation: https://pays.example/webhooks"""

from relay.kit import Connector, KeyByUrl, Kind, OptionalKeys, PublicKeySignature, Reading, Secrets
from relay.kit import field_text, in_header, tells


class PaysSecrets(Secrets):
    public_key: OptionalKeys = ()


CONNECTOR = Connector(
    name="pays",
    label="Pays",
    group="pos",
    docs="https://pays.example/webhooks",
    confidence="best effort",
    verify=KeyByUrl(
        verifier=PublicKeySignature(place=in_header("x-sig"), algorithm="ed25519"),
        address=lambda request: request.header("x-key-url"),
        below=("https://keys.pays.example/certs/",),
    ),
    event_type=field_text("type"),
    handlers={"sale": lambda event, source: Reading(kind=Kind.PURCHASE_COMPLETED, key=event["id"].text())},
    kinds=frozenset({Kind.PURCHASE_COMPLETED}),
    handshake=tells("code", "copy the code to the page of Pays"),
    secrets=PaysSecrets,
)
'''
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FORMS = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
PUBLIC = KEY.public_key().public_bytes(*FORMS)
OTHER = generate_private_key(65537, 2048).public_key().public_bytes(*FORMS)
PRIVATE = KEY.private_bytes(
    FORMS[0], serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
KEY_URL = "https://keys.pays.example/certs/one.pem"
SALE = b'{"type": "sale", "id": 1}'


def headers(url: str = KEY_URL) -> Mapping[str, str]:
    vendor = Source("pays", {"public_key": (PRIVATE,)}, Settings())
    signature = PublicKeySignature(place=in_header("x-sig"), algorithm="ed25519")
    signed = signature.sign(Request("POST", "https://relay.example.com", {}, SALE), vendor, NOW.timestamp())
    return {**signed.headers, "x-key-url": url}


@pytest.fixture(name="vendor")
async def _vendor() -> AsyncIterator[Provider]:
    vendor = Provider()
    async with listening(vendor):
        yield vendor


@pytest.fixture(name="pays")
async def _pays(open_front: Opener, tmp_path: Path, vendor: Provider) -> AsyncIterator[Front]:
    async with opened(open_front, tmp_path, vendor) as front:
        yield front


@asynccontextmanager
async def opened(open_front: Opener, folder: Path, vendor: Provider) -> AsyncIterator[Front]:
    (folder / "own").mkdir()
    (folder / "own" / "pays.py").write_text(CONNECTOR)
    changes = {
        "connector_folders": [str(folder / "own")],
        "sources.pays": {"connector": "pays"},
        "lookups.origins": {"https://keys.pays.example": vendor.url},
    }
    async with open_front(changes) as front:
        yield front


async def sell(pays: Front, body: bytes = SALE, url: str = KEY_URL) -> int:
    return (await pays.call("/hooks/pays", body, headers=headers(url=url))).status


async def test_a_key_at_the_vendors_address_is_fetched_once_and_proves_what_it_signed(
    pays: Front, vendor: Provider, clock: FakeClock
) -> None:
    vendor.answers = [Said(body=PUBLIC)]
    assert [await sell(pays) for _ in range(3)] == [200, 200, 200]
    assert await sell(pays, SALE + b" ") == 401
    assert vendor.asked == [("/certs/one.pem", None)]
    clock.move(3601)
    assert await sell(pays) == 200
    assert len(vendor.asked) == 2


async def test_an_address_that_is_not_the_vendors_is_refused_and_never_called(
    pays: Front, vendor: Provider
) -> None:
    assert await sell(pays, url=f"{vendor.url}/certs/one.pem") == 401
    assert vendor.asked == []
    (kept,) = await pays.refused()
    assert kept.reason == "the address of the signature's key is missing or not the vendor's"


@pytest.mark.parametrize("said", [Said(503), Said(404), Said(body=b"<html>"), Said(301), Said(body=b"\xff")])
async def test_without_the_key_the_sender_shall_come_again_and_the_vendor_is_left_alone_for_a_while(
    pays: Front, vendor: Provider, clock: FakeClock, said: Said
) -> None:
    vendor.answers = [said, Said(body=PUBLIC)]
    reply = await pays.call("/hooks/pays", SALE, headers=headers())
    assert (reply.status, reply.headers["retry-after"]) == (503, "10")
    assert await sell(pays) == 503
    assert len(vendor.asked) == 1
    clock.move(31)
    assert await sell(pays) == 200


ORDER = find_case("adobe_commerce", "order_complete_second_signature")
FIRST = "/prod/keys/pub-key-voy5XEbWmT.pem"
SECOND = "/prod/keys/pub-key-jp8iTpZw4y.pem"


def order_key() -> bytes:
    """The public half of the key that made the order's second signature."""
    key = load_key(ORDER.source.secrets["public_key"][0])
    return public_half(key).public_bytes(*FORMS)


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (Said(404), Said(body=order_key()), 200),
        (Said(body=OTHER), Said(body=order_key()), 200),
        (Said(body=OTHER), Said(404), 503),
        (Said(404), Said(404), 503),
        (Said(body=OTHER), Said(body=OTHER), 401),
    ],
)
async def test_of_two_keys_that_a_vendor_names_one_is_enough(
    open_front: Opener, vendor: Provider, first: Said, second: Said, status: int
) -> None:
    vendor.by_path = {FIRST: first, SECOND: second}
    changes = {
        "sources.adobe": {"connector": "adobe_commerce", "settings": ORDER.source.settings},
        "lookups.origins": {"https://static.adobeioevents.com": vendor.url},
    }
    async with open_front(changes) as front:
        reply = await front.call("/hooks/adobe", ORDER.request.content, headers=ORDER.request.headers)
    assert reply.status == status
    assert sorted(path for path, _ in vendor.asked) == sorted((FIRST, SECOND))


async def test_a_handshake_that_needs_a_person_is_kept_for_them(pays: Front, vendor: Provider) -> None:
    reply = await pays.call("/hooks/pays", b'{"code": "c-17"}')
    assert reply.status == 200
    (kept,) = await pays.refused()
    assert (kept.reason, kept.body) == ("copy the code to the page of Pays", b'{"code": "c-17"}')
    assert vendor.asked == []


async def test_where_it_cannot_be_kept_its_sender_shall_come_again(pays: Front) -> None:
    await pays.store.close()
    reply = await pays.call("/hooks/pays", b'{"code": "c-17"}')
    assert reply.status == 503
    assert int(reply.headers["retry-after"]) > 0


class SlowProvider(Provider):
    """Answers nobody before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def answer(self, call: web.Request) -> web.Response:
        await self.go.wait()
        return await super().answer(call)


async def test_a_flood_of_invented_addresses_waits_in_no_endless_line(clock: FakeClock) -> None:
    vendor = SlowProvider()
    vendor.answers = [Said(404)]
    async with listening(vendor), aiohttp.ClientSession() as http:
        keys = VendorKeys(http, clock, {})
        asked = [asyncio.create_task(keys.get(f"{vendor.url}/{number}")) for number in range(60)]
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        assert len(done) == 40
        vendor.go.set()
        assert await asyncio.gather(*asked) == [None] * 60
        assert len(vendor.asked) == 20
