"""Telephone numbers: normalised, or nothing; never guessed."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.core.numbering import plain_number
from relay.core.phone import normalise_phone

REGIONS = st.lists(st.sampled_from(["US", "GB", "DE", "CZ", "AU", "ZZ", "united states"]), max_size=3)
PHONE_LIKE = st.text(alphabet="+0123456789 ()-./;,xext\u0660\u0661\u0662", max_size=30) | st.text(max_size=20)
ANY_REGION = st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS))


@pytest.mark.parametrize(
    ("text", "regions", "number"),
    [
        ("+1 (202) 555-0123", (), "+12025550123"),
        ("(202) 555-0123", ("US",), "+12025550123"),
        ("202-555-0123 x7", ("US",), "+12025550123"),
        ("020 7946 0958", ("US", "GB"), "+442079460958"),
        ("00442079460958", ("US",), "+442079460958"),
        ("0044 20 7946 0958", (), "+442079460958"),
        ("2025550123; 2025550145", ("US",), "+12025550123"),
        ("none / 2025550145", ("US",), "+12025550145"),
        ("٢٠٢٥٥٥٠١٢٣", ("US",), "+12025550123"),
    ],
)
def test_a_phone_number_is_read_by_the_chain_of_regions(
    text: str, regions: tuple[str, ...], number: str
) -> None:
    assert normalise_phone(text, regions) == number


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("(202) 555-0123", ()),
        ("2025550123", ("GB",)),
        ("0000000000", ("US",)),
        ("call me", ("US",)),
        ("", ("US",)),
        ("+1", ()),
        ("2025550123", ("united states",)),
        ("1" * 300, ("US",)),
    ],
)
def test_a_number_that_is_valid_nowhere_is_none_and_never_guessed(
    text: str, regions: tuple[str, ...]
) -> None:
    assert normalise_phone(text, regions) is None


@given(text=PHONE_LIKE, regions=REGIONS)
def test_what_comes_out_is_always_a_valid_number_in_e164(text: str, regions: list[str]) -> None:
    number = normalise_phone(text, tuple(regions))
    if number is not None:
        assert number.startswith("+")
        assert number[1:].isascii()
        assert number[1:].isdecimal()
        assert len(number) <= 16
        assert phonenumbers.is_valid_number(phonenumbers.parse(number, None))


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A number of a region as people write it there or abroad, with a few wrong digits, and the region."""
    region = draw(ANY_REGION)
    code = str(phonenumbers.country_code_for_region(region))
    kind = draw(st.sampled_from(sorted(phonenumbers.supported_types_for_region(region))))
    known = phonenumbers.example_number_for_type(region, kind)
    digits = list(phonenumbers.national_significant_number(known) if known else "2025550123")
    for place, digit in draw(
        st.dictionaries(st.integers(0, 20), st.sampled_from("0123456789"), max_size=3)
    ).items():
        digits[place % len(digits)] = digit
    prefixes = [
        "",
        "0",
        "1",
        "8",
        code,
        f"{code}0",
        f"+{code}",
        f"+{code}0",
        f"00{code}",
        f"011{code}",
        "+",
        "+0",
    ]
    text = draw(st.sampled_from(prefixes)) + "".join(digits)
    gaps = draw(st.lists(st.sampled_from(["", "", "", " ", "-", ".", " (", ") "]), min_size=3, max_size=3))
    return "".join(f"{sign}{gaps[place % 3]}" for place, sign in enumerate(text)).strip(), region


def by_the_library(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number) or (
        region is not None and phonenumbers.is_valid_number_for_region(number, region)
    )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None


@given(number=numbers())
@example(("+0 63 234568", "PH"))
@example(("79 12 34 56", "NO"))
@example(("+47 79 12 34 56", "NO"))
@example(("06 6982", "VA"))
def test_a_plainly_written_number_is_what_the_library_says_it_is(number: tuple[str, str]) -> None:
    text, region = number
    for dialled_in in (region, None):
        if found := plain_number(text, dialled_in):
            assert found == by_the_library(text, None if text.startswith("+") else dialled_in)


@given(text=PHONE_LIKE, region=ANY_REGION)
def test_what_is_not_plainly_written_is_left_to_the_library(text: str, region: str) -> None:
    found = plain_number(text, region)
    assert found is None or found == by_the_library(text, region)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("(202) 555-0123", "US", "+12025550123"),
        ("1 202.555.0123", "US", "+12025550123"),
        ("+1 202 555 0123", None, "+12025550123"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("0412 345 678", "AU", "+61412345678"),
        ("416-555-0123", "CA", "+14165550123"),
    ],
)
def test_a_number_as_most_people_write_it_needs_no_library(
    text: str, region: str | None, number: str
) -> None:
    assert plain_number(text, region) == number == by_the_library(text, region)
