"""The ledger machine with jobs, corrections and marks: each item ends once, and the books balance."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from relay.core.correction import Correction
from relay.core.job import Job, JobItem, JobKind, JobState, Order, Outcome, Step
from relay.core.letters import EVERY_LETTER
from relay.core.outcome import Failure, Unconfirmed, Verdict
from relay.core.repair import why_not_delivered
from relay.store.base import WITHOUT_MAPS, ClaimedBatch
from tests.factories import SECOND, contact, failure, parked_event, policy, read_event
from tests.store.conftest import Engines
from tests.store.desk import NO_ANSWER
from tests.store.test_machine import LedgerMachine, keys, people

UNCONFIRMED = Unconfirmed("no result for this contact")
UNDER_WAY = (Outcome.PENDING, Outcome.RELEASED)
kinds = st.sampled_from([JobKind.RETRY, JobKind.RETRY, JobKind.DISCARD, JobKind.MARK_DELIVERED])
Place = tuple[int, int, int]


class MachineWithJobs(LedgerMachine):
    """What the other machine does, while operators repair."""

    def __init__(self) -> None:
        super().__init__()
        self._ended: dict[Place, Outcome] = {}
        self._sets: dict[int, set[Place]] = {}

    async def _finish(self) -> None:
        """Every job comes to its end, and then nothing of it is under way."""
        for _ in range(10):
            for job in await self._store.jobs.page(100):
                await self._desk.freeze_set(job.id)
                await self._store.jobs.start(job.id, self._desk.now)
                while await self._desk.further(job.id):
                    pass
            await super()._finish()
            for job in await self._store.jobs.at_work():
                await self._store.jobs.note_ends(job.id, self._desk.now)
        assert await self._store.jobs.at_work() == []
        for job in await self._store.jobs.page(100):
            assert job.state in (JobState.DONE, JobState.CANCELLED)
            assert job.open == 0

    def _jobs(self, *states: JobState) -> list[Job]:
        return [job for job in self._do(self._store.jobs.page(100)) if job.state in states]

    def _items(self, job: Job) -> list[JobItem]:
        return self._do(self._store.jobs.items(job.id, 1000))

    @initialize()
    def there_are_letters(self) -> None:
        for number, verdict in enumerate([failure(), NO_ANSWER, UNCONFIRMED, failure(), None, None]):
            self.a_letter_is_made(f"guest{number}@example.com", f"G-{number}", verdict)

    @rule(email=people, key=keys, verdict=st.sampled_from([NO_ANSWER, failure(), UNCONFIRMED, None]))
    def a_letter_is_made(self, email: str, key: str, verdict: Failure | Unconfirmed | None) -> None:
        """All at once, since so many steps in the right order are rare; None: by what cannot be read."""
        self.requests_arrive(1)
        for claimed in self._do(self._desk.claim(limit=1)):
            bought = read_event(email, key=key, occurred_at=self._desk.now)
            made = parked_event() if verdict is None else bought
            wanted = claimed.pending or {0}
            self._do(self._desk.save(claimed, *(replace(made, position=place) for place in wanted)))
        for batch in self._do(self._desk.look()).batches if verdict is not None else ():
            self._note(batch)
            self._do(self._desk.end(batch, self._of_all(batch, verdict), policy(on_unknown_outcome="hold")))

    @staticmethod
    def _of_all(batch: ClaimedBatch, verdict: Failure | Unconfirmed | None) -> Verdict:
        return verdict if isinstance(verdict, Failure) else [UNCONFIRMED for _ in batch.members]

    @rule(kind=kinds, started=st.booleans())
    def a_job_is_ordered(self, kind: JobKind, started: bool) -> None:
        if len(self._do(self._store.jobs.page(100))) < 4:
            made = Order(kind=kind, wanted=EVERY_LETTER, reason="" if kind is JobKind.RETRY else "no")
            job = self._do(self._store.jobs.order(made, self._desk.by("job.order")))
            if started:
                self._do(self._desk.freeze_set(job.id))
                self._do(self._desk.start(job.id))

    @rule(limit=st.integers(1, 3))
    def sets_are_frozen_a_little_further(self, limit: int) -> None:
        for job in self._jobs(JobState.PREPARING):
            self._do(self._store.jobs.freeze(job.id, limit))

    @rule()
    def what_is_ready_is_started(self) -> None:
        for job in self._jobs(JobState.READY):
            assert self._do(self._store.jobs.start(job.id, self._desk.now))

    @rule(data=st.data())
    def a_job_is_cancelled(self, data: st.DataObject) -> None:
        jobs = self._jobs(JobState.PREPARING, JobState.READY, JobState.RUNNING)
        if jobs and data.draw(st.integers(0, 2)) == 0:
            job = data.draw(st.sampled_from(jobs))
            assert self._do(self._store.jobs.cancel(job.id, self._desk.now))

    @rule(data=st.data(), limit=st.integers(1, 3), twice=st.booleans())
    def jobs_go_on(self, data: st.DataObject, limit: int, twice: bool) -> None:
        """Now and then two processes take the same steps."""
        for job in self._jobs(JobState.RUNNING):
            items = self._do(self._store.jobs.next_items(job.id, limit, self._desk.now))
            steps = [self._step(data, job, item) for item in items]
            for _ in range(1 + twice):
                self._do(self._store.jobs.take(job.id, steps, self._desk.now, WITHOUT_MAPS))

    def _step(self, data: st.DataObject, job: Job, item: JobItem) -> Step:
        what = data.draw(st.integers(0, 5))
        if what == 0:
            return Step(item, failed="not possible")
        if what == 1:
            return Step(item, again_at=self._desk.now + SECOND)
        if what == 2 and job.order.kind is JobKind.RETRY:
            return Step(item, self._correction(data, item.letter))
        return Step(item)

    def _correction(self, data: st.DataObject, letter: str) -> Correction | None:
        found = self._do(self._store.repairs.dead_enrollments([letter]))
        if not found:
            return None
        after = contact(data.draw(people), first_name=data.draw(st.sampled_from(["Ana", "Eve"])))
        return Correction(before=found[0].contact, after=after, who="ops", why="asked", at=self._desk.now)

    @rule()
    def ends_are_noted(self) -> None:
        for job in self._do(self._store.jobs.at_work()):
            self._do(self._store.jobs.note_ends(job.id, self._desk.now))

    @rule(data=st.data())
    def a_contact_is_corrected(self, data: st.DataObject) -> None:
        letters = self._do(self._desk.letters())
        letter = data.draw(st.sampled_from(letters)) if letters else ""
        made = self._correction(data, letter)
        if made is not None:
            corrected = self._do(self._store.repairs.correct(letter, made))
            assert corrected == (made.before != made.after)

    @rule()
    def an_operator_looks_at_the_destination(self) -> None:
        letters = self._do(self._store.dead_letters(100))
        marked = self._do(self._store.repairs.mark_delivered([one.id for one in letters], "there"))
        assert set(marked) == {one.id for one in letters if why_not_delivered(one.cause) is None}

    @invariant()
    def the_counts_of_a_job_are_those_of_its_items(self) -> None:
        for job in self._do(self._store.jobs.page(100)):
            assert job.counts == Counter(item.outcome for item in self._items(job))
            assert job.state is not JobState.DONE or job.open == 0

    @invariant()
    def an_item_that_has_ended_stays_as_it_is(self) -> None:
        for job in self._do(self._store.jobs.page(100)):
            found = {(job.id, item.batch, item.position): item.outcome for item in self._items(job)}
            ended = {place: outcome for place, outcome in found.items() if outcome not in UNDER_WAY}
            assert self._ended.items() >= {p: o for p, o in ended.items() if p in self._ended}.items()
            self._ended |= ended

    @invariant()
    def a_frozen_set_stays_as_it_is(self) -> None:
        for job in self._jobs(JobState.READY, JobState.RUNNING, JobState.DONE):
            found = {(job.id, item.batch, item.position) for item in self._items(job)}
            assert self._sets.setdefault(job.id, found) == found


def test_every_item_of_a_job_ends_once_whatever_happens(engines: Engines) -> None:
    class Machine(MachineWithJobs):
        pass

    Machine.engines = engines
    # As the other machine, but with more to look at after every step.
    examples = engines.fewer(settings().max_examples // 5)
    run_state_machine_as_test(Machine, settings=settings(max_examples=examples, stateful_step_count=40))
