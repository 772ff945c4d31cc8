"""A thin webhook says that something changed: what was looked up before does not know the change."""

from __future__ import annotations

from typing import Any

from tests.factories import HOUR, NOW_MS, FakeClock, later
from tests.installing import AFTER_BOOKING
from tests.work.house import Builder
from tests.work.provider import Provider, Said

KEY = "key-of-the-studio"
ACUITY = {
    "connector": "acuity",
    "secrets": {"signing_key": KEY},
    "settings": {"user_id": "1"},
}


def changes(provider: Provider) -> dict[str, Any]:
    route = AFTER_BOOKING | {"sources": ["studio"]}
    return {
        "sources.studio": ACUITY,
        "routes": [route],
        "lookups.origins": {"https://acuityscheduling.com": provider.url},
    }


def appointment(begins_in: int) -> Said:
    """An hour that begins in so many hours."""
    begins = later(begins_in * 3600).isoformat()
    return Said(body={"id": 7, "datetime": begins, "duration": "60", "email": "ana@example.com"})


async def test_a_moved_appointment_is_looked_up_anew(
    build: Builder, provider: Provider, clock: FakeClock
) -> None:
    provider.answers = [appointment(1), appointment(30)]
    async with build(changes(provider)) as house:
        await house.receive(b"action=scheduled&id=7&calendarID=3", source="studio")
        await house.translate()
        clock.move(60)
        await house.receive(b"action=rescheduled&id=7&calendarID=3", source="studio")
        await house.translate()
        ledger = await house.store.ledger()
    assert ledger.oldest_waiting == NOW_MS + 31 * HOUR
