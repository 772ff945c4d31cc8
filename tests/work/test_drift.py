"""Drift, from what a sender changes in its payloads to what is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from relay.clock import milliseconds
from relay.core.drift import drifts
from relay.core.traffic import Counts, day_of, total
from tests.factories import DAY, FakeClock
from tests.work.house import House, purchase

WALK_IN = Path(__file__).parents[1] / "connectors" / "square" / "payment_completed_walk_in.json"


def renamed(number: int) -> dict[str, Any]:
    """The purchase of a sender that calls the address something else now."""
    paid = purchase(number)
    return paid | {"email": None, "electronicAddress": paid["email"]}


@pytest.fixture(name="settled")
async def _settled(house: House, clock: FakeClock) -> House:
    """A house that was sent three purchases and a ping on each of the last ten days."""
    for day in range(10):
        for number in range(3):
            await house.receive(purchase(10 * day + number, phone="+12025550123"))
        await house.receive({"event": "ping"})
        await house.translate()
        clock.move(DAY / 1000)
    return house


async def told(house: House) -> list[tuple[str, str, str, int, int]]:
    found = drifts(await house.store.traffic(), day_of(milliseconds(house.clock)))
    return [(one.source, one.event_type, one.what, *one.now) for one in found]


async def test_a_sender_that_goes_on_as_before_is_not_mentioned(settled: House) -> None:
    assert await told(settled) == []


async def test_a_field_that_a_sender_renamed_is_told_the_same_day(settled: House) -> None:
    for number in range(100, 106):
        await settled.receive(renamed(number))
    await settled.translate()
    assert await told(settled) == [("shop", "paid", "email", 6, 6)]


async def test_a_number_that_is_no_longer_valid_is_told(settled: House) -> None:
    for number in range(100, 106):
        await settled.receive(purchase(number, phone="n/a"))
    await settled.translate()
    assert await told(settled) == [("shop", "paid", "phone", 6, 6)]


async def test_an_event_type_that_was_never_seen_is_told(settled: House) -> None:
    await settled.receive({"event": "invoice.made", "id": "I-1"})
    await settled.translate()
    assert await told(settled) == [("shop", "invoice.made", "new", 1, 1)]


async def test_what_an_operator_had_read_again_is_told_no_more(settled: House) -> None:
    await settled.receive({"event": "invoice.made", "id": "I-1"})
    await settled.translate()
    before = total((await settled.store.traffic())[0].days.values())
    assert before == Counts(events=1, parked=1)
    await settled.store.discard_dead([(await settled.letter()).id], "not ours", milliseconds(settled.clock))
    assert await told(settled) == [("shop", "invoice.made", "new", 1, 1)]
    await settled.receive(b"not JSON")
    await settled.translate()
    await settled.store.retry_dead([(await settled.letter()).id], milliseconds(settled.clock))
    counted = {one.name: total(one.days.values()).events for one in await settled.store.traffic()}
    assert counted == {"": 0, "invoice.made": 1, "paid": 30, "ping": 10}


async def test_a_sale_without_a_customer_counts_as_one_without_an_address(house: House) -> None:
    case = orjson.loads(WALK_IN.read_bytes())
    await house.receive(case["request"]["body"].encode(), source="till")
    await house.translate()
    (counted,) = await house.store.traffic()
    assert total(counted.days.values()) == Counts(events=1)
