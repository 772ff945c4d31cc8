"""What the public types may be as long as a request: it is refused before a library reads it."""

from __future__ import annotations

import pytest

from relay.core.contact import NotAnAddress, normalise_email, split_name
from relay.core.phone import normalise_phone


def test_a_text_longer_than_any_address_is_none() -> None:
    with pytest.raises(NotAnAddress, match=r"^longer than 320 characters$"):
        normalise_email("a" * 310 + "@example.com")


def test_an_address_in_much_white_space_is_one() -> None:
    assert normalise_email(" " * 400 + "ana@example.com") == "ana@example.com"


def test_a_text_longer_than_a_few_phone_numbers_is_none() -> None:
    assert normalise_phone("+1 202 555 0101;" * 6, ()) == "+12025550101"
    assert normalise_phone("+1 202 555 0101;" * 7, ()) is None


def test_a_text_longer_than_any_name_is_not_split() -> None:
    assert split_name("Ana " * 50) != (None, None)
    assert split_name("Ana " * 51) == (None, None)
