"""Signed times: how senders write them, and whether one is recent enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from relay.core.errors import Unverified
from relay.core.source import Source

_MILLISECONDS_FROM = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a sender writes a time. `read` gives Unix seconds or raises `ValueError`."""

    read: Callable[[str], float]
    write: Callable[[float], str]


def _read_iso(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _write_iso(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _read_any(text: str) -> float:
    if not text.isdecimal():
        return _read_iso(text)
    number = int(text)
    return number / 1000 if number >= _MILLISECONDS_FROM else float(number)


SECONDS = Stamp(lambda text: float(int(text)), lambda now: str(round(now)))
MILLISECONDS = Stamp(lambda text: int(text) / 1000, lambda now: str(round(now * 1000)))
ISO_TIME = Stamp(_read_iso, _write_iso)
ANY_TIME = Stamp(_read_any, SECONDS.write)
"""For senders that do not say which: seconds, milliseconds or ISO 8601."""


def last_of_salt(before: str, *, separator: str = ":") -> Stamp:
    """Unix seconds at the end of a salt that is signed whole, such as `v1:app:1772366400`.

    `before` is what the relay writes in front when it plays the sender.
    """
    return Stamp(
        lambda salt: float(int(salt.rpartition(separator)[2])),
        lambda now: f"{before}{separator}{round(now)}",
    )


def check_age(text: str, stamp: Stamp, source: Source, now: float) -> None:
    """Raise `Unverified` unless the time in `text` is within the source's tolerance."""
    try:
        age = now - stamp.read(text)
    except (ValueError, OverflowError):
        raise Unverified("the signed timestamp is missing or not a time of the expected form") from None
    tolerance = source.settings.tolerance
    if abs(age) > tolerance:
        side = "old" if age > 0 else "in the future"
        raise Unverified(
            f"the signed timestamp is {abs(age):.0f} s {side}; settings.tolerance is {tolerance:.0f} s"
        )
