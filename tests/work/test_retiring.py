"""The loop that retires: little at a time, with long rests, and least where the ledger is busy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from relay.clock import milliseconds
from relay.core.retention import DAY, Kept
from relay.store.sql.retention import ROUND
from relay.work.retiring import Retiring
from tests.factories import incoming
from tests.work.house import House

KEPT = Kept(bodies=30 * DAY, records=0)


def steps_of(seconds: float) -> Iterator[float]:
    """A stopwatch on which every step takes so long."""
    at = 0.0
    while True:
        yield at
        at += seconds


def retiring(house: House, seconds: float = 0.001) -> Retiring:
    return Retiring(house.store, KEPT, house.clock, steps_of(seconds).__next__)


async def fill(house: House, requests: int) -> None:
    for _ in range(requests):
        await house.store.add_request(incoming(received_at=milliseconds(house.clock), body=b"not json"))
    await house.translate()
    letters = [letter.id for letter in await house.store.dead_letters(1000)]
    await house.store.discard_dead(letters, "nobody", milliseconds(house.clock))


async def test_it_ends_what_is_due_and_then_waits_for_the_next_round(house: House) -> None:
    await fill(house, 3)
    house.clock.move(31 * DAY / 1000)
    loop = retiring(house)
    with structlog.testing.capture_logs() as told:
        waits = [await loop.tick() for _ in range(9)]
    request = await house.store.request(1)
    assert request is not None
    assert request.body == b""
    assert waits[-1] == ROUND / 1000
    assert [entry for entry in told if entry["event"] == "retired"] == [
        {"event": "retired", "log_level": "info", "bodies": 3}
    ]


async def test_it_rests_twenty_times_as_long_as_a_step_took(house: House) -> None:
    await fill(house, 3)
    house.clock.move(31 * DAY / 1000)
    assert await retiring(house, 0.5).tick() == pytest.approx(10)
    assert await retiring(house, 0.0001).tick() == 0.05


async def test_after_long_steps_it_looks_at_less(house: House) -> None:
    await fill(house, 100)
    house.clock.move(31 * DAY / 1000)
    loop = retiring(house, 1.0)
    lefts = []
    for _ in range(5):
        await loop.tick()
        lefts.append(await left(house))
    assert lefts == [50, 50, 50, 40, 30], "calls and the quarantine have a turn in between"


async def left(house: House) -> int:
    """Requests that still have their body."""
    found = [await house.store.request(number) for number in range(1, 101)]
    return sum(bool(request and request.body) for request in found)
