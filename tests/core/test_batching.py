"""Batches: one composition has one body and one key, whoever composes it and whenever."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.batching import MAX_CONTACTS, Member, compose, contact_fragment, distinct, halves
from relay.core.route import Lane
from tests.factories import FOREIGN_LANE, LANE, OTHER_LANE, contact, member, members

PLACE = "dddddddd-0001-4000-8000-000000000001"
PERSON = "eeeeeeee-0001-4000-8000-000000000001"

people = st.lists(
    st.builds(
        member,
        st.integers(1, 10**9),
        revision=st.integers(0, 9),
        attempts=st.integers(0, 30),
    ),
    min_size=1,
    max_size=MAX_CONTACTS,
    unique_by=lambda one: one.enrollment_id,
)


def sent(body: bytes) -> Any:
    return orjson.loads(body)


def test_a_contact_is_sent_under_the_destinations_field_names() -> None:
    fragment = contact_fragment(contact(first_name="Ana", last_name="Silva", phone="+12025550101"))
    assert sent(fragment) == {
        "email": "ana@example.com",
        "firstName": "Ana",
        "lastName": "Silva",
        "phone": "+12025550101",
    }


def test_what_is_unknown_is_left_out_since_an_empty_field_might_clear_a_stored_one() -> None:
    assert sent(contact_fragment(contact())) == {"email": "ana@example.com"}


def test_an_address_is_sent_in_lower_case() -> None:
    assert sent(contact_fragment(contact("Ana.Silva@example.com"))) == {"email": "ana.silva@example.com"}


def test_a_body_holds_the_members_in_their_order() -> None:
    body = sent(compose(LANE, members(3)).body)
    assert [one["email"] for one in body["contacts"]] == [one.email for one in members(3)]
    assert set(body) == {"contacts"}


def test_a_body_names_location_and_employee_where_the_lane_has_them() -> None:
    body = sent(compose(Lane("main", "s", PLACE, PERSON), members(1)).body)
    assert (body["locationId"], body["employeeId"]) == (PLACE, PERSON)


@pytest.mark.parametrize("count", [0, MAX_CONTACTS + 1])
def test_no_call_has_nobody_or_more_than_a_hundred(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100 members"):
        compose(LANE, members(count))


@given(people)
def test_the_same_composition_has_the_same_key_and_body(crowd: list[Member]) -> None:
    one, other = compose(LANE, crowd), compose(LANE, list(crowd))
    assert (one.key, one.body) == (other.key, other.body)


@given(people, st.data())
def test_any_other_composition_has_another_key(crowd: list[Member], data: st.DataObject) -> None:
    key = compose(LANE, crowd).key
    place = data.draw(st.integers(0, len(crowd) - 1))
    changed = crowd[place]
    for other in (
        replace(changed, enrollment_id=changed.enrollment_id + 10**9),
        replace(changed, revision=changed.revision + 1),
        replace(changed, fragment=contact_fragment(contact(changed.email, first_name="New"))),
    ):
        assert compose(LANE, [*crowd[:place], other, *crowd[place + 1 :]]).key != key
    if len(crowd) > 1:
        assert compose(LANE, crowd[:-1]).key != key
        assert compose(LANE, crowd[::-1]).key != key


@given(people)
def test_every_lane_has_keys_of_its_own(crowd: list[Member]) -> None:
    lanes = [LANE, OTHER_LANE, FOREIGN_LANE, replace(LANE, location=PLACE), replace(LANE, employee=PLACE)]
    assert len({compose(lane, crowd).key for lane in lanes}) == len(lanes)


@given(people)
def test_how_often_a_member_was_tried_does_not_change_the_key(crowd: list[Member]) -> None:
    weary = [replace(one, attempts=one.attempts + 1) for one in crowd]
    assert compose(LANE, weary).key == compose(LANE, crowd).key


@given(people.filter(lambda crowd: len(crowd) > 1))
def test_halves_hold_everybody_once_in_the_same_order(crowd: list[Member]) -> None:
    first, second = halves(LANE, crowd)
    assert [*first.members, *second.members] == crowd
    assert 0 <= len(first.members) - len(second.members) <= 1
    assert len({first.key, second.key, compose(LANE, crowd).key}) == 3


def test_one_call_names_an_address_once_whatever_its_case() -> None:
    first, same, other = member(1), member(2, email="GUEST1@example.com"), member(3)
    assert distinct([first, same, other]) == [first, other]
