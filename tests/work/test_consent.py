"""Who is left alone, from webhook to sandbox: test events, unsubscribed customers, suppressed ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from relay.core.suppression import Suppression
from relay.sandbox import Running
from tests.factories import NOW_MS
from tests.installing import AFTER_PURCHASE
from tests.store.looking import look, look_at_one
from tests.work.house import Builder, House, purchase, reached


def routes(**more: Any) -> dict[str, Any]:
    return {"routes": [AFTER_PURCHASE | more]}


async def test_a_test_event_enrols_nobody(house: House, sandbox: Running, tmp_path: Path) -> None:
    await house.carry(purchase(1, test=True), purchase(2))
    assert await house.counts() == {"suppressed": 1, "delivered": 1}
    assert reached(sandbox) == ["guest2@example.com"]
    assert (await look(house.store))[0].reason == "test event of the provider"


async def test_a_test_event_enrols_where_the_route_asks_for_it(build: Builder, sandbox: Running) -> None:
    async with build(routes(enrol_tests=True)) as house:
        await house.carry(purchase(1, test=True))
    assert reached(sandbox) == ["guest1@example.com"]


async def test_a_test_event_does_not_use_up_the_real_one(house: House, sandbox: Running) -> None:
    await house.carry(purchase(1, test=True), purchase(1))
    assert await house.counts() == {"suppressed": 1, "delivered": 1}
    assert reached(sandbox) == ["guest1@example.com"]


async def test_who_unsubscribed_at_the_source_is_left_alone(
    house: House, sandbox: Running, tmp_path: Path
) -> None:
    await house.carry(purchase(1, unsubscribed=True))
    assert (await look_at_one(house.store)).reason == "unsubscribed, says the source"
    assert await house.counts() == {"suppressed": 1}
    assert reached(sandbox) == []


async def test_who_unsubscribed_is_enrolled_where_the_route_says_so(build: Builder, sandbox: Running) -> None:
    async with build(routes(respect_unsubscribed=False)) as house:
        await house.carry(purchase(1, unsubscribed=True))
    assert reached(sandbox) == ["guest1@example.com"]


async def test_who_is_on_the_suppression_list_is_left_alone(house: House, sandbox: Running) -> None:
    rival = Suppression("domain", "example.net", "a rival", "ops", NOW_MS)
    await house.store.suppress([rival], NOW_MS)
    await house.carry(purchase(1, "eve@shop.example.net"), purchase(2))
    assert await house.counts() == {"suppressed": 1, "delivered": 1}
    assert reached(sandbox) == ["guest2@example.com"]
