"""Locations and employees of sources, as the sandbox gets to see them."""

from __future__ import annotations

from typing import Any

import pytest

from relay.sandbox import Running
from relay.sandbox.first import DOWNTOWN, HARBOUR, MORGAN
from tests.installing import AFTER_PURCHASE
from tests.work.house import Builder, House, purchase, reached

MAIN = "destinations.main"
MAPS = {
    f"{MAIN}.locations": {"L1": DOWNTOWN, "L2": HARBOUR},
    f"{MAIN}.employees": {"shop:E1": MORGAN},
}


def sold(number: int, location: str | None = None, employee: str | None = None) -> dict[str, Any]:
    return purchase(number, location_id=location, employee_id=employee)


def places(sandbox: Running) -> list[tuple[str | None, str | None]]:
    return [(sending.location_id, sending.employee_id) for sending in sandbox.sendings()]


async def test_contacts_of_different_locations_go_out_in_calls_of_their_own(
    build: Builder, sandbox: Running
) -> None:
    async with build(MAPS) as house:
        await house.carry(sold(1, "L1", "E1"), sold(2, "L2"), sold(3, "L1", "E1"), sold(4))
    assert [entry.sendings for entry in sandbox.executions()] == [2, 1, 1]
    assert places(sandbox) == [(DOWNTOWN, MORGAN), (DOWNTOWN, MORGAN), (HARBOUR, None), (None, None)]


async def test_an_unknown_location_is_left_out_unless_something_else_is_wanted(
    build: Builder, sandbox: Running
) -> None:
    async with build(MAPS) as house:
        await house.carry(sold(1, "L9", "E9"))
        assert await house.counts() == {"delivered": 1}
    assert places(sandbox) == [(None, None)]


async def test_the_location_of_a_route_wins(build: Builder, sandbox: Running) -> None:
    fixed = {"routes": [AFTER_PURCHASE | {"location": HARBOUR}], f"{MAIN}.unknown_location": "dead"}
    async with build(MAPS | fixed) as house:
        await house.carry(sold(1, "L1", "E1"), sold(2, "L9"))
    assert places(sandbox) == [(HARBOUR, MORGAN), (HARBOUR, None)]


async def held(house: House) -> list[tuple[str, str]]:
    return [(letter.cause, letter.reason) for letter in await house.store.dead_letters(10)]


async def test_what_is_held_goes_out_by_itself_after_the_map_was_completed(
    build: Builder, sandbox: Running
) -> None:
    async with build(MAPS | {f"{MAIN}.unknown_location": "hold"}) as house:
        await house.carry(sold(1, "L9"), sold(2, "L1"))
        assert await held(house) == [("held", f'location "L9" of shop is not in {MAIN}.locations')]
    async with build({f"{MAIN}.locations": {"L9": DOWNTOWN}}) as house:
        await house.delivering.take_up()
        await house.deliver()
        assert await house.counts() == {"delivered": 2}
    assert reached(sandbox) == ["guest2@example.com", "guest1@example.com"]
    assert places(sandbox) == [(DOWNTOWN, None), (DOWNTOWN, None)]


@pytest.mark.parametrize("policy", ["hold", "dead"])
async def test_nothing_is_released_while_the_map_lacks_it(build: Builder, policy: str) -> None:
    wanted = MAPS | {f"{MAIN}.unknown_employee": policy}
    async with build(wanted) as house:
        await house.carry(sold(1, None, "E9"))
        await house.delivering.take_up()
        assert await house.counts() == {"dead": 1}


async def test_a_dead_letter_waits_for_a_person_although_the_map_has_it(
    build: Builder, sandbox: Running
) -> None:
    async with build(MAPS | {f"{MAIN}.unknown_location": "dead"}) as house:
        await house.carry(sold(1, "L9"))
        assert [cause for cause, _ in await held(house)] == ["unmapped"]
    async with build({f"{MAIN}.locations": {"L9": DOWNTOWN}}) as house:
        await house.delivering.take_up()
        assert await house.counts() == {"dead": 1}
    assert reached(sandbox) == []
