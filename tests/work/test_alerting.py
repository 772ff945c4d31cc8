"""What is wrong is found by looking at a real ledger, told once, and over by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest

from relay.clock import milliseconds
from relay.core.silence import FEWEST_WEEKS
from relay.sandbox import Running
from relay.sandbox.first import AFTER_VISIT
from relay.work.alerting import LOOK_SECONDS
from tests.factories import MINUTE, FakeClock, node, quarantined
from tests.work.house import Builder, House, purchase
from tests.work.receiver import Receiver, receiving, team

HOUR = 3600.0
DAY = 86_400.0
WEEK = 7 * DAY


@pytest.fixture(name="receiver")
async def _receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with receiving(receiver):
        yield receiver


async def look_for(house: House, clock: FakeClock, seconds: float) -> None:
    """Look again and again for so long: once a minute, as the relay does, or for long times every four."""
    step = LOOK_SECONDS if seconds < HOUR else 4 * LOOK_SECONDS
    for _ in range(round(seconds / step)):
        clock.move(step)
        await house.alert()


def mend(sandbox: Running) -> None:
    for key in sandbox.world.keys.values():
        key.active = True


async def held(house: House, sandbox: Running) -> None:
    sandbox.fail_next("revoke-key")
    await house.carry(purchase())


async def test_a_refused_key_is_told_once_and_its_end_too(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver)) as house:
        await house.alert()
        await held(house, sandbox)
        await look_for(house, clock, HOUR)
        assert receiver.keys == [("opened", "held:main")]
        (data,) = (one["data"] for one in receiver.told)
        assert data["severity"] == "critical"
        assert data["command"] == "relay resume main"
        assert data["url"] == "https://relay.example.com/console"
        mend(sandbox)
        await house.deliver()
        assert await house.counts() == {"delivered": 1}
        await look_for(house, clock, HOUR)
    assert receiver.keys == [("opened", "held:main"), ("closed", "held:main")]
    assert len(set(receiver.ids)) == 2


async def test_a_restart_tells_nothing_again_and_forgets_nothing(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver)) as house:
        await house.alert()
        await held(house, sandbox)
        await look_for(house, clock, LOOK_SECONDS)
    assert receiver.keys == [("opened", "held:main")]
    for _ in range(3):
        # A start is a new try; the key is still refused.
        clock.move(LOOK_SECONDS)
        async with build(team(receiver)) as house:
            await house.deliver()
            await look_for(house, clock, 2 * LOOK_SECONDS)
    assert receiver.keys == [("opened", "held:main")]
    mend(sandbox)
    async with build(team(receiver)) as house:
        await house.deliver()
        await look_for(house, clock, HOUR)
    assert receiver.keys == [("opened", "held:main"), ("closed", "held:main")]


async def test_what_goes_on_is_told_again_once_a_day(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver)) as house:
        await held(house, sandbox)
        for _ in range(49):
            await house.alert()
            clock.move(HOUR)
    assert receiver.types == ["alert.opened", "alert.reminder", "alert.reminder"]


async def test_of_many_nodes_one_tells(build: Builder, sandbox: Running, receiver: Receiver) -> None:
    async with build(team(receiver)) as house:
        await held(house, sandbox)
        other = House(house.installation, house.store, house.http, house.clock)
        await house.alert()
        await other.alert()
        house.clock.move(LOOK_SECONDS)
        await other.alert()
        await house.alert()
        for node in (house, other):
            assert node.metrics.registry.get_sample_value("relay_alerts_open", {"kind": "held"}) == 1
    assert receiver.keys == [("opened", "held:main")]


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({}, ["alert.opened"]),
        ({"kinds": ["held"], "severity": "warning"}, ["alert.opened"]),
        ({"kinds": ["silent", "dead"]}, []),
        ({"severity": "critical"}, []),
    ],
)
async def test_a_channel_is_told_what_it_was_set_up_for(
    build: Builder, sandbox: Running, receiver: Receiver, chosen: dict[str, Any], told: list[str]
) -> None:
    """A held sequence is a warning."""
    async with build(team(receiver, **chosen)) as house:
        sandbox.fail_next("pause-sequence")
        await house.carry(purchase())
        await house.alert()
        assert [one.condition.kind for one in await house.store.alerts.live()] == ["held"]
    assert receiver.types == told


async def test_a_breaker_that_stays_open_is_told_and_one_that_closes_soon_is_not(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver)) as house:
        for length in (120, 900):
            sandbox.begin_outage(length, "close")
            for number in range(3):
                await house.carry(purchase(length + number))
                clock.move(1)
            for _ in range(40):
                await look_for(house, clock, LOOK_SECONDS)
                await house.deliver()
        assert (await house.counts()).keys() == {"delivered"}
    assert receiver.keys == [("opened", "breaker:main"), ("closed", "breaker:main")]
    assert "main gets no calls, since too many failed in a row: " in receiver.told[0]["data"]["text"]


async def test_a_new_cause_of_dead_letters_is_told_once_until_it_was_quiet(
    build: Builder, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver) | {"alerts.cause": "2h"}) as house:
        await house.alert()
        for number in range(4):
            await house.receive(
                {"event": "paid", "id": number, "email": {"of": f"guest{number}@example.com"}}
            )
            await house.translate()
            await look_for(house, clock, HOUR)
        ((what, key),) = receiver.keys
        assert (what, key[:10]) == ("opened", "dead:shop:")
        assert "guest" not in str(receiver.told)
        await look_for(house, clock, 2 * HOUR)
        assert receiver.types == ["alert.opened", "alert.closed"]
        await house.receive({"event": "paid", "id": 1, "email": {"of": "ana@example.com"}})
        await house.translate()
        await look_for(house, clock, LOOK_SECONDS)
        assert receiver.types == ["alert.opened", "alert.closed", "alert.opened"]


async def test_dead_letters_that_were_there_before_the_first_look_are_not_new(
    build: Builder, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver)) as house:
        await house.receive({"event": "never heard of"})
        await house.translate()
        clock.move(HOUR)
        await look_for(house, clock, HOUR)
        assert receiver.calls == 0


async def test_once_all_of_them_are_repaired_a_cause_is_over(
    build: Builder, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver)) as house:
        await house.alert()
        await house.receive({"event": "never heard of"})
        await house.translate()
        await look_for(house, clock, 10 * LOOK_SECONDS)
        assert receiver.types == ["alert.opened"]
        letter = await house.letter()
        assert await house.store.discard_dead([letter.id], "not wanted", milliseconds(clock))
        await look_for(house, clock, LOOK_SECONDS)
    assert receiver.types == ["alert.opened", "alert.closed"]


async def test_what_waits_for_too_long_is_told(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver)) as house:
        await house.receive(purchase(1))
        await look_for(house, clock, HOUR)
        assert receiver.calls == 0
        await look_for(house, clock, HOUR)
        assert receiver.keys == [("opened", "unread:shop")]
        await house.translate()
        await look_for(house, clock, HOUR)
        assert receiver.keys[1:] == [("closed", "unread:shop")]
        await look_for(house, clock, HOUR)
        assert receiver.keys[2:] == [("opened", "waiting:main")]


async def test_used_up_calls_are_told_while_somebody_waits_for_them(
    build: Builder, sandbox: Running, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver) | {"destinations.main.calls_per_hour": 1}) as house:
        await house.carry(purchase(1), purchase(2))
        await look_for(house, clock, 30 * LOOK_SECONDS)
        assert receiver.calls == 0
        await house.carry(purchase(3))
        await look_for(house, clock, 20 * LOOK_SECONDS)
    assert receiver.keys == [("opened", "budget:main")]
    assert "all 1 of an hour" in receiver.told[0]["data"]["text"]


async def test_a_mixed_up_secret_is_told_and_over_once_requests_are_verified_again(
    build: Builder, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver)) as house:
        for _ in range(10):
            await house.store.add_quarantined(quarantined(received_at=milliseconds(clock)), keep=5)
        await look_for(house, clock, LOOK_SECONDS)
        assert receiver.keys == [("opened", "unverified:shop")]
        clock.move(HOUR)
        await house.receive(purchase())
        await house.translate()
        await look_for(house, clock, HOUR)
    assert receiver.keys == [("opened", "unverified:shop"), ("closed", "unverified:shop")]


async def a_week(house: House, clock: FakeClock, number: Callable[[], int]) -> None:
    """Eight sales in each of four hours from now on, then nothing until the same time a week later."""
    for _ in range(4):
        for _ in range(8):
            await house.receive(purchase(number()))
        await house.translate()
        clock.move(HOUR)
    clock.move(WEEK - 4 * HOUR)


async def test_a_source_that_is_silent_against_its_usual_hours_is_told(
    build: Builder, clock: FakeClock, receiver: Receiver
) -> None:
    numbers = iter(range(10_000))
    async with build(team(receiver) | {"routes": []}) as house:
        for _ in range(FEWEST_WEEKS + 1):
            await a_week(house, clock, lambda: next(numbers))
        clock.move(-2 * HOUR)
        await house.alert()
        await look_for(house, clock, 3 * HOUR)
        assert receiver.calls == 0
        await look_for(house, clock, 3 * HOUR)
        assert receiver.keys == [("opened", "silent:shop")]
        assert "of most of the last 3 weeks it sent" in receiver.told[0]["data"]["text"]
        await house.receive(purchase(next(numbers)))
        await house.translate()
        await look_for(house, clock, HOUR)
    assert receiver.keys == [("opened", "silent:shop"), ("closed", "silent:shop")]


async def test_books_that_do_not_balance_are_told(
    build: Builder, clock: FakeClock, receiver: Receiver, tmp_path: Path
) -> None:
    async with build(team(receiver)) as house:
        await house.receive(purchase())
        await house.translate()
        await house.alert()
        with closing(apsw.Connection(str(tmp_path / "relay.db"))) as db:
            db.execute("DELETE FROM delivery")
        await look_for(house, clock, HOUR)
    assert receiver.keys == [("opened", "imbalance")]
    assert "events gave 1 enrollments, 0 are there" in receiver.told[0]["data"]["text"]


async def test_a_node_that_is_gone_is_told_unless_another_takes_its_place_soon(
    build: Builder, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver)) as house:
        start = milliseconds(clock)
        for name in ("followed", "alone"):
            await house.store.nodes.tell(node(name, name=name))
        for minute in range(1, 20):
            await look_for(house, clock, LOOK_SECONDS)
            heirs = {"followed": 1} if minute < 6 else {"followed": 1, "alone": 6}
            for name, since in heirs.items():
                heir = {"name": name, "started_at": start + since * MINUTE}
                await house.store.nodes.tell(node(f"heir of {name}", start + minute * MINUTE, **heir))
    assert receiver.keys == [("opened", "node:till/alone"), ("closed", "node:till/alone")]


async def test_a_spool_that_does_not_empty_is_told_and_over_once_it_has(
    build: Builder, clock: FakeClock, receiver: Receiver
) -> None:
    async with build(team(receiver)) as house:
        start = milliseconds(clock)
        for minute in range(30):
            spooled = {"spooled": 9, "spooled_since": start} if minute < 10 else {}
            await house.store.nodes.tell(node("a", start + minute * MINUTE, **spooled))
            await look_for(house, clock, LOOK_SECONDS)
    assert receiver.keys == [("opened", "spool:till/all-1"), ("closed", "spool:till/all-1")]


async def test_what_is_open_is_a_metric(house: House, sandbox: Running, clock: FakeClock) -> None:
    def shown(kind: str) -> float | None:
        return house.metrics.registry.get_sample_value("relay_alerts_open", {"kind": kind})

    await house.alert()
    assert (shown("held"), shown("silent")) == (0, 0)
    sandbox.fail_next("pause-sequence")
    await house.carry(purchase())
    await look_for(house, clock, LOOK_SECONDS)
    assert (shown("held"), shown("silent")) == (1, 0)
    assert await house.store.resume("main", AFTER_VISIT)
    await look_for(house, clock, HOUR)
    assert shown("held") == 0


async def test_hours_that_the_ledger_forgets_are_forgotten_by_who_compares_them(
    house: House, clock: FakeClock
) -> None:
    noticing = house.alerting._noticing
    for _ in range(3):
        await house.receive(purchase())
        await house.translate()
        await house.alert()
        clock.move(6 * WEEK)
    assert len(noticing._came["shop"]) == 2
