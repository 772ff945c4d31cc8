"""How values read to a person: numbers, spans, moments, sizes, and text from outside made visible."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
from markupsafe import Markup

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000

# Controls but the line feed and tab, and what is invisible or reorders text.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_LONGEST_PRETTY = 256 * 1024
_DEEPEST = 16
"""Deeper lines are indented no further, or a small body could become a page of spaces."""


def number(value: int) -> str:
    """`12345` as `12,345`."""
    return f"{value:,}"


def plural(count: int, one: str, many: str = "") -> str:
    """`3` and `letter` as `3 letters`; `many` where an s is not enough."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def percent(part: int, whole: int) -> str:
    """A share that never reads as nothing or all while it is neither."""
    if not 0 < part < whole:
        return "100 %" if part and part == whole else "0 %"
    share = 100 * part / whole
    if share < 0.1:
        return "<0.1 %"
    return ">99.9 %" if share > 99.9 else f"{share:.1f} %"


def span(milliseconds: int) -> str:
    """How long, in the largest unit that tells enough: `340 ms`, `2.1 s`, `4 min`, `3 h`, `12 d`."""
    if milliseconds < _SECOND:
        return f"{milliseconds} ms"
    if milliseconds < 10 * _SECOND:
        return f"{milliseconds / _SECOND:.1f} s"
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if milliseconds >= 2 * unit:
            return f"{milliseconds // unit} {name}"
    return f"{milliseconds // _SECOND} s"


def ago(at: int, now: int) -> str:
    """How far a moment is from now; both in milliseconds. The script of the pages says the same."""
    away = abs(now - at)
    if away < _SECOND:
        return "now"
    # Tenths of a second would only flicker.
    told = f"{away // _SECOND} s" if away < 10 * _SECOND else span(away)
    return f"{told} ago" if at < now else f"in {told}"


def size(octets: int) -> str:
    """`512 B`, `1.5 KiB`, `3.0 MiB`."""
    if octets < 1024:
        return f"{octets} B"
    return f"{octets / 1024:.1f} KiB" if octets < 1024**2 else f"{octets / 1024**2:.1f} MiB"


def moment(at: int | datetime) -> datetime:
    """A moment in UTC; a number counts milliseconds since 1970."""
    return at.astimezone(UTC) if isinstance(at, datetime) else datetime.fromtimestamp(at / 1000, UTC)


def in_milliseconds(at: int | datetime) -> int:
    return at if isinstance(at, int) else round(at.timestamp() * 1000)


def machine_time(at: int | datetime) -> str:
    """`2026-03-14T18:00:00.000Z`, as HTML's `datetime` wants it."""
    return moment(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock_time(at: int | datetime) -> str:
    return moment(at).strftime("%Y-%m-%d %H:%M:%S UTC")


def pretty(text: str) -> str | None:
    """JSON with line breaks, every value spelled as it came; None where it is no JSON, or too long."""
    if len(text) > _LONGEST_PRETTY:
        return None
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return "".join(_spread(text))


def _spread(text: str) -> Iterator[str]:
    depth, before = 0, ""
    for piece in _PIECE.findall(text):
        closes = piece in "]}"
        depth -= closes
        if before and (before in "[{," or closes) and not (closes and before in "[{"):
            yield "\n" + "  " * min(depth, _DEEPEST)
        yield ": " if piece == ":" else piece
        depth += piece in "[{"
        before = piece


def visible(text: object) -> Markup:
    """Text from outside with its invisible characters shown, each with its name; safe inside an element."""
    shown, at = Markup(), 0
    told = str(text)
    for found in _HIDDEN.finditer(told):
        shown += told[at : found.start()] + _sign(found[0])
        at = found.end()
    return shown + told[at:]


def plain(text: object) -> str:
    """The same for an attribute or a title: signs without names."""
    return _HIDDEN.sub(lambda found: _picture(found[0]), str(text))


def _sign(character: str) -> Markup:
    name = unicodedata.name(character, "control character")
    title = f"U+{ord(character):04X} {name.lower()}"
    return Markup('<span class="hidden-character" title="{}">{}</span>').format(title, _picture(character))


def _picture(character: str) -> str:
    return f"\u27e8{ord(character):02X}\u27e9"
