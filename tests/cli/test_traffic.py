"""The part of `relay status` about the senders: what they sent, and what changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relay.cli.traffic import sentence
from relay.core.drift import Drift, Share
from relay.core.record import EventRecord
from tests.cli.terminal import Terminal
from tests.factories import DAY, NOW, NOW_MS, FakeClock, parked_event, read_event
from tests.store.desk import Desk

TODAY = NOW + timedelta(days=10)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.cli.asking.SystemClock", lambda: FakeClock(TODAY))


async def sell(desk: Desk, count: int, *, named: tuple[str, ...] | None = ("email", "phone")) -> None:
    for _ in range(count):
        await desk.report(read_event(named=named))


async def ten_good_days(desk: Desk) -> None:
    for _ in range(10):
        await sell(desk, 3)
        desk.move(DAY)


async def a_lost_address(desk: Desk) -> None:
    await ten_good_days(desk)
    await sell(desk, 6, named=())


async def an_odd_type(desk: Desk) -> None:
    await ten_good_days(desk)
    await desk.report(parked_event(event_type="\x1b[31m[bold]odd[/]"))


async def sixteen_types(desk: Desk) -> None:
    made: list[EventRecord] = [
        read_event(position=number, event_type=f"type-{number}") for number in range(16)
    ]
    desk.move(10 * DAY)
    await desk.report(*made)


async def a_type_for_each_event(desk: Desk) -> None:
    await ten_good_days(desk)
    made = [read_event(position=number, event_type=f"type-{number}") for number in range(24)]
    await desk.report(*made)


async def long_silent(desk: Desk) -> None:
    await sell(desk, 1)


def test_what_each_source_sends_is_shown_with_how_it_was_before(relay: Terminal) -> None:
    relay.prepare(a_lost_address)
    said = relay("status").said
    assert "Event types of the last 7 days" in said
    assert "shop purchase 6 24 25% (0%) 0% (0%) 2026-03-14 2026-03-24 18:00" in said


def test_a_change_is_told_after_everything_else_and_does_not_change_the_exit_code(relay: Terminal) -> None:
    relay.prepare(a_lost_address)
    done = relay("status")
    assert done.code == 0
    assert done.said.endswith(
        "Drift: shop: purchase: the e-mail address is gone: missing in 6 of 6 today, 0% before "
        "Has the sender changed something? docs/drift.md says how to find out."
    )


def test_without_a_change_nothing_is_said_of_one(relay: Terminal) -> None:
    relay.prepare(ten_good_days)
    done = relay("status")
    assert "Drift" not in done.said
    assert done.said.endswith("everything that was accepted is accounted for.")


def test_what_a_sender_calls_its_events_steers_no_terminal(relay: Terminal) -> None:
    relay.prepare(an_odd_type)
    done = relay("status")
    assert "Drift: shop: \ufffd[31m[bold]odd[/]: never seen before the last 7 days, 1 since" in done.said
    assert "\x1b" not in done.out


def test_of_many_types_the_busiest_are_shown(relay: Terminal) -> None:
    relay.prepare(sixteen_types)
    said = relay("status").said
    assert said.count("type-") == 12
    assert "shop 4 more, see --json - 4 -" in said


def test_of_many_changes_the_first_are_told(relay: Terminal) -> None:
    relay.prepare(a_type_for_each_event)
    said = relay("status").said
    assert said.count("Drift:") == 20
    assert "4 more changes: see --json." in said
    assert len(relay("status", "--json").json["drift"]) == 24


def test_what_was_not_seen_for_a_week_is_left_to_the_machines(relay: Terminal) -> None:
    relay.prepare(long_silent)
    assert "Event types" not in relay("status").said
    (only,) = relay("status", "--json").json["traffic"]
    assert (only["last_at"], only["last_7_days"]["events"], only["before"]["events"]) == (
        NOW_MS,
        0,
        1,
    )


def test_machines_get_every_count_of_the_senders(relay: Terminal) -> None:
    relay.prepare(a_lost_address)
    data = relay("status", "--json").json
    (only,) = data["traffic"]
    none = dict.fromkeys(
        ("ignored", "parked", "email", "first_name", "last_name", "phone", "location", "employee"), 0
    )
    assert only == {
        "source": "shop",
        "event_type": "purchase",
        "first_at": NOW_MS,
        "last_at": NOW_MS + 10 * DAY,
        "today": none | {"events": 6},
        "last_7_days": none | {"events": 24, "email": 18, "phone": 18},
        "before": none | {"events": 12, "email": 12, "phone": 12},
    }
    assert data["drift"] == [
        {
            "source": "shop",
            "event_type": "purchase",
            "what": "email",
            "days": 1,
            "now": {"part": 6, "whole": 6},
            "before": {"part": 0, "whole": 30},
        }
    ]


@pytest.mark.parametrize(
    ("what", "days", "part", "said"),
    [
        ("phone", 1, 9, "the phone number is gone: missing in 9 of 9 today, 10% before"),
        ("location", 2, 5, "the location is missing more often: in 5 of 9 since yesterday, 10% before"),
        ("parked", 7, 9, "more cannot be read: 9 of 9 in the last 7 days, 10% before"),
        ("ignored", 1, 4, "more are ignored: 4 of 9 today, 10% before"),
    ],
)
def test_a_change_is_a_sentence(what: str, days: int, part: int, said: str) -> None:
    assert sentence(Drift("shop", "paid", what, days, Share(part, 9), Share(5, 50))) == said
