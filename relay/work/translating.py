"""Requests to enrollments: claim, translate, look up, save."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection

import structlog

from relay.clock import Clock, milliseconds
from relay.config.installation import Installation
from relay.config.retry import schedule
from relay.core.fate import Deferred, Parked, Translated, failed, whole
from relay.core.record import record
from relay.store.base import ClaimedRequest, Store, TranslationRecord
from relay.telemetry import Metrics, place_of
from relay.work.reading import GONE, Course, Reader

log = structlog.get_logger()

CLAIM = 400
"""Many at once: their hashes then meet in the pages of the indexes."""

_BREATH = 20
"""After so many translations the loop lets others run: intake shares the thread."""


class Translating:
    """One step claims what is due; requests that need look-ups go on beside it, boundedly many of a source.

    A source that has no room for more is passed over, so that a provider that hangs delays no other's.
    """

    def __init__(
        self,
        store: Store,
        installation: Installation,
        reader: Reader,
        clock: Clock,
        metrics: Metrics,
        *,
        spread: Callable[[], float],
        enrolled: Callable[[], None],
        more: Callable[[], None],
    ) -> None:
        self._store = store
        self._installation = installation
        self._reader = reader
        self._clock = clock
        self._metrics = metrics
        self._spread = spread
        self._enrolled = enrolled
        self._more = more
        self._claimed: list[ClaimedRequest] = []
        self._asking: dict[asyncio.Task[None], ClaimedRequest] = {}
        self._schedule = schedule(installation.config.lookups.retry)
        self._lease = round(installation.config.delivery.lease.total_seconds() * 1000)
        self._room = 4 * installation.config.lookups.parallel

    async def tick(self) -> float | None:
        """Claim and read what is due; seconds until something is due again."""
        claimed, self._claimed = self._claimed or await self._claim(), []
        finished = []
        for index, request in enumerate(claimed, 1):
            saved = self._begin(request)
            if saved is not None:
                finished.append(saved)
            if index % _BREATH == 0:
                await asyncio.sleep(0)
        if len(claimed) < CLAIM:
            await self._save(finished)
        else:
            # There may be more, and one transaction does for both.
            claiming = asyncio.create_task(self._claim())
            try:
                await self._save(finished)
            finally:
                self._claimed = await claiming
        if claimed:
            return 0.0
        due = await self._store.next_request_due(self._busy())
        return None if due is None else max(0.0, due / 1000 - self._clock.now())

    async def _claim(self) -> list[ClaimedRequest]:
        now = milliseconds(self._clock)
        return await self._store.claim_requests(now, now + self._lease, CLAIM, self._busy())

    def _busy(self) -> list[str]:
        """The sources with as many requests under way as they may have; one that ends wakes the loop."""
        under_way = Counter(request.source for request in self._asking.values())
        return [source for source, count in under_way.items() if count >= self._room]

    def _begin(self, claimed: ClaimedRequest) -> TranslationRecord | None:
        """The record of a request that needs no look-up; others are carried on in a task."""
        course = self._reader.begin(claimed, claimed.pending)
        if course is None:
            return self._record(claimed, [GONE])
        if course.fates is not None:
            return self._record(claimed, course.fates)
        task = asyncio.create_task(self._carry_on(claimed, course))
        self._asking[task] = claimed
        task.add_done_callback(self._done)
        return None

    def _done(self, task: asyncio.Task[None]) -> None:
        self._asking.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The lease runs out and the request is read again: nothing is lost.
            log.error("translation failed", error=place_of(error))
        self._more()

    async def _carry_on(self, claimed: ClaimedRequest, course: Course) -> None:
        try:
            translated = await self._reader.finish(course, claimed.received_at / 1000)
        except Exception as error:  # noqa: BLE001  # read again it would fail again, and stop others each time
            translated = [whole(failed(error))]
        await self._save([self._record(claimed, translated)])

    def _record(self, claimed: ClaimedRequest, translated: list[Translated]) -> TranslationRecord:
        """What is written down; deferred events are read again later, or parked after the last attempt."""
        waits = [one.fate for one in translated if isinstance(one.fate, Deferred)]
        delay = self._delay(claimed, waits) if waits else 0.0
        if delay is None:
            translated = [_given_up(one, claimed.attempt) for one in translated]
        routes = self._installation.routes
        rows = [(one.position, record(claimed.source, one, routes)) for one in translated]
        return TranslationRecord(
            request_id=claimed.id,
            source=claimed.source,
            attempt=claimed.attempt,
            events=tuple([row for _, row in rows if row is not None]),
            deferred=tuple([position for position, row in rows if row is None]),
            due_at=milliseconds(self._clock) + round((delay or 0.0) * 1000),
            from_start=claimed.pending is None,
        )

    def _delay(self, claimed: ClaimedRequest, waits: list[Deferred]) -> float | None:
        """Seconds until deferred events are read again; None: never."""
        asked = max(fate.retry_after or 0.0 for fate in waits)
        return self._schedule.delay(claimed.attempt, self._spread(), asked)

    async def _save(self, records: list[TranslationRecord]) -> None:
        if not records:
            return
        tally = await self._store.save_translations(records, milliseconds(self._clock))
        fates = Counter([(one.source, event.fate) for one in records for event in one.events])
        for labels, count in fates.items():
            self._metrics.events.labels(*labels).inc(count)
        if tally.enrollments:
            self._enrolled()

    async def rescue(self) -> None:
        """Take up requests whose reader is gone, which those that wait for long look-ups here are not."""
        now = milliseconds(self._clock)
        under_way = [one.id for one in (*self._claimed, *self._asking.values())]
        await self._store.renew_requests(under_way, now + self._lease)
        if rescued := await self._store.rescue_requests(now):
            log.warning("rescued requests", count=rescued)
            self._more()

    async def settle_down(self) -> None:
        """Return what was not begun, and wait for the look-ups under way."""
        claimed, self._claimed = self._claimed, []
        await self._release(claimed)
        while self._asking:
            await asyncio.wait(list(self._asking))

    async def give_back(self) -> None:
        """Stop the look-ups under way and return their requests, to be read again after the next start."""
        tasks = dict(self._asking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._release(tasks.values())

    async def _release(self, requests: Collection[ClaimedRequest]) -> None:
        if requests:
            ids = [request.id for request in requests]
            await self._store.release_requests(ids, milliseconds(self._clock))


def _given_up(translated: Translated, attempts: int) -> Translated:
    fate = translated.fate
    if not isinstance(fate, Deferred):
        return translated
    parked = Parked(f"{fate.reason}, {attempts} times: retry when the provider is back")
    return Translated(translated.position, translated.event_type, translated.delivery_id, parked)
