"""Enrollments in a list, and one with all that became of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relay.core.batching import contact_fragment
from relay.core.outcome import Certainty, Delivered, Scope
from relay.store import Store
from relay.store.rows import EnrollmentFilter, EnrollmentRow
from tests.factories import (
    DAY,
    HOUR,
    LANE,
    NOW_MS,
    OTHER_LANE,
    contact,
    failure,
    incoming,
    new_enrollment,
    read_event,
    withdrawal,
)
from tests.store.desk import Desk

STATES = ("delivered", "dead", "withdrawn", "suppressed", "merged", "discarded", "sending", "waiting")
"""Of the enrollments below, by their numbers."""


async def one_of_each(store: Store, desk: Desk) -> None:
    """An enrollment in every state, an hour between each; the last of another source, route and sequence."""
    await desk.enrol_at(LANE, "ana@example.com", "P-1")
    await desk.deliver(await desk.freeze())
    desk.move(HOUR)
    await desk.enrol_at(LANE, "ben@example.com", "P-2")
    await desk.end(await desk.freeze(), failure())
    desk.move(HOUR)
    await desk.enrol_at(LANE, "cem@example.com", "P-3")
    await desk.report(withdrawal("P-3", occurred_at=NOW_MS + HOUR))
    desk.move(HOUR)
    await desk.report(read_event(enrollments=(new_enrollment(key="P-4", suppressed="a test"),), key="P-4"))
    desk.move(HOUR)
    await desk.enrol_at(LANE, "ana@example.com", "P-1")
    desk.move(HOUR)
    await desk.enrol_at(LANE, "Ana@example.com", "P-6")
    await desk.end(await desk.freeze(), failure())
    await store.discard_dead(["dead-6"], "a test of ours", desk.now)
    desk.move(HOUR)
    await desk.enrol_at(LANE, "eve@example.com", "P-7")
    await desk.freeze()
    desk.move(HOUR)
    other = new_enrollment("ana@example.com", lane=OTHER_LANE, key="P-8", route="welcome")
    await desk.report(read_event(enrollments=(other,), key="P-8"), source="till")


def numbers(rows: tuple[EnrollmentRow, ...]) -> list[int]:
    return [one.id for one in rows]


@pytest.mark.parametrize(("number", "state"), list(enumerate(STATES, 1)))
async def test_enrollments_are_found_by_their_state(
    store: Store, desk: Desk, number: int, state: str
) -> None:
    await one_of_each(store, desk)
    page = await store.enrollments_page(9, EnrollmentFilter(states=(state,)))
    assert (numbers(page.rows), page.next) == ([number], None)
    assert page.rows[0].state == state


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (EnrollmentFilter(), [8, 7, 6, 5, 4, 3, 2, 1]),
        (EnrollmentFilter(states=("dead", "merged", "waiting")), [8, 5, 2]),
        (EnrollmentFilter(states=("delivered", "dead")), [2, 1]),
        (EnrollmentFilter(states=("merged", "merged")), [5]),
        (EnrollmentFilter(sources=("till",)), [8]),
        (EnrollmentFilter(sources=("shop",), states=("waiting", "sending")), [7]),
        (EnrollmentFilter(sources=("nobody",)), []),
        (EnrollmentFilter(routes=("welcome",)), [8]),
        (EnrollmentFilter(sequences=(OTHER_LANE.sequence,)), [8]),
        (EnrollmentFilter(sequences=(LANE.sequence,), states=("suppressed",)), [4]),
        (EnrollmentFilter(sequences=("none",)), []),
        (EnrollmentFilter(email="ana@example.com"), [8, 6, 5, 4, 1]),
        (EnrollmentFilter(email=" ANA@example.com "), [8, 6, 5, 4, 1]),
        (EnrollmentFilter(email="ana@example.com", states=("waiting", "merged")), [8, 5]),
        (EnrollmentFilter(email="ana"), []),
        (EnrollmentFilter(since=NOW_MS + 5 * HOUR), [8, 7, 6]),
        (EnrollmentFilter(until=NOW_MS + 2 * HOUR), [2, 1]),
        (EnrollmentFilter(since=NOW_MS + HOUR, until=NOW_MS + 3 * HOUR, states=("dead",)), [2]),
        (EnrollmentFilter(until=NOW_MS), []),
        (EnrollmentFilter(since=NOW_MS + DAY), []),
    ],
)
async def test_enrollments_can_be_chosen(
    store: Store, desk: Desk, wanted: EnrollmentFilter, expected: list[int]
) -> None:
    await one_of_each(store, desk)
    page = await store.enrollments_page(9, wanted)
    assert (numbers(page.rows), page.next) == (expected, None)


@pytest.mark.parametrize("size", [1, 3, 8])
@pytest.mark.parametrize(
    "wanted",
    [
        EnrollmentFilter(),
        EnrollmentFilter(email="ana@example.com"),
        EnrollmentFilter(states=("merged", "dead", "waiting", "sending", "suppressed")),
        EnrollmentFilter(sources=("shop",), until=NOW_MS + 6 * HOUR),
    ],
)
async def test_pages_of_enrollments_join_without_gap_or_double(
    store: Store, desk: Desk, wanted: EnrollmentFilter, size: int
) -> None:
    await one_of_each(store, desk)
    page = await store.enrollments_page(size, wanted)
    found = list(page.rows)
    while page.next is not None:
        page = await store.enrollments_page(size, wanted, page.next)
        assert len(page.rows) <= size
        found += page.rows
    assert found == list((await store.enrollments_page(99, wanted)).rows)
    assert len(found) >= 5


async def test_an_enrollment_in_a_list_says_whom_where_to_and_what_became_of_it(
    store: Store, desk: Desk
) -> None:
    fragment = contact_fragment(contact(first_name="Ana", last_name="López", phone="+12025550148"))
    await desk.report(read_event(enrollments=(new_enrollment(fragment=fragment, note="left out"),)))
    desk.move(HOUR)
    await desk.end(await desk.freeze(), [Delivered("c-1")])
    (row,) = (await store.enrollments_page(9)).rows
    assert row == EnrollmentRow(
        id=1,
        request_id=1,
        event_id=1,
        source="shop",
        kind="purchase.completed",
        business_key="P-1",
        route="after-visit",
        destination=LANE.destination,
        sequence=LANE.sequence,
        email="ana@example.com",
        first_name="Ana",
        last_name="López",
        phone="+12025550148",
        state="delivered",
        cause=None,
        reason=None,
        note="left out",
        attempts=0,
        due_at=NOW_MS,
        created_at=NOW_MS,
        settled_at=NOW_MS + HOUR,
        contact_id="c-1",
    )


async def test_the_story_of_an_enrollment_has_what_was_sent_in_every_call(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com", "ben@example.com")
    first = await desk.freeze()
    await desk.end(first, failure(Certainty.NOT_SENT, Scope.DESTINATION, reason="no connection"))
    desk.move(HOUR)
    second = await desk.freeze()
    await desk.deliver(second)
    story = await store.enrollment_story(1)
    assert story is not None
    assert (story.enrollment.state, story.letter, story.request) == ("delivered", None, incoming())
    assert (story.event, story.contact) == (b"{}", second.members[0].fragment)
    assert [(one.batch_id, one.error) for one in story.attempts] == [
        (first.id, "no connection"),
        (second.id, None),
    ]
    assert [(one.id, one.body, one.key, one.size, one.state) for one in story.batches] == [
        (first.id, first.body, first.key, 2, "dissolved"),
        (second.id, second.body, second.key, 2, "settled"),
    ]


async def test_the_story_of_a_dead_one_has_its_letter_and_the_letter_what_was_sent(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com")
    batch = await desk.freeze()
    await desk.end(batch, failure())
    story, told = await store.enrollment_story(1), await store.story("dead-1")
    assert story is not None
    assert told is not None
    assert story.letter == told.letter
    assert told.batches == story.batches
    assert [one.body for one in told.batches] == [batch.body]


async def test_who_never_went_out_has_a_story_without_calls(store: Store, desk: Desk) -> None:
    await desk.report(read_event(enrollments=(replace(new_enrollment(), suppressed="a test"),)))
    story = await store.enrollment_story(1)
    assert story is not None
    assert (story.enrollment.reason, story.attempts, story.batches) == ("a test", (), ())
    assert await store.enrollment_story(2) is None
