"""Tokens that are fetched before a look-up: once, while they last, and anew when they are refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from relay.core.auth import Exchange, client_credentials, key_in_header, key_in_query
from relay.core.lookup import Answer, LookUp, get
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
    origins = {"https://login.example.com": provider.url, "https://api.example.com": provider.url}
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


async def test_a_refused_token_is_fetched_anew_once(providers: Providers, provider: Provider) -> None:
    provider.answers = [token("a"), Said(401), token("b"), DONE]
    (answer,) = await ask(providers, guest())
    assert answer.found
    provider.answers = [Said(401), token("c"), Said(401)]
    (answer,) = await ask(providers, guest(2))
    assert answer.status == 401


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (Said(400, {"error": "invalid_grant"}), 401),
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
