"""Thin webhooks: who it is about is asked at the provider's API, and its troubles are waited out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from relay.cli.cases import cases_folder, read_case
from relay.sandbox import Running
from tests.factories import FakeClock
from tests.installing import ACCESS_TOKEN
from tests.work.house import Builder, House, reached
from tests.work.provider import Provider, Said

PAYMENT = read_case(cases_folder() / "square" / "payment_completed.json")
CUSTOMER_PATH = "/v2/customers/JDKYHBWT1D4F8MFH63DBMEN8Y4"
CUSTOMER = Said(body=PAYMENT.upstream[0].body)
UNAVAILABLE = Said(503, b"<html>")


def payment(number: int = 1) -> bytes:
    """A sale at the till a while ago; its customer is always the same."""
    content = PAYMENT.request.content.replace(b"2026-03-14T18:", b"2026-03-14T17:")
    content = content.replace(b"6a8f5f28-54a1-4eb0-a98a-311000000100", b"event-%d" % number)
    return content.replace(b"hYy9pRFVxpDsO1FB05SunFWUe9JZY", b"payment-%d" % number)


def changes(provider: Provider, **more: Any) -> dict[str, Any]:
    here = {"lookups.origins": {"https://connect.squareup.com": provider.url}}
    return here | {f"lookups.{name}": value for name, value in more.items()}


@pytest.fixture(name="house")
async def _house(build: Builder, provider: Provider) -> AsyncIterator[House]:
    async with build(changes(provider)) as house:
        yield house


async def sell(house: House, *numbers: int) -> float | None:
    for number in numbers or (1,):
        await house.receive(payment(number), source="till")
    return await house.translate()


async def test_a_customer_is_looked_up_with_the_sources_credentials_and_enrolled(
    house: House, provider: Provider, sandbox: Running
) -> None:
    provider.answers = [CUSTOMER]
    await sell(house)
    await house.deliver()
    assert provider.asked == [(CUSTOMER_PATH, f"Bearer {ACCESS_TOKEN}")]
    assert reached(sandbox) == ["maria.okafor@example.com"]


async def test_sales_that_waited_together_ask_for_their_customer_once(
    build: Builder, provider: Provider
) -> None:
    provider.answers = [CUSTOMER]
    async with build(changes(provider, parallel=1)) as house:
        await sell(house, 1, 2, 3)
    assert len(provider.asked) == 1


async def test_a_sale_that_arrives_later_asks_for_its_customer_anew(
    house: House, provider: Provider, clock: FakeClock
) -> None:
    provider.answers = [CUSTOMER]
    await sell(house, 1)
    clock.move(1)
    await sell(house, 2)
    assert len(provider.asked) == 2


async def test_nothing_is_remembered_where_remembering_is_off(build: Builder, provider: Provider) -> None:
    provider.answers = [CUSTOMER]
    async with build(changes(provider, cache=0, parallel=1)) as house:
        await sell(house, 1, 2)
    assert len(provider.asked) == 2


async def test_an_answer_that_is_no_customer_is_not_remembered(house: House, provider: Provider) -> None:
    provider.answers = [Said(404), CUSTOMER]
    await sell(house, 1)
    await sell(house, 2)
    assert await house.fates() == {"ignored": 1, "read": 1}


async def test_many_thin_webhooks_at_once_are_all_read(house: House, provider: Provider) -> None:
    provider.answers = [CUSTOMER]
    await sell(house, *range(150))
    assert await house.fates() == {"read": 150}


async def test_refused_credentials_park_the_event_until_they_are_corrected(
    house: House, provider: Provider
) -> None:
    provider.answers = [Said(401), CUSTOMER]
    await sell(house)
    letter = await house.letter()
    assert letter.reason == "the provider refused the look-up (401): check this source's secrets"
    await house.store.retry_dead([letter.id], 0)
    await house.translate()
    assert await house.counts() == {"waiting": 1}


async def test_a_customer_who_is_gone_is_ignored_with_a_reason(house: House, provider: Provider) -> None:
    provider.answers = [Said(404)]
    await sell(house)
    assert await house.fates() == {"ignored": 1}
    assert await house.counts() == {}


async def test_a_token_that_has_expired_for_good_asks_for_the_credentials(
    house: House, provider: Provider
) -> None:
    provider.answers = [Said(419)]
    await sell(house)
    letter = await house.letter()
    assert letter.reason == "the provider refused the look-up (419): check this source's secrets"


async def test_a_rate_limit_of_the_provider_is_waited_out(
    house: House, provider: Provider, clock: FakeClock
) -> None:
    provider.answers = [Said(429, headers={"Retry-After": "30"}), CUSTOMER]
    assert await sell(house) == 32
    assert await house.fates() == {}
    clock.move(32)
    await house.translate()
    assert await house.counts() == {"waiting": 1}


@pytest.mark.parametrize("trouble", [UNAVAILABLE, Said(500), Said(408), Said(200, b"<html>")])
async def test_a_provider_in_trouble_is_asked_again_later(
    house: House, provider: Provider, clock: FakeClock, trouble: Said
) -> None:
    provider.answers = [trouble, CUSTOMER]
    assert await sell(house) == 2
    clock.move(2)
    await house.translate()
    assert await house.counts() == {"waiting": 1}


async def test_a_provider_that_cannot_be_reached_is_asked_again_later(
    build: Builder, provider: Provider, clock: FakeClock
) -> None:
    nowhere = {"lookups.origins": {"https://connect.squareup.com": "http://127.0.0.1:9"}}
    async with build(nowhere) as house:
        assert await sell(house) == 2
    clock.move(2)
    provider.answers = [CUSTOMER]
    async with build(changes(provider)) as house:
        await house.translate()
        assert await house.counts() == {"waiting": 1}


async def test_after_the_last_attempt_the_event_is_parked_and_can_be_read_later(
    build: Builder, provider: Provider, clock: FakeClock
) -> None:
    provider.answers = [UNAVAILABLE]
    async with build(changes(provider, retry={"attempts": 3})) as house:
        await sell(house)
        for _ in range(2):
            clock.move(600)
            await house.translate()
        letter = await house.letter()
        assert letter.reason == "look-up: the provider answered 503, 3 times: retry when the provider is back"
        assert len(provider.asked) == 3
        provider.answers = [CUSTOMER]
        await house.store.retry_dead([letter.id], int(clock.now() * 1000))
        await house.translate()
        assert await house.counts() == {"waiting": 1}


async def test_the_credentials_follow_no_redirect(house: House, provider: Provider) -> None:
    provider.answers = [Said(302, headers={"Location": "/elsewhere"})]
    await sell(house)
    assert [path for path, _ in provider.asked] == [CUSTOMER_PATH]
    assert (await house.letter()).reason == "the provider answered the look-up with 302"


async def test_credentials_that_no_header_can_hold_park_the_event_and_stop_no_other(
    build: Builder, provider: Provider
) -> None:
    secrets = {"sources.till.secrets.access_token": "two\nlines"}
    async with build(changes(provider) | secrets) as house:
        await sell(house, 1, 2)
        assert await house.fates() == {"parked": 2}
        assert all("two" not in letter.reason for letter in await house.store.dead_letters(9))


async def test_look_ups_that_are_cut_short_by_a_shutdown_are_made_after_the_next_start(
    build: Builder, provider: Provider
) -> None:
    provider.answers = [CUSTOMER]
    async with build(changes(provider)) as house:
        await house.receive(payment(), source="till")
        await house.translating.tick()
        await house.translating.give_back()
        assert await house.fates() == {}
        assert await house.store.next_request_due() is not None
    async with build(changes(provider)) as house:
        await house.translate()
        assert await house.counts() == {"waiting": 1}
