"""Invented people: a fixed list of names, and ranges that are reserved so that nobody is reached by them.

Addresses: RFC 2606 (example.com); IP addresses: RFC 5737 and RFC 3849. Phone numbers: 555-0100 to 0199
in North America (nationalnanpa.com), and what Ofcom (GB), ACMA (AU), ARCEP (FR) and Bundesnetzagentur
(DE) keep for drama.
"""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words("""
    Bea Caleb Dana Elio Freya Gideon Hanna Ivo Juno Kian Leonie Mateo Nadia Orin Petra Quentin Rosa
    Silas Tamsin Ulric Vera Wanda Xenia Yusuf Zelda
""")
LAST = _words("""
    Abernathy Brightwater Calloway Dunmore Eastwick Fairbourne Greenhalgh Hollins Ivers Jessop
    Kilbride Lindqvist Marlowe Northcott Okonjo Pemberton Quimby Rosewood Stavros Thackeray Umber
    Vantongeren Whitcombe Yarrow Zabini
""")

_PLANS = {
    "33": "1990000{:02}",
    "44": "20794600{:02}",
    "49": "30231250{:02}",
    "61": "2555001{:02}",
}
_AREAS = _words("""
    202 212 303 404 503 602 702 805 907 914 205 206 207 208 213 214 215 216 217 218 219 301 302 304 305
    307 308 309 310 312 313 314 315 316 317 318 319 401 402 405 406 407 408 409 410 412 413 414 415 417
""")
"""North American area codes, for whoever has more than a hundred numbers in one delivery."""


def first_name(number: int) -> str:
    return _nth(FIRST, number)


def last_name(number: int) -> str:
    return _nth(LAST, number)


def _nth(names: list[str], number: int) -> str:
    """Names in turn; when they are used up, two of them joined."""
    rounds, index = divmod(number, len(names))
    return names[index] if rounds == 0 else f"{_nth(names, rounds - 1)}-{names[index]}"


def phone(number: int, country_code: str) -> tuple[str, str]:
    """Country code and national number of the nth phone, of that country where it reserves a range.

    Without a country it is a local number, as it stands beside an area code.
    """
    if not country_code:
        return "", f"55501{number % 100:02}"
    plan = _PLANS.get(country_code)
    if plan and number < 100:
        return country_code, plan.format(number)
    hundreds, rest = divmod(number, 100)
    return "1", f"{_AREAS[hundreds % len(_AREAS)]}55501{rest:02}"


def email(first: str | None, last: str | None, number: int) -> str:
    """The nth address of people who are called the same."""
    local = ".".join(part.lower() for part in (first, last) if part)
    if not local:
        return f"person{number + 1}@example.com"
    return f"{local}{number + 1}@example.com" if number else f"{local}@example.com"


def street(number: int) -> str:
    return f"{number + 1} Example Street"


def city(number: int) -> str:
    return "Exampleton" if number == 0 else f"Exampleton {number + 1}"


def ip_address(number: int, *, version: int) -> str:
    return f"192.0.2.{number % 254 + 1}" if version == 4 else f"2001:db8::{number + 1:x}"


def of_shape(text: str, number: int) -> str:
    """The nth text of the same shape: digits for digits, letters for letters, every other mark as it is.

    Letters that could be hexadecimal stay so. The number is counted out from the right.
    """
    hexadecimal = all(letter in "abcdefABCDEF" for letter in text if letter.isalpha())
    letters = "abcdef" if hexadecimal else "abcdefghijklmnopqrstuvwxyz"
    shaped, left, last = [], number + 1, len(text) - 1
    for at, mark in enumerate(reversed(text)):
        scale = "0123456789" if mark.isdigit() else letters if mark.isalpha() else ""
        if not scale:
            shaped.append(mark)
            continue
        left, digit = divmod(left, len(scale))
        # A number begins with no zero.
        leading = at == last and mark.isdigit() and digit == 0
        new = "9" if leading else scale[digit]
        shaped.append(new.upper() if mark.isupper() else new)
    return "".join(reversed(shaped))


def date_like(text: str) -> str:
    """A date in the notation of another one: in 1990, on the first of January."""
    digits: list[str] = []
    run = ""
    for mark in [*text, ""]:
        if mark.isdigit():
            run += mark
            continue
        digits += [_part_of_date(run), mark]
        run = ""
    return "".join(digits)


def _part_of_date(digits: str) -> str:
    match len(digits):
        case 4:
            return "1990"
        case 8:
            return "19900101"
        case length:
            return "1".rjust(length, "0") if length else ""
