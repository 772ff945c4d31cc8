"""Telephone numbers: valid ones as E.164, or nothing; never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import phonenumbers

from relay.core.numbering import plain_number

# The public types into forms what it likes, and the library takes seconds for a megabyte of it.
_LONGEST_PHONE = 100

_BETWEEN = re.compile(r"[;/,|]")


def normalise_phone(text: str, regions: tuple[str, ...]) -> str | None:
    """A valid number as E.164, or None. `regions` are tried in order; none of them is guessed.

    Of several numbers in one field the first valid one is taken: read as one, the second would pass
    for the extension of the first.
    """
    return _first_number(text, regions) if len(text) <= _LONGEST_PHONE else None


@lru_cache(maxsize=4096)
def _first_number(text: str, regions: tuple[str, ...]) -> str | None:
    for part in _BETWEEN.split(text):
        for candidate, region in _readings(part.strip(), regions):
            if number := plain_number(candidate, region) or _read_number(candidate, region):
                return number
    return None


def _read_number(text: str, region: str | None) -> str | None:
    """As the library reads it, which knows many ways to write a number."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not _is_valid(number, region):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_valid(number: phonenumbers.PhoneNumber, region: str | None) -> bool:
    # In the region that it was read for it mostly is, and the library need not find out its own.
    local = region is not None and phonenumbers.is_valid_number_for_region(number, region)
    return local or phonenumbers.is_valid_number(number)


def _readings(text: str, regions: tuple[str, ...]) -> Iterable[tuple[str, str | None]]:
    if not text:
        return
    if text.startswith("+"):
        yield text, None
        return
    for region in regions:
        yield text, region
    if text.startswith("00"):
        yield f"+{text[2:]}", None
