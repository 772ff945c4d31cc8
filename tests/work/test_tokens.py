"""Tokens that are fetched before a look-up: once, while they last, and anew when they are refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from connectors.crm.zoho_crm import ZohoSettings
from connectors.crm.zoho_crm import read as read_zoho
from relay.core.auth import Exchange, client_credentials, key_in_header, key_in_query
from relay.core.lookup import Answer, LookUp, get, merge
from relay.core.payload import Node
from relay.core.source import Settings, Source
from relay.providers import Providers
from tests.factories import FakeClock
from tests.work.provider import Provider, Said

SOURCE = Source("shop", {"client_secret": ("s-1",), "access_token": ("t-9",)}, Settings())
TOKEN_URL = "https://login.example.com/token"
API = "https://api.example.com/v1/guests"
EXCHANGE = client_credentials(TOKEN_URL, client_id="c-1")
BASIC = "Basic Yy0xOnMtMQ=="
DONE = Said(body={"id": 7})


def token(name: str = "a", lasts: int = 600) -> Said:
    return Said(body={"access_token": name, "expires_in": lasts})


@pytest.fixture(name="providers")
async def _providers(provider: Provider, clock: FakeClock) -> AsyncIterator[Providers]:
    hosts = ("login.example.com", "api.example.com", "accounts.zoho.com", "www.zohoapis.com")
    origins = {f"https://{host}": provider.url for host in hosts}
    async with aiohttp.ClientSession() as http:
        yield Providers(http, clock, parallel=4, timeout=10.0, remember=0.0, origins=origins)


async def ask(providers: Providers, *calls: LookUp, source: Source = SOURCE) -> list[Answer]:
    return await providers.answer(source, calls, 0.0)


def guest(number: int = 1, auth: Exchange = EXCHANGE) -> LookUp:
    return get(f"{API}/{number}", auth=auth)


async def test_a_token_is_fetched_with_the_sources_secret_and_then_used(
    providers: Providers, provider: Provider
) -> None:
    provider.answers = [token("a"), DONE]
    (answer,) = await ask(providers, guest())
    assert answer.body["id"].integer() == 7
    assert provider.asked == [("/token", BASIC), ("/v1/guests/1", "Bearer a")]


async def test_many_look_ups_at_once_fetch_one_token(providers: Providers, provider: Provider) -> None:
    provider.answers = [token("a"), DONE]
    answers = await asyncio.gather(*(ask(providers, guest(number)) for number in range(12)))
    assert all(answer.found for (answer,) in answers)
    assert [path for path, _ in provider.asked].count("/token") == 1


async def test_a_token_is_used_until_a_minute_before_its_end(
    providers: Providers, provider: Provider, clock: FakeClock
) -> None:
    provider.answers = [token("a"), DONE, DONE, token("b"), DONE]
    await ask(providers, guest(1))
    clock.move(539)
    await ask(providers, guest(2))
    clock.move(2)
    await ask(providers, guest(3))
    used = [shown for path, shown in provider.asked if path != "/token"]
    assert used == ["Bearer a", "Bearer a", "Bearer b"]


@pytest.mark.parametrize("refusal", [401, 419])
async def test_a_refused_token_is_fetched_anew_once(
    providers: Providers, provider: Provider, refusal: int
) -> None:
    provider.answers = [token("a"), Said(refusal), token("b"), DONE]
    (answer,) = await ask(providers, guest())
    assert answer.found
    provider.answers = [Said(refusal), token("c"), Said(refusal)]
    (answer,) = await ask(providers, guest(2))
    assert answer.status == refusal
    assert [path for path, _ in provider.asked].count("/token") == 3


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (Said(400, {"error": "invalid_grant"}), 401),
        (Said(200, {"error": "invalid_code"}), 401),
        (Said(200, {"error": []}), 502),
        (Said(401), 401),
        (Said(404), 401),
        (Said(403), 403),
        (Said(429), 429),
        (Said(503), 503),
        (Said(body={"no": "token"}), 502),
        (Said(200, b"<html>"), 502),
    ],
)
async def test_without_a_token_nothing_is_looked_up_and_the_status_tells_what_to_do(
    providers: Providers, provider: Provider, said: Said, status: int
) -> None:
    provider.answers = [said]
    (answer,) = await ask(providers, guest())
    assert answer.status == status
    assert {path for path, _ in provider.asked} == {"/token"}


def is_busy(error: Node) -> bool:
    return error.get("error").text() == "busy"


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_limit_of_tokens_with_another_status_is_told_from_refused_credentials(
    providers: Providers, provider: Provider, status: int
) -> None:
    limited = replace(EXCHANGE, later=is_busy)
    provider.answers = [Said(status, {"error": "busy", "client": "c-1"}), Said(status, {"error": []})]
    (answer,) = await ask(providers, guest(auth=limited))
    assert (answer.status, answer.later, answer.body.raw) == (status, True, None)
    (answer,) = await ask(providers, guest(auth=limited))
    assert (answer.status, answer.later) == (403 if status == 403 else 401, False)


async def test_a_look_up_whose_error_says_later_keeps_its_token(
    providers: Providers, provider: Provider
) -> None:
    provider.answers = [token("a"), Said(401, {"error": "busy", "name": "Ana Reyes"})]
    (answer,) = await ask(providers, replace(guest(), later=is_busy))
    assert answer == Answer(401, answer.body, later=True)
    assert answer.body.raw is None
    assert [path for path, _ in provider.asked] == ["/token", "/v1/guests/1"]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"null", b'{"error": [1]}', b"\xff"])
async def test_an_odd_error_is_judged_by_its_status(
    providers: Providers, provider: Provider, body: bytes
) -> None:
    provider.answers = [Said(400, body)]
    (answer,) = await ask(providers, get(API, later=is_busy))
    assert (answer.status, answer.later) == (400, False)


ZOHO = {"client_secret": ("s-1",), "refresh_token": ("r-1",)}


@pytest.mark.parametrize(
    ("said", "status", "later"),
    [
        (Said(200, {"error": "invalid_code"}), 401, False),
        (Said(400, {"error": "Access Denied", "status": "failure"}), 400, True),
    ],
)
async def test_zoho_refuses_credentials_with_a_200_and_limits_tokens_with_a_400(
    providers: Providers, provider: Provider, said: Said, status: int, later: bool
) -> None:
    settings = ZohoSettings(client_id="c-1")
    provider.answers = [said]
    (call,) = merge([read_zoho("Contacts", "7", settings)])
    (answer,) = await ask(providers, call, source=Source("zoho", ZOHO, settings))
    assert (answer.status, answer.later) == (status, later)


async def test_sources_and_exchanges_have_tokens_of_their_own(
    providers: Providers, provider: Provider
) -> None:
    other = client_credentials(TOKEN_URL, client_id="c-2")
    provider.answers = [token("a"), DONE, token("b"), DONE, token("c"), DONE]
    await ask(providers, guest())
    await ask(providers, guest(), source=Source("branch", SOURCE.secrets, Settings()))
    await ask(providers, guest(auth=other))
    assert [shown for path, shown in provider.asked if path != "/token"] == [
        "Bearer a",
        "Bearer b",
        "Bearer c",
    ]


async def test_a_key_in_the_query_reaches_the_provider(providers: Providers, provider: Provider) -> None:
    provider.answers = [DONE]
    await ask(providers, get(API + "?a=1", auth=key_in_query("key")), source=SOURCE)
    await ask(providers, get(API, auth=key_in_query("key", "access_token")))
    await ask(providers, get(API, auth=key_in_header("authorization", prefix="Token ")))
    assert provider.asked == [
        ("/v1/guests?a=1&key=t-9", None),
        ("/v1/guests?key=t-9", None),
        ("/v1/guests", "Token t-9"),
    ]
