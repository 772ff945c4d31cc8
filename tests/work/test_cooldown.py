"""One person in one evening is enrolled once, whatever the sources, routes and locations."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from relay.sandbox import Running
from relay.sandbox.first import AFTER_VISIT, DOWNTOWN, HARBOUR, REVIEW_REQUEST
from tests.factories import FakeClock
from tests.work.house import Builder, purchase, reached
from tests.work.provider import Provider, Said

HOUR = 3600
ANA = "ana@example.com"
CUSTOMER = {"id": "C1", "email_address": "Ana@Example.com", "given_name": "Ana"}


def two_routes(till_sequence: str = AFTER_VISIT, **more: Any) -> dict[str, Any]:
    """A booking tool and a till, each with a route and a location of its own."""
    booked = {"name": "visits", "sources": ["shop"], "events": ["appointment.booked"], "location": DOWNTOWN}
    paid = {"name": "sales", "sources": ["till"], "events": ["purchase.completed"], "location": HARBOUR}
    return {"routes": [booked | {"sequence": AFTER_VISIT} | more, paid | {"sequence": till_sequence} | more]}


def visit(ends_at: str = "2026-03-14T18:30:00Z") -> dict[str, Any]:
    return {"event": "booked", "id": "A-1", "email": ANA, "ends_at": ends_at}


def payment(number: int = 1) -> bytes:
    """What the till sends; its customer is looked up."""
    paid = {
        "id": f"pay-{number}",
        "status": "COMPLETED",
        "customer_id": "C1",
        "created_at": "2026-03-14T18:40:00Z",
    }
    return orjson.dumps(
        {
            "type": "payment.updated",
            "event_id": f"ev-{number}",
            "created_at": "2026-03-14T18:40:01Z",
            "data": {"object": {"payment": paid}},
        }
    )


@pytest.fixture(name="origins")
def _origins(provider: Provider) -> dict[str, Any]:
    provider.answers = [Said(body={"customer": CUSTOMER})]
    return {"lookups.origins": {"https://connect.squareup.com": provider.url}}


async def test_the_same_person_from_booking_and_till_in_one_evening_is_enrolled_once(
    build: Builder, sandbox: Running, clock: FakeClock, origins: dict[str, Any]
) -> None:
    async with build(origins | two_routes()) as house:
        await house.receive(visit())
        await house.translate()
        clock.move(HOUR)
        await house.receive(payment(), "till")
        await house.translate()
        await house.deliver()
        clock.move(HOUR)
        await house.carry(purchase(2, ANA, id="late"))
        await house.receive(payment(2), "till")
        await house.translate()
        await house.deliver()
        assert await house.counts() == {"delivered": 1, "merged": 2}
    assert reached(sandbox) == [ANA]


async def test_the_one_who_is_due_first_goes_out(
    build: Builder, sandbox: Running, clock: FakeClock, origins: dict[str, Any]
) -> None:
    async with build(origins | two_routes()) as house:
        await house.receive(visit("2026-03-14T21:00:00Z"))
        await house.receive(payment(), "till")
        await house.translate()
        await house.deliver()
        clock.move(4 * HOUR)
        await house.deliver()
        assert await house.counts() == {"delivered": 1, "merged": 1}
    (sending,) = sandbox.sendings()
    assert sending.location_id == HARBOUR


async def test_another_sequence_is_another_matter(
    build: Builder, sandbox: Running, clock: FakeClock, origins: dict[str, Any]
) -> None:
    async with build(origins | two_routes(REVIEW_REQUEST)) as house:
        await house.receive(visit())
        await house.receive(payment(), "till")
        clock.move(HOUR)
        await house.translate()
        await house.deliver()
        assert await house.counts() == {"delivered": 2}


async def test_without_a_cooldown_each_of_them_counts(
    build: Builder, sandbox: Running, clock: FakeClock, origins: dict[str, Any]
) -> None:
    async with build(origins | two_routes(cooldown=0)) as house:
        await house.receive(visit())
        await house.receive(payment(), "till")
        clock.move(HOUR)
        await house.translate()
        await house.deliver()
        assert await house.counts() == {"delivered": 2}


async def test_who_is_suppressed_or_too_late_does_not_hold_back_the_next(
    build: Builder, sandbox: Running, clock: FakeClock, origins: dict[str, Any]
) -> None:
    async with build(origins | two_routes(latest="1h")) as house:
        await house.receive(visit("2026-03-10T12:00:00Z"))
        await house.receive(payment(), "till")
        clock.move(HOUR)
        await house.translate()
        await house.deliver()
        assert await house.counts() == {"suppressed": 1, "delivered": 1}
