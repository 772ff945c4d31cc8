"""Jobs: their sets are frozen, their items done a few at a time, and the ends of what they sent noted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from relay.clock import Clock, milliseconds
from relay.config.installation import Installation
from relay.config.maps import resolve_maps
from relay.config.retry import schedule
from relay.core.contact import Contact
from relay.core.correction import Correction, Incorrect
from relay.core.job import MOST_TRIES, Job, JobItem, JobKind, JobState, Outcome, Step
from relay.core.repair import READ_AGAIN_WHY, DeadEnrollment, How, Reread
from relay.store.base import Store, StoreFault
from relay.telemetry import place_of
from relay.work.repairing import Repairing

log = structlog.get_logger()

FREEZE = 1000
"""So many letters are put into a set in one transaction."""

CHUNK = 100
"""So many items are done in one transaction."""

READ = 20
"""So many requests are read again at a time."""

WINDOW = 500
"""So many items of a job are under way at a time: what a job that is cancelled still sends."""

LOOK_SECONDS = 0.5
"""While something of a job is under way, its end is looked for so often."""

_NO_CONTACT = "it could not be read, so there is no contact to correct: read it again, or discard it"


class Jobs:
    """One step takes every job a little further, so that a large one holds up no other."""

    def __init__(
        self,
        store: Store,
        installation: Installation,
        repairing: Repairing,
        clock: Clock,
        *,
        spread: Callable[[], float],
        released: Callable[[], None],
    ) -> None:
        self._store = store
        self._repairing = repairing
        self._clock = clock
        self._spread = spread
        self._released = released
        self._maps = resolve_maps(installation.config)
        self._schedule = schedule(installation.config.lookups.retry)
        self._reading: asyncio.Task[Mapping[str, Reread]] | None = None
        self._ending = False

    async def tick(self) -> float | None:
        """Seconds until there is more to do; None: not before somebody starts a job."""
        waits = [await self._further(job) for job in await self._store.jobs.at_work()]
        return min((wait for wait in waits if wait is not None), default=None)

    async def _further(self, job: Job) -> float | None:
        if job.state is JobState.PREPARING:
            await self._store.jobs.freeze(job.id, FREEZE)
            return 0.0
        if await self._store.jobs.note_ends(job.id, milliseconds(self._clock)):
            log.info("job ended", job=job.id, kind=job.order.kind.value)
            return None
        present = await self._store.jobs.find(job.id) or job
        items = await self._next(present)
        steps = await self._steps(present, items) if items else []
        if steps:
            await self._take(present, steps)
            self._released()
            return 0.0
        return LOOK_SECONDS if present.counts.get(Outcome.RELEASED) else None

    async def _next(self, job: Job) -> list[JobItem]:
        """The items whose turn it is, as many as there is room for."""
        most = READ if job.order.how is How.READ_AGAIN else CHUNK
        room = min(most, WINDOW - job.counts.get(Outcome.RELEASED, 0))
        if job.state is not JobState.RUNNING or room <= 0:
            return []
        return await self._store.jobs.next_items(job.id, room, milliseconds(self._clock))

    async def _take(self, job: Job, steps: Sequence[Step]) -> None:
        """Do them together, or one by one where one of them cannot be done, so that it holds up no other."""
        now = milliseconds(self._clock)
        try:
            await self._store.jobs.take(job.id, steps, now, self._maps)
        except StoreFault:
            raise
        except Exception as error:  # noqa: BLE001  # its letter stays, and the others are done
            if len(steps) > 1:
                for step in steps:
                    await self._take(job, [step])
                return
            failed = replace(steps[0], failed=f"the relay failed on it: {place_of(error)}")
            log.warning("repair failed", job=job.id, letter=failed.item.letter, error=place_of(error))
            await self._store.jobs.take(job.id, [failed], now, self._maps)

    async def _steps(self, job: Job, items: Sequence[JobItem]) -> list[Step]:
        """What is done with each item; empty where the relay is stopped meanwhile."""
        reads_again = job.order.how is How.READ_AGAIN
        if not reads_again and job.order.kind is not JobKind.CORRECT:
            return [Step(item) for item in items]
        found = await self._store.repairs.dead_enrollments([item.letter for item in items])
        dead = {one.letter: one for one in found}
        if not reads_again:
            return [self._corrected(job, item, dead.get(item.letter)) for item in items]
        again = await self._read_again(job, found)
        if again is None:
            return []
        return [self._reread(job, item, dead.get(item.letter), again) for item in items]

    def _corrected(self, job: Job, item: JobItem, dead: DeadEnrollment | None) -> Step:
        if item.letter.startswith("parked"):
            return Step(item, failed=_NO_CONTACT)
        if dead is None:
            return Step(item)
        try:
            after = self._repairing.corrected(dead.source, dead.contact, job.order.fields)
        except Incorrect as error:
            return Step(item, failed=str(error))
        return Step(item, self._correction(job, dead, after, job.order.reason))

    def _reread(
        self, job: Job, item: JobItem, dead: DeadEnrollment | None, read: Mapping[str, Reread]
    ) -> Step:
        """What could not be read before is read again by the retry itself."""
        if dead is None:
            return Step(item)
        again, tries = read[item.letter], item.tries + 1
        if again.contact is not None:
            return Step(item, self._correction(job, dead, again.contact, READ_AGAIN_WHY))
        if again.deferred is None or tries >= MOST_TRIES:
            return Step(item, failed=again.why_not)
        delay = self._schedule.delay(tries, self._spread(), again.deferred.retry_after)
        return Step(item, again_at=milliseconds(self._clock) + round((delay or 0.0) * 1000))

    def _correction(self, job: Job, dead: DeadEnrollment, after: Contact, why: str) -> Correction | None:
        if after == dead.contact:
            return None
        now = milliseconds(self._clock)
        return Correction(before=dead.contact, after=after, who=job.who, why=why, at=now, job=job.id)

    async def _read_again(self, job: Job, dead: Sequence[DeadEnrollment]) -> Mapping[str, Reread] | None:
        """In a task of its own, which may be cut short: until its end nothing is done."""
        if self._ending:
            return None
        since = (job.started_at or 0) / 1000
        self._reading = asyncio.create_task(self._repairing.reread(dead, since))
        try:
            await asyncio.wait([self._reading])
            return None if self._reading.cancelled() else self._reading.result()
        finally:
            self._reading.cancel()

    def cut_short(self) -> None:
        """Read nothing more: whatever was not done is done after the next start."""
        self._ending = True
        if self._reading is not None:
            self._reading.cancel()
