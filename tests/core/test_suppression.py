"""The suppression list: what values are kept as, and whom they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.contact import Contact
from relay.core.suppression import Kind, identifiers, kind_of, normalise, parse_moment, told
from tests.factories import DAY, HOUR

NEW_YEAR = 1798761600000  # 2027-01-01T00:00:00Z


@pytest.mark.parametrize(
    ("text", "kind", "kept"),
    [
        ("ana@example.com", "email", "ana@example.com"),
        (" Ana@Example.COM ", "email", "ana@example.com"),
        ("example.com", "domain", "example.com"),
        ("@Shop.Example.com", "domain", "shop.example.com"),
        ("360.example.org", "domain", "360.example.org"),
        ("xn--mnchen-3ya.example.org", "domain", "münchen.example.org"),
        ("+1 202 555 0101", "phone", "+12025550101"),
        ("(202) 555-0101", "phone", "+12025550101"),
    ],
)
def test_a_value_says_of_itself_what_it_is(text: str, kind: Kind, kept: str) -> None:
    assert kind_of(text) == kind
    assert normalise(kind, text, ("US",)) == kept


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        ("email", "ana.example.com", "must have an @-sign"),
        ("email", "", "must have an @-sign"),
        ("phone", "202-555-0101", "write it with [+] and the country code"),
        ("phone", "", "is not a valid phone number"),
        ("domain", "com", "is not a domain such as example.com"),
        ("domain", "", "is not a domain such as example.com"),
        ("domain", "shop example.com", "invalid characters"),
    ],
)
def test_what_cannot_stand_on_the_list_is_told_why_without_being_repeated(
    kind: Kind, text: str, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        normalise(kind, text)
    assert text.partition("@")[0] not in str(caught.value) or len(text) < 4


def test_a_person_is_meant_by_address_phone_domain_and_every_domain_above() -> None:
    assert identifiers("Ana@Mail.shop.Example.com", "+12025550101") == [
        "ana@mail.shop.example.com",
        "mail.shop.example.com",
        "shop.example.com",
        "example.com",
        "+12025550101",
    ]
    assert identifiers("ana@example.com", None) == ["ana@example.com", "example.com"]


@given(st.emails())
def test_an_address_that_is_kept_means_the_contact_who_has_it(address: str) -> None:
    try:
        kept = normalise("email", address)
        domain = normalise("domain", address.rpartition("@")[2])
    except ValueError:
        return
    contact = Contact(email=kept)
    assert {kept, domain} <= set(identifiers(contact.email, None))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("", None),
        ("  ", None),
        ("2027-01-01", NEW_YEAR),
        ("2027-01-01T12:00:00Z", NEW_YEAR + DAY // 2),
        ("2027-01-01T00:00:00-05:00", NEW_YEAR + 5 * HOUR),
    ],
)
def test_an_entry_ends_at_the_start_of_a_day_or_at_a_moment_with_its_zone(
    text: str, moment: int | None
) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "problem"),
    [("31.01.2027", "should be a date such as"), ("2027-01-01T12:00", "should name its time zone")],
)
def test_a_moment_that_is_unclear_is_told_what_one_looks_like(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_moment(text)


def test_the_reason_of_a_suppression_names_nobody() -> None:
    assert told("email", "asked on the phone") == "on the suppression list (email): asked on the phone"
    assert told("domain", "") == "on the suppression list (domain)"
