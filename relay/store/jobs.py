"""What every store keeps of jobs, and the steps in which they are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from relay.core.attribution import Maps
from relay.core.audit import Change
from relay.core.job import Job, JobGroup, JobItem, Order, Outcome, Step


class JobStore(Protocol):
    """Bulk repair over frozen sets. Times are milliseconds since 1970 in UTC.

    An item moves in the same transaction as its letter, so that a crash never parts the two. The counts of a
    job are kept with its items, never counted anew.
    """

    async def order(self, order: Order, by: Change, key: str | None = None) -> Job:
        """A new job, which does nothing before it is started. The same person's same key is the same job.

        Letters that are named are in its set at once, as far as they are dead letters; those that a filter
        matches are put into it by `freeze`. Raises `JobRefused` where the key is another order's, or where
        there are too many jobs that have not ended.
        """
        ...

    async def start(self, number: int, now: int, by: Change | None = None) -> bool:
        """False where the job is not ready."""
        ...

    async def cancel(self, number: int, now: int, by: Change | None = None) -> bool:
        """False where it has ended. What was released goes on to its end, everything else is left."""
        ...

    async def find(self, number: int) -> Job | None: ...

    async def page(self, limit: int, before: int | None = None) -> list[Job]:
        """The newest first, or those before a job."""
        ...

    async def groups(self, number: int, limit: int) -> list[JobGroup]:
        """What the letters of a job had in common when its set was frozen, the largest group first."""
        ...

    async def items(
        self, number: int, limit: int, outcome: Outcome | None = None, after: tuple[int, int] | None = None
    ) -> list[JobItem]:
        """Items in the order in which they are done, or those of one outcome.

        `after` is the place of the last one of the page before.
        """
        ...

    async def at_work(self) -> list[Job]:
        """Jobs that are being prepared or run, or whose last items are under way."""
        ...

    async def freeze(self, number: int, limit: int) -> None:
        """Put so many more letters into the set of a job that is being prepared."""
        ...

    async def next_items(self, number: int, limit: int, now: int) -> list[JobItem]:
        """The next items of a running job, or a few more: one call of unknown outcome is not parted."""
        ...

    async def take(self, number: int, steps: Sequence[Step], now: int, maps: Mapping[str, Maps]) -> None:
        """Do these steps of a job that runs, but for those that somebody has done meanwhile."""
        ...

    async def note_ends(self, number: int, now: int) -> bool:
        """Note what became of released items. True where the job ends with that."""
        ...
