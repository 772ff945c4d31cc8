"""SQLite: a page looks at a bounded part of the ledger, and says where it stopped."""

from __future__ import annotations

import pytest

from relay.store import Store
from relay.store.rows import EnrollmentFilter, RequestFilter
from relay.store.sql import enrollments, people, request_lists
from tests.factories import HOUR, LANE, NOW_MS, OTHER_LANE, incoming
from tests.store.desk import Desk
from tests.store.test_people import PHONE, enrol_with_phone


async def test_requests_are_looked_through_in_stretches(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_lists, "STRETCH", 3)
    for number in range(8):
        await store.add_request(incoming(source="till" if number == 0 else "shop"))
    wanted = RequestFilter(sources=("till",))
    first = await store.requests_page(2, wanted)
    assert (first.rows, first.next) == ((), 6)
    second = await store.requests_page(2, wanted, first.next)
    assert (second.rows, second.next) == ((), 3)
    third = await store.requests_page(2, wanted, second.next)
    assert ([one.id for one in third.rows], third.next) == ([1], None)


@pytest.mark.parametrize(
    "wanted", [EnrollmentFilter(sequences=(OTHER_LANE.sequence,)), EnrollmentFilter(routes=("welcome",))]
)
async def test_enrollments_are_looked_through_in_stretches(
    store: Store, desk: Desk, monkeypatch: pytest.MonkeyPatch, wanted: EnrollmentFilter
) -> None:
    monkeypatch.setattr(enrollments, "NARROW", 3)
    monkeypatch.setattr(enrollments, "WIDE", 3)
    for number in range(5):
        await desk.enrol_at(LANE, "ana@example.com", f"P-{number}")
    page = await store.enrollments_page(2, wanted)
    assert (page.rows, page.next) == ((), 3)
    page = await store.enrollments_page(2, wanted, page.next)
    assert (page.rows, page.next) == ((), None)


@pytest.mark.parametrize(
    "wanted", [EnrollmentFilter(email="ana@example.com"), EnrollmentFilter(states=("waiting", "sending"))]
)
async def test_what_an_index_finds_is_taken_in_portions(
    store: Store, desk: Desk, monkeypatch: pytest.MonkeyPatch, wanted: EnrollmentFilter
) -> None:
    monkeypatch.setattr(enrollments, "CANDIDATES", 2)
    for lane in (LANE, OTHER_LANE):
        for number in range(3):
            await desk.enrol_at(lane, "ana@example.com", f"P-{number}")
    page = await store.enrollments_page(9, wanted)
    found = list(page.rows)
    while page.next is not None:
        page = await store.enrollments_page(9, wanted, page.next)
        found += page.rows
    assert [one.id for one in found] == [6, 5, 4, 3, 2, 1]


async def test_where_many_wait_they_are_looked_for_in_the_order_of_the_list(
    store: Store, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrollments, "FEW", 2)
    for number in range(4):
        await desk.enrol_at(LANE, "ana@example.com", f"P-{number}")
    page = await store.enrollments_page(3, EnrollmentFilter(states=("waiting",)))
    assert [one.id for one in page.rows] == [4, 3, 2]


async def test_a_search_for_a_phone_number_says_since_when_it_looked(
    store: Store, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "NEWEST", 2)
    for number in range(4):
        await enrol_with_phone(desk, f"guest{number}@example.com", f"P-{number}")
        desk.move(HOUR)
    found = await store.person(PHONE, 9, NOW_MS)
    assert [one.id for one in found.enrollments] == [4, 3]
    assert found.searched_since == NOW_MS + 2 * HOUR
