"""Senders promise no order: the same reports end the same way, however they arrive."""

from __future__ import annotations

from itertools import permutations

import pytest

from relay.core.event import Kind
from relay.core.outcome import Certainty, Scope
from relay.core.record import EventRecord
from relay.store import Store
from tests.factories import HOUR, MINUTE, NOW_MS, failure, new_enrollment, read_event, withdrawal
from tests.store.desk import Desk


def booked(minute: int, due_in_hours: int, email: str = "ana@example.com") -> EventRecord:
    """A report of the appointment, made in that minute."""
    enrollment = new_enrollment(email, due_at=NOW_MS + due_in_hours * HOUR)
    kind = Kind.APPOINTMENT_BOOKED.value
    return read_event(kind=kind, occurred_at=NOW_MS + minute * MINUTE, enrollments=(enrollment,))


def cancelled(minute: int) -> EventRecord:
    return withdrawal(kind=Kind.APPOINTMENT_CANCELLED.value, occurred_at=NOW_MS + minute * MINUTE)


async def waits_until(store: Store) -> int | None:
    """In hours, None where nobody waits."""
    ledger = await store.ledger()
    assert ledger.faults() == []
    assert ledger.enrollments.get("waiting", 0) <= 1
    return None if ledger.oldest_waiting is None else (ledger.oldest_waiting - NOW_MS) // HOUR


STORIES = (
    ((booked(1, 10), cancelled(2), booked(3, 10)), 10),
    ((booked(1, 10), booked(2, 20), booked(3, 30)), 30),
    ((booked(1, 10), booked(2, 20), cancelled(3), booked(4, 40)), 40),
    ((booked(1, 10), booked(2, 20), cancelled(3)), None),
    ((booked(1, 10), cancelled(2), booked(3, 30), cancelled(4)), None),
)
ORDERS = [(order, hours) for reports, hours in STORIES for order in permutations(reports)]


@pytest.mark.parametrize(("order", "hours"), ORDERS)
async def test_reports_of_an_appointment_end_the_same_way_in_every_order(
    store: Store, desk: Desk, order: tuple[EventRecord, ...], hours: int | None
) -> None:
    for report in order:
        await desk.report(report)
    assert await waits_until(store) == hours


async def test_a_late_cancellation_takes_back_a_person_whom_no_later_report_names(
    store: Store, desk: Desk
) -> None:
    await desk.report(booked(1, 10, "ana@example.com"))
    await desk.report(booked(3, 30, "ben@example.com"))
    await desk.report(cancelled(2))
    assert await desk.counts() == {"withdrawn": 1, "waiting": 1}
    assert await waits_until(store) == 30


async def test_after_a_call_that_did_nothing_each_person_is_judged_by_their_own_reports(
    store: Store, desk: Desk
) -> None:
    await desk.report(booked(1, 0, "ana@example.com"))
    batch = await desk.freeze()
    await desk.report(cancelled(2))
    await desk.report(booked(3, 30, "ben@example.com"))
    await desk.end(batch, failure(Certainty.NOT_SENT, Scope.DESTINATION))
    assert await desk.counts() == {"withdrawn": 1, "waiting": 1}
    assert await waits_until(store) == 30
