"""A person's whole history, by address or by phone number."""

from __future__ import annotations

import pytest

from relay.core.batching import contact_fragment
from relay.core.correction import Correction
from relay.core.suppression import Suppression
from relay.store import Store
from tests.factories import (
    FOREIGN_LANE,
    HOUR,
    LANE,
    MINUTE,
    NOW_MS,
    OTHER_LANE,
    contact,
    failure,
    incoming,
    new_enrollment,
    parked_event,
    read_event,
)
from tests.store.desk import Desk

PHONE = "+12025550148"


async def enrol_with_phone(desk: Desk, email: str, key: str) -> None:
    fragment = contact_fragment(contact(email, phone=PHONE))
    await desk.report(read_event(enrollments=(new_enrollment(email, fragment=fragment, key=key),), key=key))


async def test_it_has_every_enrollment_of_the_address_whatever_the_sequence_or_the_case(
    store: Store, desk: Desk
) -> None:
    await desk.enrol_at(LANE, "ana@example.com")
    await desk.enrol_at(OTHER_LANE, "Ana@Example.com")
    await desk.enrol_at(FOREIGN_LANE, "ana@example.com")
    await desk.enrol_at(LANE, "susana@example.com")
    found = await store.person(" ana@EXAMPLE.com", 9, NOW_MS)
    assert [one.id for one in found.enrollments] == [3, 2, 1]
    assert (found.addresses, found.more, found.searched_since) == (("ana@example.com",), False, None)


async def test_it_has_the_newest_of_many_and_says_that_there_are_more(store: Store, desk: Desk) -> None:
    for number in range(4):
        await desk.enrol_at(LANE, "ana@example.com", f"P-{number}")
    found = await store.person("ana@example.com", 3, NOW_MS)
    assert ([one.id for one in found.enrollments], found.more) == ([4, 3, 2], True)
    assert not (await store.person("ana@example.com", 4, NOW_MS)).more


async def test_it_has_dead_letters_also_those_whose_request_names_the_address(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("ana@example.com")
    await desk.end(await desk.freeze(), failure())
    for body in (b'{"mail":"Ana@example.com"}', b'{"mail":"susana@example.com"}'):
        desk.move(MINUTE)
        await store.add_request(incoming(body=body))
        await desk.save(await desk.claim_one(), parked_event())
    found = await store.person("ana@example.com", 9, NOW_MS)
    assert [letter.id for letter in found.letters] == ["parked-2", "dead-1"]


async def test_it_has_what_suppresses_the_person_now(store: Store, desk: Desk) -> None:
    await enrol_with_phone(desk, "ana@example.com", "P-1")
    entries = [
        Suppression("email", "ana@example.com", "asked us to", "ops", NOW_MS),
        Suppression("phone", PHONE, "", "ops", NOW_MS),
        Suppression("domain", "example.com", "", "ops", NOW_MS, NOW_MS + HOUR),
        Suppression("email", "ben@example.com", "", "ops", NOW_MS),
    ]
    await store.suppress(entries, NOW_MS)
    found = await store.person("ana@example.com", 9, NOW_MS)
    assert {one.value for one in found.suppressions} == {"ana@example.com", PHONE, "example.com"}
    later = await store.person("ana@example.com", 9, NOW_MS + HOUR)
    assert {one.value for one in later.suppressions} == {"ana@example.com", PHONE}


@pytest.mark.parametrize("who", [PHONE, "+1 (202) 555-0148", "555 0148"])
async def test_a_phone_number_leads_to_the_addresses_that_have_it(store: Store, desk: Desk, who: str) -> None:
    await enrol_with_phone(desk, "ana@example.com", "P-1")
    await desk.enrol_at(OTHER_LANE, "ana@example.com", "P-2")
    await enrol_with_phone(desk, "Anna@example.com", "P-3")
    await desk.enrol_at(LANE, "ben@example.com", "P-4")
    await store.suppress([Suppression("phone", PHONE, "", "ops", NOW_MS)], NOW_MS)
    found = await store.person(who, 9, NOW_MS)
    assert [one.id for one in found.enrollments] == [3, 2, 1]
    assert set(found.addresses) == {"ana@example.com", "anna@example.com"}
    assert [one.value for one in found.suppressions] == [PHONE]
    assert found.searched_since is None


async def test_who_is_unknown_has_an_empty_history(store: Store, desk: Desk) -> None:
    await desk.enrol("ana@example.com")
    for who in ("eve@example.com", "+12025550100", "0148", "", "@", "%"):
        found = await store.person(who, 9, NOW_MS)
        assert (found.enrollments, found.letters, found.suppressions, found.more) == ((), (), (), False)


async def test_who_was_corrected_is_found_by_the_old_address_and_by_the_new_one(
    store: Store, desk: Desk
) -> None:
    await desk.enrol("Anna@example.com")
    await desk.end(await desk.freeze(), failure())
    before, after = contact("Anna@example.com"), contact("ana@example.com")
    made = Correction(before=before, after=after, who="ops", why="a slip", at=NOW_MS)
    assert await store.repairs.correct("dead-1", made)
    for who in ("anna@example.com", "ana@example.com"):
        found = await store.person(who, 9, NOW_MS)
        assert [(one.id, one.email) for one in found.enrollments] == [(1, "ana@example.com")]
        assert [letter.id for letter in found.letters] == ["dead-1"]
