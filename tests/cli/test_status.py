"""`relay status`: where everything is that was ever accepted, and whether that is all of it."""

from __future__ import annotations

import apsw

from relay.clock import SystemClock, milliseconds
from relay.core.budget import Limits
from relay.core.outcome import Certainty, Delivered, Scope
from relay.core.retention import Kept
from relay.core.settlement import Settlement
from tests.cli.terminal import Terminal
from tests.factories import DAY, LANE, NONE_RETIRED, NOW_MS, failure, parked_event, quarantined
from tests.store.desk import Desk, attempt_of

LIMIT = failure(
    Certainty.REFUSED,
    Scope.ORGANIZATION,
    throttled=True,
    retry_after=1.0,
    reason="429 \x1b[31mred: [bold]wait[/]",
)


async def some_of_everything(desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.deliver(await desk.freeze())
    await desk.enrol("ben@example.com", key="P-2")
    await desk.report(parked_event())
    await desk.store.add_quarantined(quarantined(), keep=10)


async def nothing(desk: Desk) -> None:
    await desk.store.ledger()


async def paused_for_long(desk: Desk) -> None:
    desk.now = 4_000_000_000_000
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), LIMIT)


def test_a_ledger_that_does_not_exist_yet_is_explained(relay: Terminal) -> None:
    done = relay("status")
    assert done.code == 3
    assert "relay.db does not exist yet: start the relay once with `relay serve`" in done.said
    assert not (relay.folder / "relay.db").exists()


async def called(desk: Desk) -> None:
    desk.now = milliseconds(SystemClock())
    for number in range(3):
        await desk.enrol_at(LANE, f"guest{number}@example.com")
        batch = await desk.freeze()
        said = Limits(per_hour=1000, allowed=1000, remaining=700, resets_at=desk.now + 1_800_000)
        people = tuple((member.enrollment_id, None) for member in batch.members)
        attempt = attempt_of(batch, [Delivered(None)], desk.now)
        await desk.store.settle(batch, attempt, Settlement(delivered=people, limits=said), desk.now)


def test_calls_are_shown_against_the_limits_that_are_known(relay: Terminal) -> None:
    relay.prepare(called)
    shown = " ".join(relay("status").said.split())
    assert "main in the last minute 3 " in shown
    assert " in the last hour 3 of 1000 " in shown
    assert "left, the API says 700 until" in shown
    (rate,) = relay("status", "--json").json["rates"]
    assert (rate["used_hour"], rate["per_hour"], rate["per_minute"]) == (3, 1000, None)
    assert rate["remaining"] == 700


def test_an_empty_ledger_balances_and_says_what_to_do_next(relay: Terminal) -> None:
    relay.prepare(nothing)
    done = relay("status")
    assert done.code == 0
    assert "nothing has been accepted yet" in done.said
    assert "relay simulate --help" in done.said


def test_a_ledger_that_balances_is_shown_with_what_to_look_at(relay: Terminal) -> None:
    relay.prepare(some_of_everything)
    done = relay("status")
    assert done.code == 0
    for shown in (
        "Requests (3 accepted)",
        "delivered 1",
        "waiting 1",
        "parked 1",
        "Next enrollment due 2026-03-14 18:00:00 UTC",
        "1 execute calls, 0 batches open",
        "1 unverified requests in quarantine: relay quarantine list",
        "Dead letters: relay dead list",
        "The accounts balance",
    ):
        assert shown in done.said


def test_machines_get_every_count(relay: Terminal) -> None:
    relay.prepare(some_of_everything)
    done = relay("status", "--json")
    assert (done.code, done.err) == (0, "")
    elsewhere = {"traffic", "drift", "nodes"}
    assert {name: value for name, value in done.json.items() if name not in elsewhere} == {
        "requests": {"translated": 3},
        "accepted": 3,
        "events": {"read": 2, "parked": 1},
        "promised_events": 3,
        "enrollments": {"delivered": 1, "waiting": 1},
        "promised_enrollments": 2,
        "retired": NONE_RETIRED,
        "letters": {"parked": 1},
        "stray": 0,
        "quarantined": 1,
        "oldest_waiting": NOW_MS,
        "open_batches": 0,
        "calls": 1,
        "pauses": [],
        "balanced": True,
        "faults": [],
        "rates": [
            {
                "organization": "main",
                "used_minute": 0,
                "per_minute": None,
                "used_hour": 0,
                "per_hour": None,
                "remaining": None,
                "resets_at": None,
            }
        ],
        "breakers": [],
    }


def test_books_that_do_not_balance_are_exit_1_and_say_where(relay: Terminal) -> None:
    relay.prepare(some_of_everything)
    db = apsw.Connection(str(relay.folder / "relay.db"))
    db.execute("DELETE FROM delivery WHERE state = 'waiting'")
    db.close()
    done = relay("status")
    assert done.code == 1
    assert "The accounts do not balance: events gave 2 enrollments, 1 are there" in done.said
    machine = relay("status", "--json")
    assert (machine.code, machine.json["balanced"]) == (1, False)
    assert machine.json["faults"] == ["events gave 2 enrollments, 1 are there"]


def test_a_pause_is_shown_and_what_the_destination_said_steers_no_terminal(relay: Terminal) -> None:
    relay.prepare(paused_for_long)
    done = relay("status")
    assert "Paused until 2096-10-02 07:06:41: main: 429 \ufffd[31mred: [bold]wait[/]" in done.said
    assert "\x1b" not in done.out
    (pause,) = relay("status", "--json").json["pauses"]
    assert (pause["what"], pause["until"]) == ("main", "2096-10-02 07:06:41")


async def a_year_ago(desk: Desk) -> None:
    for key in ("P-1", "P-2"):
        await desk.enrol("ana@example.com", key=key)
        await desk.deliver(await desk.freeze())
    desk.move(366 * DAY)
    while (await desk.store.retention.step(Kept(), desk.now)).next_due <= desk.now:
        pass


def test_what_was_retired_is_counted(relay: Terminal) -> None:
    relay.prepare(a_year_ago)
    done = relay("status")
    assert "Enrollments (2)" in done.said
    assert "retired 1" in done.said
    assert "The accounts balance" in done.said
    assert relay("status", "--json").json["retired"] == {
        "requests": 1,
        "events": 1,
        "enrollments": 1,
        "calls": 1,
    }
