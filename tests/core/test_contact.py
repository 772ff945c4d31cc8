"""E-mail and names: normalised, or nothing; never guessed."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from relay.core.contact import Contact, NotAnAddress, normalise_email, split_name


@pytest.mark.parametrize(
    ("given_text", "address"),
    [
        (" ana@example.com\n", "ana@example.com"),
        ("Ana.Reyes@EXAMPLE.com", "Ana.Reyes@example.com"),
        ("ana+tag@example.com", "ana+tag@example.com"),
        ("josé@example.com", "josé@example.com"),
        ("a@bücher.example.com", "a@bücher.example.com"),
    ],
)
def test_an_address_keeps_its_local_part_and_its_domain_in_lower_case(given_text: str, address: str) -> None:
    assert normalise_email(given_text) == address


@pytest.mark.parametrize(
    "text",
    [
        "ana",
        "@example.com",
        "ana@",
        "ana@example",
        "ana reyes@example.com",
        "Ana <ana@example.com>",
        "ana@example.com, bo@example.com",
        "a" * 65 + "@example.com",
        "n/a",
        "\ud800@example.com",
        "ana@exa mple.com",
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(NotAnAddress) as caught:
        normalise_email(text)
    assert str(caught.value)


@given(
    text=st.from_regex(
        r"[a-zA-Z0-9._+-]{0,66}@[a-zA-Z0-9.-]{0,20}(com|test|xn--bcher-kva.de|local)", fullmatch=True
    )
)
@example("postmaster@example.com")
@example("Postmaster@example.com")
@example("a@xn--bcher-kva.com")
@example(f"{'a' * 64}@example.com")
def test_what_is_remembered_of_domains_changes_no_address(text: str) -> None:
    try:
        expected = validate_email(text, check_deliverability=False, strict=True).normalized
    except EmailNotValidError:
        with pytest.raises(NotAnAddress):
            normalise_email(text)
    else:
        assert normalise_email(text) == expected == normalise_email(text)


@given(text=st.text(alphabet="qxzvjw@. 'é\"\\[]", min_size=6, max_size=40))
def test_a_refusal_never_repeats_the_address(text: str) -> None:
    try:
        normalise_email(text)
    except NotAnAddress as error:
        told = str(error).lower()
        assert not any(piece in told for piece in text.lower().split("@") if len(piece.strip()) > 3)


def test_one_person_is_one_identity_whatever_the_case() -> None:
    assert Contact(email="Ana@example.com").identity == Contact(email="ana@example.com").identity


@pytest.mark.parametrize(
    ("full_name", "first", "last"),
    [
        ("Ana Reyes", "Ana", "Reyes"),
        ("Ana", "Ana", None),
        ("  Ana   Reyes ", "Ana", "Reyes"),
        ("Reyes, Ana", "Ana", "Reyes"),
        ("Vincent van Gogh", "Vincent", "van Gogh"),
        ("Prince Jackson", "Prince", "Jackson"),
    ],
)
def test_a_full_name_is_split_where_that_is_safe(full_name: str, first: str, last: str | None) -> None:
    assert split_name(full_name) == (first, last)


@pytest.mark.parametrize(
    "full_name",
    ["", "  ", "Acme Dental LLC", "The Smith Family", "ana@example.com", "Table 7", "Ana & Bo", "Ana/Bo"],
)
def test_a_name_that_would_be_split_wrongly_is_not_split(full_name: str) -> None:
    assert split_name(full_name) == (None, None)


@given(text=st.text(max_size=40))
def test_splitting_a_name_never_fails(text: str) -> None:
    first, last = split_name(text)
    assert first != ""
    assert last != ""


@pytest.mark.parametrize("given", [{}, {"first_name": "Ana", "last_name": "Reyes", "phone": "+12025550123"}])
def test_a_contact_is_named_as_its_aliases_say(given: dict[str, str]) -> None:
    contact = Contact(email="Ana@example.com", **given)
    assert contact.named() == contact.model_dump(by_alias=True)
