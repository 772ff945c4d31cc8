"""How countries number their telephones: E.164 of numbers that are written plainly.

The library reads whatever people type, and takes its time for it. What is said here of digits and separators
is what the library says of them; where that is not certain, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc

_SEPARATORS = str.maketrans("", "", "()-. ")

_MAIN_REGIONS = {str(code): regions[0] for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}
"""The first of the regions that share a calling code, by the code."""

Match = Callable[[str], re.Match[str] | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """Numbers of one kind, such as mobile ones."""

    lengths: frozenset[int]
    match: Match

    def __contains__(self, national: str) -> bool:
        return len(national) in self.lengths and self.match(national) is not None


@dataclass(frozen=True, slots=True)
class Numbering:
    """One region's numbers. `main`: it is the main one of those that share the code `calling`.

    `abroad` and `trunk` match what is dialled before a number, `leading` how numbers of this region begin.
    """

    calling: str
    main: bool
    abroad: Match
    trunk: Match
    leading: Match
    general: Match
    kinds: tuple[Kind, ...]

    def dialled(self, digits: str) -> str | None:
        """E.164 of what is dialled within the region, None where that is not certain."""
        if self.abroad(digits):
            return None
        if not digits.startswith(self.calling):
            return self.national(digits)
        national = digits[len(self.calling) :]
        # Without a plus sign it may also be a number that happens to begin so.
        certain = self.main and not self.general(digits) and not self.trunk(national)
        return self.national(national) if certain else None

    def national(self, digits: str) -> str | None:
        """E.164 of what follows the calling code, None where it is not certain to be valid."""
        if trunk := self.trunk(digits):
            if trunk.lastindex is not None:
                return None
            digits = digits[trunk.end() :]
        # Noughts that belong to the number are counted apart by the library.
        if digits.startswith("0") or not self.leading(digits) or not self.general(digits):
            return None
        return f"+{self.calling}{digits}" if any(digits in kind for kind in self.kinds) else None


def plain_number(text: str, region: str | None) -> str | None:
    """E.164 of a plainly written, valid number, dialled within `region`; None: not plain, or not valid."""
    digits = text.translate(_SEPARATORS)
    if text.startswith("+"):
        return _international(digits[1:])
    if region is None or not (digits.isascii() and digits.isdigit()):
        return None
    numbering = _numbering(region)
    return None if numbering is None else numbering.dialled(digits)


def _international(digits: str) -> str | None:
    if not (digits.isascii() and digits.isdigit()):
        return None
    for length in (1, 2, 3):
        if main := _MAIN_REGIONS.get(digits[:length]):
            numbering = _numbering(main)
            return None if numbering is None else numbering.national(digits[length:])
    return None


@cache
def _numbering(region: str) -> Numbering | None:
    known = PhoneMetadata.metadata_for_region(region)
    if known is None or known.general_desc is None:
        return None
    general = known.general_desc
    described = (
        known.fixed_line,
        known.mobile,
        known.toll_free,
        known.premium_rate,
        known.shared_cost,
        known.voip,
        known.personal_number,
        known.pager,
        known.uan,
        known.voicemail,
    )
    return Numbering(
        calling=str(known.country_code),
        main=_MAIN_REGIONS[str(known.country_code)] == region,
        abroad=_pattern(known.international_prefix).match,
        trunk=_pattern(known.national_prefix_for_parsing).match,
        leading=re.compile(known.leading_digits or "").match,
        general=_pattern(general.national_number_pattern).fullmatch,
        kinds=tuple(_kind(each, general) for each in described if each is not None),
    )


def _kind(described: PhoneNumberDesc, general: PhoneNumberDesc) -> Kind:
    lengths = frozenset(general.possible_length)
    if described.possible_length:
        lengths &= frozenset(described.possible_length)
    return Kind(lengths, _pattern(described.national_number_pattern).fullmatch)


def _pattern(text: str | None) -> re.Pattern[str]:
    """Without a text, nothing matches."""
    return re.compile(text or "(?!)")
