"""The power may fail at any moment: what was answered or sent is on disk by then, and goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relay.sandbox import Running
from tests.disk import Disk, watched_disk
from tests.factories import FakeClock
from tests.work.house import Builder, House, keys_sent, purchase, reached


@pytest.fixture(name="disk")
def _disk() -> Iterator[Disk]:
    with watched_disk() as disk:
        yield disk


@pytest.fixture(name="after")
def _after(tmp_path: Path, clock: FakeClock, sandbox: Running) -> Builder:
    """Opens what is left of the ledger."""
    folder = tmp_path / "after"
    folder.mkdir()
    return Builder(folder, clock, sandbox.url)


@pytest.fixture(name="power_fails")
def _power_fails(disk: Disk, tmp_path: Path) -> Callable[[], None]:
    """What is on disk by now is left, `after` it."""
    return lambda: disk.left(tmp_path / "relay.db", tmp_path / "after")


async def finish(house: House, clock: FakeClock) -> None:
    await house.translate()
    await house.delivering.rescue()
    clock.move(60)
    await house.deliver()


PEOPLE = [f"guest{number}@example.com" for number in range(3)]


async def received(house: House) -> None:
    for number in range(3):
        await house.receive(purchase(number))


async def test_what_was_answered_is_left(
    power_fails: Callable[[], None], build: Builder, after: Builder, clock: FakeClock, sandbox: Running
) -> None:
    async with build() as house:
        await received(house)
        power_fails()
    async with after() as house:
        await finish(house, clock)
        assert await house.counts() == {"delivered": 3}
    assert sorted(reached(sandbox)) == PEOPLE


async def test_what_was_read_need_not_be_left_since_it_is_read_again(
    power_fails: Callable[[], None], build: Builder, after: Builder, clock: FakeClock, sandbox: Running
) -> None:
    async with build() as house:
        await received(house)
        await house.translate()
        power_fails()
    async with after() as house:
        assert await house.counts() == {}
        await finish(house, clock)
        assert await house.counts() == {"delivered": 3}
    assert sorted(reached(sandbox)) == PEOPLE


async def test_what_is_sent_is_left_with_its_key(
    power_fails: Callable[[], None], build: Builder, after: Builder, clock: FakeClock, sandbox: Running
) -> None:
    sandbox.switch(idempotency=True)
    async with build() as house:
        await received(house)
        await house.translate()
        clock.move(60)
        await house.delivering.tick()
        power_fails()
        await house.delivering.settle_down()
    assert sorted(reached(sandbox)) == PEOPLE
    async with after() as house:
        assert await house.counts() == {"sending": 3}
        await finish(house, clock)
        assert await house.counts() == {"delivered": 3}
    assert len(keys_sent(sandbox)) == 2
    assert len(set(keys_sent(sandbox))) == 1
    assert sorted(reached(sandbox)) == PEOPLE


async def test_what_was_settled_is_left(
    power_fails: Callable[[], None], build: Builder, after: Builder, clock: FakeClock, sandbox: Running
) -> None:
    async with build() as house:
        await received(house)
        await finish(house, clock)
        power_fails()
    async with after() as house:
        assert await house.counts() == {"delivered": 3}
    assert sorted(reached(sandbox)) == PEOPLE
