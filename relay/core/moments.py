"""Times as senders write them: ISO 8601, Unix time, RFC 2822, .NET, or a form of their own."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

_MILLISECONDS_FROM = 100_000_000_000  # as seconds this is the year 5138, as milliseconds 1973

# Nothing is booked or sold outside; a delay added to the year 9999 would overflow.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)

_UNIX = re.compile(r"\d{9,}(?:\.\d+)?", re.ASCII)
_DOT_NET = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/", re.ASCII)
_RFC_2822 = re.compile(r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} ")


@lru_cache(maxsize=512)
def zone_named(name: str) -> tzinfo:
    """An IANA time zone such as `America/New_York`. Raises `ValueError`."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("is not the name of a time zone, such as America/New_York") from None


def read_moment(value: Any, zone: tzinfo = UTC, form: str | None = None) -> datetime | None:
    """A moment in UTC between 1970 and 2200, None where it is none. Times without an offset are in `zone`.

    `form` is a pattern of `strptime`, for texts that no standard knows. Digits in text are Unix time from
    nine of them on: forms have no numbers, a date has eight digits.
    """
    try:
        moment = _read_as(value, form, zone) if form else _read(value, zone)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment is not None and _EARLIEST <= moment < _LATEST else None


def _read_as(value: Any, form: str, zone: tzinfo) -> datetime:
    return _in_zone(datetime.strptime(str(value), form), zone)  # noqa: DTZ007  # the zone follows


def _read(value: Any, zone: tzinfo) -> datetime | None:
    if isinstance(value, str):
        return _read_text(value.strip(), zone)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
        return datetime.fromtimestamp(seconds, UTC)
    return None


def _read_text(text: str, zone: tzinfo) -> datetime | None:
    if text[4:5] == "-":  # as in 2026-11-20, the form of nearly all
        return _in_zone(datetime.fromisoformat(text), zone)
    if _UNIX.fullmatch(text):
        return _read(float(text) if "." in text else int(text), zone)
    if found := _DOT_NET.fullmatch(text):
        # The offset after it only says where the sender's clock stood.
        return datetime.fromtimestamp(int(found[1]) / 1000, UTC)
    if _RFC_2822.match(text):
        return _in_zone(parsedate_to_datetime(text), zone)
    return _in_zone(datetime.fromisoformat(text), zone)


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    return in_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
