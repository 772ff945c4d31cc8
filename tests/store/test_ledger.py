"""The books: independent figures that must agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relay.store import Store
from relay.store.base import Ledger
from tests.factories import NONE_RETIRED, NOW_MS, new_enrollment, parked_event, read_event, withdrawal
from tests.store.conftest import Engine
from tests.store.desk import Desk

EVEN = Ledger(
    requests={"translated": 2, "waiting": 1},
    accepted=3,
    events={"read": 1, "parked": 1},
    promised_events=2,
    enrollments={"delivered": 1},
    promised_enrollments=1,
    letters={"parked": 1},
    retired=NONE_RETIRED,
    stray=0,
    quarantined=0,
    oldest_waiting=None,
    open_batches=0,
    calls=1,
    pauses=(),
)


def test_books_that_agree_have_no_fault() -> None:
    assert EVEN.faults() == []


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"accepted": 4}, "4 requests were accepted, 3 have a state"),
        ({"promised_events": 3}, "requests gave 3 events, 2 are there"),
        ({"promised_enrollments": 0}, "events gave 0 enrollments, 1 are there"),
        ({"letters": {}}, "0 dead letters of kind parked are listed, 1 are there"),
        ({"letters": {"parked": 1, "dead": 2}}, "2 dead letters of kind dead are listed, 0 are there"),
        ({"retired": NONE_RETIRED | {"events": 1}}, "requests gave 2 events, 3 are there"),
        ({"stray": 1}, "1 enrollments or batches under way do not belong together"),
    ],
)
def test_what_does_not_agree_is_said(wrong: dict[str, Any], fault: str) -> None:
    assert replace(EVEN, **wrong).faults() == [fault]


def test_several_disagreements_are_all_said() -> None:
    assert len(replace(EVEN, accepted=9, promised_events=9, promised_enrollments=9, stray=9).faults()) == 4


async def test_an_empty_ledger_balances(store: Store) -> None:
    ledger = await store.ledger()
    assert (ledger.accepted, ledger.requests, ledger.oldest_waiting, ledger.faults()) == (0, {}, None, [])


async def test_every_thing_that_was_ever_accepted_is_counted_where_it_is(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    await desk.deliver(await desk.freeze())
    await desk.enrol("ana@example.com")
    await desk.enrol("ben@example.com", key="P-2")
    await desk.report(withdrawal("P-2"))
    await desk.report(parked_event(), read_event("eve@example.com", position=1, key="P-3"))
    await desk.report(read_event(key="P-4", enrollments=(new_enrollment(key="P-4", suppressed="a test"),)))
    ledger = await store.ledger()
    assert ledger.requests == {"translated": 6}
    assert ledger.events == {"read": 6, "parked": 1}
    assert ledger.enrollments == {
        "delivered": 1,
        "merged": 1,
        "withdrawn": 1,
        "waiting": 1,
        "suppressed": 1,
    }
    assert (ledger.oldest_waiting, ledger.calls, ledger.faults()) == (NOW_MS, 1, [])


async def test_another_process_may_read_the_books_while_a_relay_works(engine: Engine) -> None:
    async with engine.open() as store, engine.open(exclusive=False) as reader:
        await Desk(store).enrol("ana@example.com")
        assert (await reader.ledger()).enrollments == {"waiting": 1}


async def test_another_process_may_retry_and_discard_while_a_relay_works(engine: Engine) -> None:
    async with engine.open() as store, engine.open(exclusive=False) as operator:
        await Desk(store).report(parked_event(0), parked_event(1))
        assert await operator.retry_dead(["parked-1"], NOW_MS) == ["parked-1"]
        assert await operator.discard_dead(["parked-2"], "no", NOW_MS) == ["parked-2"]
        assert (await Desk(store).claim_one()).pending == frozenset({0})
