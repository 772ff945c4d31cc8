"""Meetings that are moved under a new id: the new one takes the place of the old one, in whatever order."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from relay.cli.cases import find_case
from relay.sandbox import Running
from relay.sandbox.first import REVIEW_REQUEST
from tests.factories import FakeClock
from tests.work.house import Builder, reached

MEETINGS = {
    "name": "after-meeting",
    "sources": ["meetings"],
    "events": ["appointment.booked"],
    "sequence": REVIEW_REQUEST,
}
AFTER_THE_OLD_END = datetime(2026, 3, 21, 8, tzinfo=UTC)
AFTER_THE_NEW_END = datetime(2026, 3, 25, 8, tzinfo=UTC)


def delivery(connector: str, case: str, **fields: str) -> bytes:
    """A recorded delivery with other values in some fields, wherever they stand."""
    body = find_case(connector, case).request.content.decode()
    for name, value in fields.items():
        body = re.sub(rf'"{name}":"[^"]*"', f'"{name}":"{value}"', body)
    return body.encode()


def cal_com() -> tuple[bytes, bytes]:
    return (
        delivery("cal_com", "booking_created", createdAt="2026-03-14T16:00:00.000Z"),
        delivery("cal_com", "booking_rescheduled", createdAt="2026-03-14T17:00:00.000Z"),
    )


def oncehub() -> tuple[bytes, bytes]:
    booked = delivery(
        "oncehub",
        "booking_rescheduled",
        type="booking.scheduled",
        creation_time="2026-03-14T16:00:00.000Z",
        starting_time="2026-03-20T14:00:00.000Z",
    )
    moved = delivery("oncehub", "booking_rescheduled_replaces", creation_time="2026-03-14T17:00:00.000Z")
    return booked.replace(b"EVNT-", b"EVNT-FIRST-"), moved


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize(("connector", "deliveries"), [("cal_com", cal_com()), ("oncehub", oncehub())])
async def test_a_meeting_that_was_moved_asks_once_after_its_new_end(
    build: Builder,
    clock: FakeClock,
    sandbox: Running,
    connector: str,
    deliveries: tuple[bytes, bytes],
    in_order: bool,
) -> None:
    source = {"connector": connector, "secrets": {"signing_key": "k"}}
    async with build({"sources.meetings": source, "routes": [MEETINGS]}) as house:
        for body in deliveries if in_order else reversed(deliveries):
            await house.receive(body, source="meetings")
            await house.translate()
        clock.move(AFTER_THE_OLD_END.timestamp() - clock.now())
        await house.deliver()
        assert reached(sandbox) == []
        clock.move(AFTER_THE_NEW_END.timestamp() - clock.now())
        await house.deliver()
    assert reached(sandbox) == ["ana@example.com"]
