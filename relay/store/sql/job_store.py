"""Jobs, on the connections of a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relay.core.attribution import Maps
from relay.core.audit import Change
from relay.core.job import Job, JobGroup, JobItem, Order, Outcome, Step
from relay.store.jobs import JobStore
from relay.store.sql import job_steps, jobs
from relay.store.sql.engine import Run, Write


class SqlJobs(JobStore):
    def __init__(self, read: Run, write: Write) -> None:
        self._read = read
        self._write = write

    async def order(self, order: Order, by: Change, key: str | None = None) -> Job:
        return await self._write(lambda db: jobs.create(db, order, by, key), None)

    async def start(self, number: int, now: int, by: Change | None = None) -> bool:
        return await self._write(lambda db: jobs.start(db, number, now), by)

    async def cancel(self, number: int, now: int, by: Change | None = None) -> bool:
        return await self._write(lambda db: jobs.cancel(db, number, now), by)

    async def find(self, number: int) -> Job | None:
        return await self._read(lambda db: jobs.find(db, number))

    async def page(self, limit: int, before: int | None = None) -> list[Job]:
        return await self._read(lambda db: jobs.page(db, before, limit))

    async def groups(self, number: int, limit: int) -> list[JobGroup]:
        return await self._read(lambda db: jobs.groups(db, number, limit))

    async def items(
        self, number: int, limit: int, outcome: Outcome | None = None, after: tuple[int, int] | None = None
    ) -> list[JobItem]:
        return await self._read(lambda db: jobs.items(db, number, outcome, after, limit))

    async def at_work(self) -> list[Job]:
        return await self._read(jobs.at_work)

    async def freeze(self, number: int, limit: int) -> None:
        await self._write(lambda db: jobs.freeze(db, number, limit), None)

    async def next_items(self, number: int, limit: int, now: int) -> list[JobItem]:
        return await self._read(lambda db: job_steps.next_items(db, number, limit, now))

    async def take(self, number: int, steps: Sequence[Step], now: int, maps: Mapping[str, Maps]) -> None:
        await self._write(lambda db: job_steps.take(db, number, steps, now, maps), None)

    async def note_ends(self, number: int, now: int) -> bool:
        return await self._write(lambda db: job_steps.note_ends(db, number, now), None)
