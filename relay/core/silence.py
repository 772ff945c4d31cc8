"""Silence: a source that sends nothing at a time of the week at which it usually does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relay.core.hours import HOUR, KEPT_HOURS, WEEK, hour_of

MOST_WEEKS = 8
"""Weeks that are compared, the latest ones."""

FEWEST_WEEKS = 3
"""With fewer nothing is concluded."""

FEWEST_REQUESTS = 6
"""Fewer are easily late: where as many are usual, chance leaves all of them out once in 400 times."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing came since then (milliseconds since 1970).

    In three of four of the `weeks` before, `usual` requests or more came in these hours of the week.
    """

    since: int
    usual: int
    weeks: int


def silence(came: Mapping[int, int], now: int, up_since: int) -> Silence | None:
    """Whether a source is silent for too long; None: it is not, or too little is known of it.

    `came` counts the requests of its hours. Hours in which nobody looked, before `up_since`, do not count as
    silence, nor does the present one, which is not over. Times are in milliseconds.
    """
    hours = [hour for hour, requests in came.items() if requests]
    if not hours:
        return None
    first, last, end = min(hours), max(hours), hour_of(now)
    length = min(end - max(last, hour_of(up_since)) - 1, WEEK)
    if length < 1:
        return None
    begin = end - length
    counts = sorted(_usual(came, begin - ago, end - ago) for ago in _weeks(first, last, begin, end))
    if len(counts) < FEWEST_WEEKS or counts[len(counts) // 4] < FEWEST_REQUESTS:
        return None
    return Silence((last + 1) * HOUR, counts[len(counts) // 4], len(counts))


def _weeks(first: int, last: int, begin: int, end: int) -> Iterator[int]:
    """How many hours ago each week was in which the source was known and this silence had not begun."""
    weeks = [ago for ago in range(WEEK, KEPT_HOURS, WEEK) if end - ago <= last and first < begin - ago]
    yield from weeks[:MOST_WEEKS]


def _usual(came: Mapping[int, int], begin: int, end: int) -> int:
    """Requests from one hour to another, but for the busier of the outermost two.

    A clock that was changed since moves opening and closing by an hour, so that one of them is not missed.
    """
    counts = [came.get(hour, 0) for hour in range(begin, end)]
    return sum(counts) - max(counts[0], counts[-1])
