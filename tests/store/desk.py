"""Drives a store as the loops would, in steps that a test can name. Its time stands still until moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from relay.core.attribution import Maps
from relay.core.audit import Change, change
from relay.core.job import Job, JobKind, JobState, Order, Outcome, Step
from relay.core.letters import EVERY_LETTER
from relay.core.outcome import Certainty, Delivered, Failure, Scope, Verdict
from relay.core.record import EventRecord
from relay.core.route import Lane
from relay.core.settlement import Policy, Settlement, Tried, settle
from relay.store.base import WITHOUT_MAPS, AttemptRecord, Claimed, ClaimedBatch, ClaimedRequest, Store
from tests.factories import LANE, MINUTE, NOW_MS, failure, incoming, later, policy, read_event, translation

LEASE = 2 * MINUTE
ROOM = {"main": 9, "second": 9}
NO_ANSWER = failure(Certainty.UNKNOWN, Scope.DESTINATION, reason="no answer within 30 s")


class Desk:
    """One clerk with a store. `now` is in milliseconds."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = NOW_MS

    def move(self, milliseconds: int) -> None:
        self.now += milliseconds

    async def claim(self, limit: int = 100) -> list[ClaimedRequest]:
        """Requests that are due."""
        return await self.store.claim_requests(self.now, self.now + LEASE, limit)

    async def claim_one(self) -> ClaimedRequest:
        (claimed,) = await self.claim()
        return claimed

    async def save(
        self, claimed: ClaimedRequest, *events: EventRecord, deferred: tuple[int, ...] = (), due_at: int = 0
    ) -> int:
        """Write what became of a request; how many enrollments that made."""
        record = translation(claimed, *events, deferred=deferred, due_at=due_at)
        return (await self.store.save_translations([record], self.now)).enrollments

    async def report(self, *events: EventRecord, source: str = "shop") -> int:
        """A request comes in and is translated to these events; its id."""
        number = await self.store.add_request(incoming(source=source))
        await self.save(await self.claim_one(), *events)
        return number

    async def enrol(self, *emails: str, key: str = "P-1") -> None:
        await self.report(read_event(*emails, key=key))

    async def enrol_at(self, lane: Lane, email: str, key: str | None = None) -> None:
        """One more person in a lane."""
        await self.report(read_event(email, lane=lane, key=key or email))

    async def enrol_in(self, *lanes: Lane) -> None:
        """One person in each of the lanes."""
        for number, lane in enumerate(lanes):
            await self.report(read_event("ana@example.com", lane=lane, key=f"L-{number}"))

    async def look(self, room: dict[str, int] | None = None, linger: int = 0) -> Claimed:
        """Batches that may go out now, and when there will be more."""
        return await self.store.claim_batches(
            self.now, self.now + LEASE, linger, ROOM if room is None else room
        )

    async def freeze(self) -> ClaimedBatch:
        """The one batch that goes out now."""
        (batch,) = (await self.look()).batches
        return batch

    async def nothing_due(self) -> bool:
        return not (await self.look()).batches

    async def end(self, batch: ClaimedBatch, verdict: Verdict, how: Policy | None = None) -> Settlement:
        """Settle a batch as this verdict wants; waits are not shortened by chance."""
        now = later((self.now - NOW_MS) / 1000)
        settlement = settle(
            Tried(batch.lane, batch.members, batch.attempt), verdict, how or policy(), now, 1.0
        )
        await self.store.settle(batch, attempt_of(batch, verdict, self.now), settlement, self.now)
        return settlement

    async def deliver(self, batch: ClaimedBatch) -> None:
        """Everybody in the batch is queued."""
        await self.end(batch, [Delivered(f"c-{one.enrollment_id}") for one in batch.members])

    async def counts(self) -> dict[str, int]:
        """Enrollments by state; the books must balance."""
        ledger = await self.store.ledger()
        assert ledger.faults() == []
        return dict(ledger.enrollments)

    async def fates(self) -> dict[str, int]:
        """Events by fate; the books must balance."""
        ledger = await self.store.ledger()
        assert ledger.faults() == []
        return dict(ledger.events)

    async def refuse(self, *emails: str) -> None:
        """Each of these people is a dead letter of a purchase of their own, refused by the destination."""
        for email in emails:
            await self.enrol_at(LANE, email)
            await self.end(await self.freeze(), failure())

    async def lose(self, *emails: str, key: str = "P-1") -> ClaimedBatch:
        """These people are dead letters of one call of unknown outcome."""
        await self.enrol(*emails, key=key)
        batch = await self.freeze()
        await self.end(batch, NO_ANSWER, policy(on_unknown_outcome="hold"))
        return batch

    async def order(self, kind: JobKind = JobKind.RETRY, **given: Any) -> int:
        """A job for every dead letter, unless told otherwise, frozen and ready."""
        usual: dict[str, Any] = {} if "letters" in given else {"wanted": EVERY_LETTER}
        order = Order(kind=kind, **usual | given)
        order.check()
        job = await self.store.jobs.order(order, self.by("job.order"))
        await self.freeze_set(job.id)
        return job.id

    def by(self, action: str, **detail: object) -> Change:
        return change("ops", self.now, action, **detail)

    async def freeze_set(self, number: int, limit: int = 100) -> None:
        while (await self.job(number)).state is JobState.PREPARING:
            await self.store.jobs.freeze(number, limit)

    async def job(self, number: int) -> Job:
        """The job; its counts must be those of its items."""
        job = await self.store.jobs.find(number)
        assert job is not None
        items = await self.store.jobs.items(number, 100_000)
        assert job.counts == Counter(item.outcome for item in items)
        return job

    async def start(self, number: int) -> None:
        assert await self.store.jobs.start(number, self.now)

    async def further(self, number: int, limit: int = 100, maps: Mapping[str, Maps] = WITHOUT_MAPS) -> int:
        """Do the next items of a job; how many."""
        items = await self.store.jobs.next_items(number, limit, self.now)
        await self.store.jobs.take(number, [Step(item) for item in items], self.now, maps)
        return len(items)

    async def outcomes(self, number: int) -> dict[str, Outcome]:
        """What became of each letter of a job."""
        await self.store.jobs.note_ends(number, self.now)
        return {item.letter: item.outcome for item in await self.store.jobs.items(number, 100_000)}

    async def letters(self) -> list[str]:
        return [letter.id for letter in await self.store.dead_letters(1000)]


def attempt_of(batch: ClaimedBatch, verdict: Verdict, now: int) -> AttemptRecord:
    failed = verdict if isinstance(verdict, Failure) else None
    return AttemptRecord(
        batch_id=batch.id,
        number=batch.attempt,
        started_at=now,
        took=5,
        status=None if failed else 200,
        certainty=failed.certainty.value if failed else None,
        error=failed.reason if failed else None,
        answer=None,
    )


def emails(batch: ClaimedBatch) -> list[str]:
    return [one.email for one in batch.members]


def lanes(claimed: Claimed) -> list[Lane]:
    return [batch.lane for batch in claimed.batches]
