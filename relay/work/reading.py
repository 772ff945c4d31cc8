"""Reading a stored request to its end: with today's connector, and whatever it looks up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import orjson

from relay.config.installation import ActiveSource
from relay.core.fate import Parked, Translated, failed, whole
from relay.core.lookup import Answer, LookUp
from relay.core.request import Request, public_url
from relay.core.source import Source
from relay.core.translate import translate
from relay.store.base import ClaimedRequest, Incoming
from relay.telemetry import Metrics

Ask = Callable[[Source, Sequence[LookUp], float], Awaitable[list[Answer]]]
"""Makes the look-ups of a source; no answer is from before the moment, in seconds since 1970."""

Stored = Incoming | ClaimedRequest

GONE = whole(Parked("this source is no longer configured: add it again and retry, or discard"))


class Course:
    """A request on its way: `asked` is to be looked up next; `fates` are None until it is at its end."""

    def __init__(self, active: ActiveSource, stored: Stored, only: Collection[int] | None) -> None:
        self.active = active
        self.asked: Sequence[LookUp] = ()
        self.fates: list[Translated] | None = None
        request = to_request(stored, active.registered_url)
        self._steps = translate(active.connector, request, active.source, only)
        self._take(lambda: next(self._steps))

    def answer(self, answers: Sequence[Answer]) -> None:
        self._take(lambda: self._steps.send(answers))

    def _take(self, step: Callable[[], Sequence[LookUp]]) -> None:
        try:
            self.asked = step()
        except StopIteration as stop:
            self.fates = stop.value
        except Exception as error:  # noqa: BLE001  # read again it would fail again, and stop others each time
            self.fates = [whole(failed(error))]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads stored requests of the configured sources."""

    sources: Mapping[str, ActiveSource]
    ask: Ask
    metrics: Metrics

    def begin(self, stored: Stored, only: Collection[int] | None) -> Course | None:
        """The events at the positions in `only` (None: all), until something has to be looked up.

        None where the source is no longer configured.
        """
        active = self.sources.get(stored.source)
        return None if active is None else Course(active, stored, only)

    async def finish(self, course: Course, since: float) -> list[Translated]:
        """The fates. No look-up is answered with what was known before `since`, in seconds since 1970."""
        while course.fates is None:
            course.answer(await self._answers(course, since))
        return course.fates

    async def _answers(self, course: Course, since: float) -> list[Answer]:
        answers = await self.ask(course.active.source, course.asked, since)
        for answer in answers:
            self.metrics.lookups.labels(course.active.name, str(answer.status)).inc()
        return answers

    async def read(self, stored: Stored, only: Collection[int] | None, since: float) -> list[Translated]:
        """The fates of these positions, begun and finished."""
        course = self.begin(stored, only)
        return [GONE] if course is None else await self.finish(course, since)


def to_request(stored: Stored, registered: str) -> Request:
    headers: Mapping[str, str] = orjson.loads(stored.headers)
    return Request(
        method=stored.method,
        url=public_url(registered, stored.query),
        headers=headers,
        body=stored.body,
        received_at=stored.received_at / 1000,
    )
