"""Lists of dead letters: chosen by what they are and whom they name, in pages and in groups."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relay.core.batching import contact_fragment
from relay.core.letters import LetterFilter
from relay.core.outcome import Certainty, Scope
from relay.store import Store
from relay.store.base import DeadLetter, LetterGroup
from tests.factories import (
    HOUR,
    LANE,
    NOW_MS,
    OTHER_LANE,
    contact,
    failure,
    incoming,
    new_enrollment,
    parked_event,
    policy,
    read_event,
)
from tests.store.desk import Desk

NO_ANSWER = failure(Certainty.UNKNOWN, Scope.DESTINATION, reason="no answer within 30 s")
HOLD = policy(on_unknown_outcome="hold")


async def some_letters(store: Store, desk: Desk) -> None:
    """Three refused, one of them elsewhere; one unknown; one that could not be read. An hour between each."""
    for number, (lane, verdict) in enumerate(
        [
            (LANE, failure(reason="400 X: contacts.0.email: Invalid")),
            (LANE, failure(reason="400 X: contacts.7.email: Invalid")),
            (OTHER_LANE, failure(reason="400 X: Invalid phone", code="INVALID_PHONE")),
            (LANE, replace(NO_ANSWER, code="no_answer")),
        ]
    ):
        await desk.enrol_at(lane, f"guest{number}@example.com")
        await desk.end(await desk.freeze(), verdict, HOLD)
        desk.move(HOUR)
    await desk.report(parked_event())


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (LetterFilter(), ["parked-5", "dead-4", "dead-3", "dead-2", "dead-1"]),
        (LetterFilter(sources=("elsewhere",)), []),
        (LetterFilter(sources=("shop", "elsewhere")), ["parked-5", "dead-4", "dead-3", "dead-2", "dead-1"]),
        (LetterFilter(causes=("refused",)), ["dead-3", "dead-2", "dead-1"]),
        (LetterFilter(causes=("unreadable", "unknown")), ["parked-5", "dead-4"]),
        (LetterFilter(sequences=(OTHER_LANE.sequence,)), ["dead-3"]),
        (LetterFilter(routes=("after-visit",), causes=("unknown",)), ["dead-4"]),
        (LetterFilter(routes=("no-such",)), []),
        (LetterFilter(person="GUEST1@"), ["dead-2"]),
        (LetterFilter(codes=("INVALID_PHONE", "no_answer")), ["dead-4", "dead-3"]),
        (LetterFilter(codes=("INVALID_PHONE",), causes=("unknown",)), []),
        (LetterFilter(text="$.ID"), ["parked-5"]),
        (LetterFilter(text="phone"), ["dead-3"]),
        (LetterFilter(text="%"), []),
        (LetterFilter(person="_"), []),
        (LetterFilter(since=NOW_MS + 2 * HOUR), ["parked-5", "dead-4", "dead-3"]),
        (LetterFilter(until=NOW_MS + HOUR), ["dead-1"]),
        (LetterFilter(symptom="# X: contacts.#.email: Invalid"), ["dead-2", "dead-1"]),
    ],
)
async def test_letters_can_be_chosen(
    store: Store, desk: Desk, wanted: LetterFilter, expected: list[str]
) -> None:
    await some_letters(store, desk)
    assert [letter.id for letter in await store.dead_letters(9, wanted)] == expected


@pytest.mark.parametrize("size", [1, 2, 3, 9])
async def test_pages_of_letters_join_without_gap_or_double(store: Store, desk: Desk, size: int) -> None:
    await some_letters(store, desk)
    await desk.report(parked_event(1), parked_event(2))
    found: list[DeadLetter] = []
    while page := await store.dead_letters(size, after=found[-1].place if found else None):
        found += page
    assert found == await store.dead_letters(100)
    assert len(found) == 7


async def test_letters_with_the_same_trouble_are_a_group(store: Store, desk: Desk) -> None:
    await some_letters(store, desk)
    groups = await store.letter_groups(LetterFilter(causes=("refused", "unknown")), 9)
    assert groups == [
        LetterGroup("refused", "# X: contacts.#.email: Invalid", "shop", 2, NOW_MS, NOW_MS + HOUR),
        LetterGroup("unknown", "no answer within # s", "shop", 1, NOW_MS + 3 * HOUR, NOW_MS + 3 * HOUR),
        LetterGroup("refused", "# X: Invalid phone", "shop", 1, NOW_MS + 2 * HOUR, NOW_MS + 2 * HOUR),
    ]


@pytest.mark.parametrize("person", ["ÄNNE lópez", "+1 202-555-0148", "555 0148"])
async def test_a_person_is_found_by_name_and_phone_however_they_are_written(
    store: Store, desk: Desk, person: str
) -> None:
    fragment = contact_fragment(contact(first_name="Änne", last_name="López", phone="+12025550148"))
    await desk.report(read_event(enrollments=(new_enrollment(fragment=fragment),)))
    await desk.end(await desk.freeze(), failure())
    assert [letter.id for letter in await store.dead_letters(9, LetterFilter(person=person))] == ["dead-1"]


async def test_what_could_not_be_read_is_found_by_an_address_in_its_request(store: Store, desk: Desk) -> None:
    await store.add_request(incoming(body=b'{"customer":{"mail":"Ana@Example.com"}}'))
    await desk.save(await desk.claim_one(), parked_event())
    wanted = LetterFilter(person="ana@example.com")
    assert [letter.id for letter in await store.dead_letters(9, wanted)] == ["parked-1"]


@pytest.mark.parametrize(
    "wanted",
    [
        LetterFilter(causes=("refused", "unknown", "unreadable", "refused")),
        LetterFilter(sources=("shop", "till")),
        LetterFilter(text="e"),
        LetterFilter(until=NOW_MS + 3 * HOUR),
    ],
)
async def test_pages_of_chosen_letters_join_without_gap_or_double(
    store: Store, desk: Desk, wanted: LetterFilter
) -> None:
    await some_letters(store, desk)
    await desk.report(parked_event(1), parked_event(2), source="till")
    found: list[DeadLetter] = []
    while page := await store.dead_letters(2, wanted, after=found[-1].place if found else None):
        found += page
    assert found == await store.dead_letters(100, wanted)
    assert len(found) >= 3
