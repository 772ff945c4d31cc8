"""Phone numbers in whatever notation they stand, and what replaces them in the same notation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2014]*")
_GROUP = re.compile(r"\d+", re.ASCII)
FEWEST_DIGITS = 7
_MOST = 16
_LONGEST = 20
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


class Numbers:
    """Known numbers, found with or without their country, and with any marks between their digits."""

    def __init__(self, phones: Iterable[Phone]) -> None:
        self._known = {digits: phone for phone in phones for digits in _spellings(phone)}

    def find(self, text: str) -> Iterator[tuple[Phone, int, int]]:
        """The known numbers in a text, from left to right, each with its start and end."""
        groups = list(_GROUP.finditer(text)) if self._known else []
        at = 0
        while at < len(groups):
            phone, following = self._longest(text, groups, at)
            if phone:
                yield phone, _start(text, groups[at], groups[following - 1]), groups[following - 1].end()
            at = following

    def _longest(self, text: str, groups: list[re.Match[str]], at: int) -> tuple[Phone | None, int]:
        """The longest known number that begins with a group of digits, and the group behind it."""
        digits, found, following = "", None, at + 1
        for number in range(at, len(groups)):
            group = groups[number]
            if digits and not _SEPARATORS.fullmatch(text, groups[number - 1].end(), group.start()):
                break
            digits += group[0]
            if len(digits) > _LONGEST:
                break
            if phone := self._known.get(digits):
                found, following = phone, number + 1
        return found, following


def _spellings(phone: Phone) -> Iterator[str]:
    code, national = phone.country_code, phone.national
    for prefix in ("", "0", _trunk_prefix(code)):
        yield f"{prefix}{national}"
        for abroad in ("", "00", "011") if code else ("00",):
            yield f"{abroad}{code}{prefix}{national}"


@lru_cache(maxsize=256)
def _trunk_prefix(country_code: str) -> str:
    """What is dialled before a national number: 0 in most countries, 8 in some, 06 in one."""
    region = phonenumbers.region_code_for_country_code(int(country_code or 0))
    return phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ""


def _start(text: str, first: re.Match[str], last: re.Match[str]) -> int:
    """Where a number begins: with its plus, or the bracket that is closed inside it."""
    before = text[first.start() - 1 : first.start()]
    belongs = before == "+" or (before == "(" and ")" in text[first.end() : last.start()])
    return first.start() - belongs


def in_notation(written: str, old: Phone, new: Phone) -> str:
    """The new number as the old one was written; with its country where the notation does not fit.

    A plus says so, but in digits that had their country without one.
    """
    same_plan = old.country_code in ("", new.country_code) and len(old.national) == len(new.national)
    if not same_plan:
        international = new.country_code + new.national
        return international if written == old.country_code + old.national else f"+{international}"
    left = list(new.national)
    marks = [left.pop() if mark.isdigit() and left else mark for mark in reversed(written)]
    return "".join(reversed(marks))
