"""Phone numbers in whatever notation they stand, and what replaces them in the same notation."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

_SEPARATORS = r"[\s().\-/\u2010-\u2014]*"
FEWEST_DIGITS = 7
_MOST = 16
IN_TEXT = re.compile(r"(?<![\w+])\+\d[\d\s().\-]{6,20}\d(?!\d)")
"""A number that says itself that it is one."""


@dataclass(frozen=True, slots=True)
class Phone:
    """`country_code` is empty where it is not known."""

    country_code: str
    national: str


def digits_of(text: str) -> str:
    return "".join(mark for mark in text if mark.isascii() and mark.isdigit())


def read_phone(text: str, regions: tuple[str, ...]) -> Phone | None:
    """The number in a text, None where there is none. Of a number in no plan, all its digits."""
    digits = digits_of(text)
    if not FEWEST_DIGITS <= len(digits) <= _MOST:
        return None
    readings = ((text, None), *((text, region) for region in regions), (f"+{digits}", None))
    for is_one in (phonenumbers.is_valid_number, _is_of_a_length):
        for written, region in readings:
            number = _parsed(written, region)
            if number and is_one(number):
                return Phone(str(number.country_code), str(number.national_number))
    return Phone("", digits.lstrip("0") or digits)


def _is_of_a_length(number: phonenumbers.PhoneNumber) -> bool:
    """Whether a number could be one of its country, area code included."""
    reason: int = phonenumbers.is_possible_number_with_reason(number)
    return reason == phonenumbers.ValidationResult.IS_POSSIBLE


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def pattern_of(phone: Phone) -> str:
    """A pattern for the number with or without its country, and with any marks between its digits."""
    spelt = _SEPARATORS.join(phone.national)
    code = _SEPARATORS.join(phone.country_code)
    abroad = rf"(?:(?:\+|00|011)?{_SEPARATORS}{code}{_SEPARATORS})?" if code else r"(?:\+|00)?"
    return rf"(?<!\d){abroad}\(?0?\)?{_SEPARATORS}{spelt}(?!\d)"


def in_notation(written: str, old: Phone, new: Phone) -> str:
    """The new number as the old one was written; with its country where the notation does not fit."""
    same_plan = old.country_code in ("", new.country_code) and len(old.national) == len(new.national)
    if not same_plan:
        international = new.country_code + new.national
        return international if written.isdigit() else f"+{international}"
    left = list(new.national)
    marks = [left.pop() if mark.isdigit() and left else mark for mark in reversed(written)]
    return "".join(reversed(marks))
