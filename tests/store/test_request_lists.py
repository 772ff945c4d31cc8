"""Requests in a list, one with all that became of it, and events as they come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relay.store import Store
from relay.store.rows import RequestFilter, RequestRow
from tests.factories import (
    HOUR,
    MINUTE,
    NOW_MS,
    incoming,
    new_enrollment,
    parked_event,
    quarantined,
    read_event,
)
from tests.store.desk import Desk


async def some_requests(desk: Desk) -> None:
    """Four of a shop and one of a till, an hour between each; the last of the shop still waits."""
    for number in range(3):
        await desk.store.add_request(incoming(received_at=desk.now))
        await desk.save(await desk.claim_one(), read_event("ana@example.com", key=f"P-{number}"))
        desk.move(HOUR)
    await desk.store.add_request(incoming(source="till", received_at=desk.now, body=b"{}"))
    await desk.save(await desk.claim_one(), parked_event(), read_event(position=1, key="T-1"))
    desk.move(HOUR)
    await desk.store.add_request(incoming(received_at=desk.now))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RequestFilter(), [5, 4, 3, 2, 1]),
        (RequestFilter(sources=("till",)), [4]),
        (RequestFilter(sources=("shop",), states=("translated",)), [3, 2, 1]),
        (RequestFilter(sources=("nobody",)), []),
        (RequestFilter(states=("waiting",)), [5]),
        (RequestFilter(states=("waiting", "translated"), sources=("till", "shop")), [5, 4, 3, 2, 1]),
        (RequestFilter(since=NOW_MS + 2 * HOUR), [5, 4, 3]),
        (RequestFilter(until=NOW_MS + 2 * HOUR), [2, 1]),
        (RequestFilter(since=NOW_MS + HOUR, until=NOW_MS + 2 * HOUR), [2]),
        (RequestFilter(until=NOW_MS), []),
        (RequestFilter(since=NOW_MS + 9 * HOUR), []),
    ],
)
async def test_requests_can_be_chosen(
    store: Store, desk: Desk, wanted: RequestFilter, expected: list[int]
) -> None:
    await some_requests(desk)
    page = await store.requests_page(9, wanted)
    assert [one.id for one in page.rows] == expected
    assert page.next is None


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("wanted", [RequestFilter(), RequestFilter(until=NOW_MS + 3 * HOUR + 1)])
async def test_pages_of_requests_join_without_gap_or_double(
    store: Store, desk: Desk, wanted: RequestFilter, size: int
) -> None:
    await some_requests(desk)
    found: list[RequestRow] = []
    page = await store.requests_page(size, wanted)
    found += page.rows
    while page.next is not None:
        page = await store.requests_page(size, wanted, page.next)
        assert len(page.rows) <= size
        found += page.rows
    assert found == list((await store.requests_page(99, wanted)).rows)
    assert len(found) >= 4


async def test_a_request_in_a_list_tells_what_became_of_its_events(store: Store, desk: Desk) -> None:
    await some_requests(desk)
    waiting, read, *_ = (await store.requests_page(9)).rows
    assert read == RequestRow(
        id=4,
        source="till",
        received_at=NOW_MS + 3 * HOUR,
        method="POST",
        size=2,
        state="translated",
        attempts=1,
        due_at=NOW_MS + 3 * HOUR,
        fates={"parked": 1, "read": 1},
    )
    assert (waiting.state, waiting.attempts, waiting.fates) == ("waiting", 0, {})


async def test_what_was_let_out_of_quarantine_late_hides_no_other_request(store: Store, desk: Desk) -> None:
    """It stands where it was let out, with the time of its receipt."""
    await store.add_quarantined(quarantined(), keep=9)
    for hour in range(1, 5):
        await store.add_request(incoming(received_at=NOW_MS + hour * HOUR))
    ((entry, _),) = await store.quarantined(1)
    await store.release_quarantined(entry, incoming(received_at=NOW_MS))
    await store.add_request(incoming(received_at=NOW_MS + 5 * HOUR))
    since = await store.requests_page(9, RequestFilter(since=NOW_MS + 2 * HOUR))
    assert [one.id for one in since.rows] == [6, 4, 3, 2]
    until = await store.requests_page(9, RequestFilter(until=NOW_MS + 6 * HOUR))
    assert [one.id for one in until.rows] == [6, 5, 4, 3, 2, 1]


async def test_the_story_of_a_request_has_every_event_and_whom_it_enrolled(store: Store, desk: Desk) -> None:
    enrolled = tuple(new_enrollment(f"{name}@example.com", key="P-2") for name in ("ana", "ben"))
    number = await desk.report(
        parked_event(0), read_event(position=1, key="P-2", detail=b'{"key":"P-2"}', enrollments=enrolled)
    )
    story = await store.request_story(number)
    assert story is not None
    assert (story.row.id, story.row.fates) == (number, {"parked": 1, "read": 1})
    assert story.request == incoming()
    parked, read = story.events
    assert (parked.event.fate, parked.event.path, parked.detail, parked.enrollments) == (
        "parked",
        "$.id",
        None,
        (),
    )
    assert (read.event.position, read.event.business_key, read.detail) == (1, "P-2", b'{"key":"P-2"}')
    assert {(one.email, one.state, one.event_id) for one in read.enrollments} == {
        ("ana@example.com", "waiting", read.event.id),
        ("ben@example.com", "waiting", read.event.id),
    }


async def test_a_request_that_is_not_there_has_no_story(store: Store) -> None:
    assert await store.request_story(1) is None


async def test_the_tail_has_every_event_in_the_order_in_which_it_was_written(
    store: Store, desk: Desk
) -> None:
    assert await store.newest_event() == 0
    assert await store.tail(0, 9) == []
    await desk.report(
        read_event("ana@example.com", "ben@example.com"), replace(parked_event(1), reason="why")
    )
    desk.move(MINUTE)
    await desk.report(read_event(key="P-2"), source="till")
    first, parked, last = await store.tail(0, 9)
    assert (first.source, first.event_type, first.business_key, first.enrollments) == (
        "shop",
        "purchase",
        "P-1",
        2,
    )
    assert (parked.fate, parked.reason, parked.position) == ("parked", "why", 1)
    assert (last.source, last.created_at, last.id) == (
        "till",
        NOW_MS + MINUTE,
        await store.newest_event(),
    )
    assert await store.tail(first.id, 1) == [parked]
    assert await store.tail(last.id, 9) == []


async def test_an_event_that_is_read_again_comes_anew_in_the_tail(store: Store, desk: Desk) -> None:
    await desk.report(parked_event())
    seen = await store.newest_event()
    await store.retry_dead(["parked-1"], desk.now)
    await desk.save(await desk.claim_one(), parked_event())
    (again,) = await store.tail(seen, 9)
    assert again.id > seen
    assert await desk.letters() == [f"parked-{again.id}"]
