"""Dead letters in plain words, and what makes two of them alike."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.batching import contact_fragment
from relay.core.letters import MEANINGS, addresses_in, person_text, sought, symptom
from relay.core.settlement import Cause
from tests.factories import contact


def test_every_cause_has_a_meaning_and_a_remedy() -> None:
    assert set(MEANINGS) == {"unreadable", "held", "unmapped", *get_args(Cause)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("400 INVALID: ana@example.com is not valid", "400 INVALID: ben@x.org is not valid"),
        ("400 X: contacts.3.email: Invalid", "400 X: contacts.97.email: Invalid"),
        ("the status 'skipped'", "the status 'deferred'"),
        ("no 7c9e6679-7425-40de-944b-e07fc1f90ae7", "no aaaaaaaa-0001-4000-8000-000000000001"),
        ("customer QX7K0M2F4D is gone", "customer 9A8B7C6D5E is gone"),
    ],
)
def test_people_ids_and_numbers_do_not_make_two_troubles_different(one: str, other: str) -> None:
    assert symptom(one) == symptom(other)


def test_other_words_and_other_places_are_other_troubles() -> None:
    assert symptom("400 X: Invalid email") != symptom("400 X: Invalid phone")
    assert symptom("is missing", "$.data.email") != symptom("is missing", "$.data.phone")
    assert symptom("is missing", "$") == symptom("is missing")


@given(st.text(max_size=2000))
def test_a_symptom_is_short_and_names_nobody(reason: str) -> None:
    found = symptom(reason + " ana.lopez@example.com")
    assert len(found) <= 300
    assert "ana.lopez" not in found
    assert not any(mark in "0123456789" for mark in found)


def test_a_person_is_found_by_address_names_and_phone_in_lower_case() -> None:
    fragment = contact_fragment(
        contact("Ana@Example.com", first_name="Änne", last_name="LÓPEZ", phone="+12025550148")
    )
    assert person_text("Ana@Example.com", fragment) == "ana@example.com änne lópez +12025550148"
    assert person_text("ana@example.com", contact_fragment(contact())) == "ana@example.com"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("  Änne L", "änne l"),
        ("+1 (202) 555-0148", "+12025550148"),
        ("555 01 48", "5550148"),
        ("555", "555"),
        ("ana.2@example.com", "ana.2@example.com"),
    ],
)
def test_a_phone_number_is_sought_however_it_is_written(typed: str, meant: str) -> None:
    assert sought(typed) == meant


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            b'{"to":["Ana@Example.com","b@x.org"],"cc":"ana@example.com"}',
            "ana@example.com b@x.org",
        ),
        (b"email=ana%40example.com&name=Ana+L", "ana@example.com"),
        (b"<mail>ana@example.com</mail>", "ana@example.com"),
        (b'{"handle":"@ana","price":"3@"}', ""),
        (b"\xff\xfe", ""),
        (b"", ""),
    ],
)
def test_addresses_are_found_in_what_could_not_be_read(body: bytes, found: str) -> None:
    assert addresses_in(body) == found


@given(st.binary(max_size=300))
def test_whatever_a_sender_wrote_its_addresses_are_bounded(body: bytes) -> None:
    assert len(addresses_in(body * 300)) <= 500
