"""Kinds of value that the configuration knows: names, durations, sizes, addresses."""

from __future__ import annotations

import math
import re
from datetime import UTC, timedelta, tzinfo
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)

from relay.config.keys import nearest
from relay.core.egress import Network

NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
URL = r"^https?://\S+$"
ORIGIN = r"^https?://[^/?#@\s]+$"
HEADER = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
VARIABLE = r"^[A-Z_][A-Z0-9_]*$"

QUIET = r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$"

WANTED = {
    NAME: "should be a name of lower-case letters, digits and dashes, at most 63",
    UUID: 'should be a UUID such as "7c9e6679-7425-40de-944b-e07fc1f90ae7"',
    URL: 'should be an address such as "https://relay.example.com"',
    ORIGIN: 'should be an origin such as "https://api.example.com", without a path',
    HEADER: 'should be the name of a header such as "Idempotency-Key"',
    VARIABLE: "should be the name of an environment variable: upper-case letters, digits and _",
    QUIET: 'should be two times of day such as "21:00-09:00"',
}
"""What to tell a person whose value does not match."""

_WANTED_DURATION = 'should be a duration such as "30s", "10m", "1h 30m" or "2d", or a number of seconds'
_WANTED_SIZE = 'should be a size such as "512 KiB" or "1 MiB", or a number of bytes'

_WANTED_NETWORK = 'should be a network such as "10.1.2.0/24", or an address such as "127.0.0.1"'

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = r"^\s*(\d+(\.\d+)?\s*(ms|s|m|h|d|w)\s*)+$"
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2}
_SIZE = r"^\d+\s*(B|KiB|MiB)$"
_LONGEST = timedelta(days=3650)


class Section(BaseModel):
    """A table of the configuration. Its field docstrings are what people read about a key."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        validate_default=True,
        # A table inside another is part of what is made for that one; alone it is hardly ever used.
        defer_build=True,
    )


def _seconds(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return None
    if re.fullmatch(r"\d+(\.\d+)?", value):  # environment variables bring numbers as text
        return float(value)
    if re.match(_DURATION, value):
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))
    return None


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    seconds = _seconds(value)
    if seconds is None or math.isnan(seconds):
        raise ValueError(_WANTED_DURATION)
    if seconds < 0:
        raise ValueError("should not be negative")
    if seconds > _LONGEST.total_seconds():
        raise ValueError("should not be longer than ten years (3650d)")
    return timedelta(seconds=seconds)


def zone_of(name: str) -> tzinfo:
    """The time zone of that name. UTC needs no time zone data on the machine."""
    return UTC if name == "UTC" else ZoneInfo(name)


def _zone(name: str) -> str:
    try:
        zone_of(name)
    except (ValueError, KeyError, OSError):
        raise ValueError(_wanted_zone(name)) from None
    return name


def _wanted_zone(name: str) -> str:
    known = available_timezones()
    if not known:
        return "cannot be looked up: this machine has no time zone data; install its package tzdata"
    meant = nearest(name, known)
    return f'should be an IANA time zone such as "Europe/Berlin"{f"; did you mean {meant}?" if meant else ""}'


def _quiet(span: str) -> str:
    start, _, end = span.partition("-")
    if start == end.replace("24:00", "00:00"):
        raise ValueError("ends when it starts; nothing could ever go out")
    return span


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("should be longer than nothing")
    return value


def _size(value: Any) -> int:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    elif isinstance(value, str) and re.match(_SIZE, value):
        number, unit = re.findall(r"\d+|[A-Za-z]+", value)
        value = int(number) * _SIZES[unit]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(_WANTED_SIZE)
    return value


def _network(value: Any) -> Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    try:
        read = ip_network(value if isinstance(value, str) else "", strict=False)
    except ValueError:
        raise ValueError(_WANTED_NETWORK) from None
    if read.network_address != ip_address(value.partition("/")[0]):
        raise ValueError(f'should begin where the network begins: "{read}"')
    return read


def _url(value: str) -> str:
    try:
        usable = urlsplit(value).hostname and urlsplit(value).port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(WANTED[URL])
    return value


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("should be an address alone: no name or password, no ? and no #")
    if value.endswith("/"):
        raise ValueError("should not end with a slash")
    return value


def duration_text(value: timedelta) -> str:
    """The shortest text that reads back as the same duration: `"1h 30m"`, `"50ms"`."""
    left = round(value.total_seconds() * 1000)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, left = divmod(left, round(_UNITS[unit] * 1000))
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def size_text(value: int) -> str:
    for unit in ("MiB", "KiB"):
        if value % _SIZES[unit] == 0:
            return f"{value // _SIZES[unit]} {unit}"
    return f"{value} B"


def _or_number(pattern: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": pattern}, {"type": "number", "minimum": 0}]}
    )


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(duration_text, when_used="json"),
    _or_number(_DURATION),
]
"""`90`, `"90s"`, `"1h 30m"` …: a time of at most ten years."""

Span = Annotated[Duration, AfterValidator(_positive)]
"""A duration that is not zero."""

Size = Annotated[int, BeforeValidator(_size), PlainSerializer(size_text, when_used="json"), _or_number(_SIZE)]
"""`1048576`, `"512 KiB"`, `"1 MiB"`."""

NetworkText = Annotated[
    Network,
    PlainValidator(_network),
    PlainSerializer(str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["127.0.0.1/32", "10.1.2.0/24"]}),
]
"""`"10.1.2.0/24"`, `"fd00::/8"`; an address alone is a network of one."""

Name = Annotated[str, Field(pattern=NAME)]
Uuid = Annotated[str, StringConstraints(pattern=UUID, to_lower=True)]
Url = Annotated[str, Field(pattern=URL), AfterValidator(_url)]
Address = Annotated[Url, AfterValidator(_address)]
Origin = Annotated[str, Field(pattern=ORIGIN)]
Zone = Annotated[str, AfterValidator(_zone)]
"""The name of a time zone, see `zone_of`."""

QuietHours = Annotated[str, Field(pattern=QUIET), AfterValidator(_quiet)]
"""`"21:00-09:00"`: local times of day, without the last; 24:00 is the end of the day."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

SourceId = Annotated[str, Field(min_length=1)]
"""An id as a source gives it."""

HeaderName = Annotated[str, Field(pattern=HEADER)]
