"""Deliveries and look-ups whose name leads where the relay may not call."""

from __future__ import annotations

from typing import Any

from structlog.testing import capture_logs

from relay.sandbox import Running
from tests.factories import FakeClock
from tests.test_http import METADATA, Names
from tests.work.house import Builder, purchase, reached
from tests.work.provider import Provider, Said
from tests.work.test_lookups import CUSTOMER, changes, sell

ADVICE = (
    "the egress guard refuses api.example.com at 127.0.0.1 (loopback); "
    'if it is meant, set egress.allow = ["127.0.0.1/32"]'
)


def named(url: str) -> str:
    return url.replace("127.0.0.1", "api.example.com")


def guarded(sandbox: Running, **more: Any) -> dict[str, Any]:
    """The sandbox under a name that is no address, and nothing allowed."""
    return {"destinations.main.base_url": named(sandbox.url), "egress.allow": []} | more


async def test_a_refused_delivery_is_certainly_not_sent_and_goes_out_once_it_is_allowed(
    build: Builder, sandbox: Running, clock: FakeClock
) -> None:
    names = Names(["127.0.0.1"])
    held = {"destinations.main.on_unknown_outcome": "hold"}
    async with build(guarded(sandbox, **held), names) as house:
        await house.carry(purchase())
        assert await house.counts() == {"waiting": 1}
        ((_, _, reason),) = (await house.store.ledger()).pauses
        assert reason == f"no connection: {ADVICE}"
    assert sandbox.executions() == []
    clock.move(60)
    allowed = {"egress.allow": ["127.0.0.1/32"]}
    async with build(guarded(sandbox, **held) | allowed, names) as house:
        await house.deliver()
        assert await house.counts() == {"delivered": 1}
    assert reached(sandbox) == ["guest1@example.com"]


async def test_the_attempt_and_the_log_say_what_to_configure(build: Builder, sandbox: Running) -> None:
    once = {"delivery.retry.attempts": 1}
    with capture_logs() as logs:
        async with build(guarded(sandbox, **once), Names(["127.0.0.1"])) as house:
            await house.carry(purchase())
            letter = await house.letter()
            story = await house.store.story(letter.id)
    assert story is not None
    (attempt,) = story.attempts
    assert (attempt.certainty, attempt.error) == ("not_sent", f"no connection: {ADVICE}")
    assert {
        "event": "egress refused",
        "destination": "main",
        "reason": ADVICE,
        "log_level": "warning",
    } in logs


async def test_a_refused_look_up_is_tried_again_and_then_parked_with_what_to_configure(
    build: Builder, provider: Provider
) -> None:
    here = {"lookups.origins": {"https://connect.squareup.com": named(provider.url)}, "egress.allow": []}
    elsewhere = {"destinations": {}, "routes": [], "lookups.retry.attempts": 1}
    with capture_logs() as logs:
        async with build(here | elsewhere, Names(["127.0.0.1"])) as house:
            await sell(house)
            letter = await house.letter()
    assert letter.reason == f"look-up: {ADVICE}, 1 times: retry when the provider is back"
    assert provider.asked == []
    assert {"event": "egress refused", "source": "till", "reason": ADVICE, "log_level": "warning"} in logs


async def test_a_look_up_follows_no_redirect(build: Builder, provider: Provider) -> None:
    provider.answers = [Said(302, headers={"Location": f"{provider.url}/elsewhere"}), CUSTOMER]
    async with build(changes(provider)) as house:
        await sell(house)
        letter = await house.letter()
    assert letter.reason == "the provider answered the look-up with 302"
    assert len(provider.asked) == 1


async def test_of_several_addresses_the_one_that_is_allowed_gets_the_delivery(
    build: Builder, sandbox: Running
) -> None:
    allowed = {"egress.allow": ["127.0.0.1/32"]}
    async with build(guarded(sandbox) | allowed, Names([METADATA, "127.0.0.1"])) as house:
        await house.carry(purchase())
    assert reached(sandbox) == ["guest1@example.com"]
