"""When an enrollment may go out: the hours and weekdays of a business in its time zone, and not too late."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import count
from types import MappingProxyType

from relay.core.moments import in_utc

_EVERY_DAY = frozenset(range(7))
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_FORTNIGHT = timedelta(days=14)
"""Opening times repeat every week, but for an hour that the clocks skip."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A span of the local day, from `start` up to and without `end`; it may run over midnight."""

    start: time
    end: time

    def __contains__(self, clock: time) -> bool:
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTimes:
    """When a business wants its customers written to. `weekdays`: 0 is Monday; all of them by default.

    Raises `ValueError` where no moment of a week would be left.
    """

    zone: tzinfo = UTC
    quiet: tuple[Hours, ...] = ()
    weekdays: frozenset[int] = _EVERY_DAY

    def __post_init__(self) -> None:
        if not self.weekdays or all(self._is_quiet(clock) for clock in self._clocks()):
            raise ValueError("leaves no moment in which anything could go out")

    def allows(self, moment: datetime) -> bool:
        if not self.quiet and len(self.weekdays) == len(_EVERY_DAY):
            return True
        local = moment.astimezone(self.zone)
        return local.weekday() in self.weekdays and not self._is_quiet(local.time())

    def _is_quiet(self, clock: time) -> bool:
        return any(clock in hours for hours in self.quiet)

    def next_open(self, moment: datetime) -> datetime:
        """The first allowed moment from `moment` on, in UTC."""
        if self.allows(moment):
            return in_utc(moment)
        first = moment.astimezone(self.zone).date()
        openings = (opening for day in count() for opening in self._openings(first + day * _DAY))
        return next(opening for opening in openings if opening > moment and self.allows(opening))

    def _clocks(self) -> set[time]:
        """The times of day at which it may become allowed."""
        return {time(0), *(hours.end for hours in self.quiet)}

    def _openings(self, day: date) -> list[datetime]:
        """The moments of a day at which it may become allowed, in order: also when the clocks are changed.

        A time that the clocks repeat is there twice, since the hours before it are repeated, too (PEP 495).
        """
        moments = {self._at(day, clock, fold) for clock in self._clocks() for fold in (0, 1)}
        changes = self._clock_changes(self._at(day, time(0), 0), self._at(day + _DAY, time(0), 1))
        return sorted({*moments, *changes})

    def _at(self, day: date, clock: time, fold: int) -> datetime:
        return datetime.combine(day, clock.replace(fold=fold), self.zone).astimezone(UTC)

    def _clock_changes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The moment between the two at which the clocks are changed, if there is one."""
        if self._offset(start) == self._offset(end):
            return
        while end - start > _SECOND:
            middle = start + _SECOND * ((end - start) // (2 * _SECOND))
            if self._offset(middle) == self._offset(start):
                start = middle
            else:
                end = middle
        yield end

    def _offset(self, moment: datetime) -> timedelta | None:
        return moment.astimezone(self.zone).utcoffset()


ALWAYS = OpenTimes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When the enrollments of a route go out. `latest`: not so long after their start; None: however late."""

    open: OpenTimes = ALWAYS
    latest: timedelta | None = None

    def lateness(self, start: datetime | None, moment: datetime) -> str | None:
        """Why something with this start must not go out at this moment any more; None: it may.

        Without a `start` nothing is too late.
        """
        if start is None or self.latest is None or moment <= start + self.latest:
            return None
        return f"too late: the route wanted it out by {_told(start + self.latest)}"


ANYTIME = Timing()

Timings = Mapping[str, Timing]
"""The timing of each route by its name; what is not there may go out at any time."""

NO_TIMINGS: Timings = MappingProxyType({})


def next_common(times: Collection[OpenTimes], moment: datetime) -> datetime:
    """The first moment from `moment` on that all of them allow; `moment` where there is none.

    What was frozen together was allowed together once, and so it is again a week later, unless the
    configuration has changed meanwhile.
    """
    opening = moment
    while opening < moment + _FORTNIGHT:
        later = max((one.next_open(opening) for one in times), default=opening)
        if later == opening:
            return opening
        opening = later
    return moment


def held_until(moment: datetime) -> str:
    """Why an enrollment waits although it is due."""
    return f"outside the route's hours: waits until {_told(moment)}"


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
