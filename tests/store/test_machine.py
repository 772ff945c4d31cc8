"""Whatever is done to a ledger in whatever order: the books balance after every step, and all work ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from relay.core.breaker import Health
from relay.core.outcome import Certainty, Delivered, Failure, Scope, Unconfirmed, Verdict
from relay.core.record import EventRecord, digest
from relay.core.traffic import total
from relay.store.base import ClaimedBatch, ClaimedRequest
from relay.store.rows import EnrollmentFilter
from tests.factories import (
    DAY,
    FOREIGN_LANE,
    LANE,
    NOW_MS,
    OTHER_LANE,
    SECOND,
    incoming,
    new_enrollment,
    parked_event,
    policy,
    quarantined,
    read_event,
    withdrawal,
)
from tests.store.conftest import Engines
from tests.store.desk import LEASE, Desk

T = TypeVar("T")
Composed = tuple[tuple[tuple[int, int], ...], bytes]
"""Who is in a batch, in which revision, and what is sent."""

people = st.sampled_from(["ana@example.com", "ben@example.com", "Ana@example.com", "eve@example.com"])
keys = st.sampled_from(["P-1", "P-2", "P-3"])
moments = st.integers(NOW_MS - 10 * SECOND, NOW_MS + 10 * SECOND)
deliveries = st.none() | st.builds(digest, st.just("shop"), st.sampled_from(["D-1", "D-2", "D-3"]))


def reports(key: str) -> st.SearchStrategy[EventRecord]:
    """An event that was read, with enrollments of its business key."""
    enrollments = st.builds(
        new_enrollment,
        people,
        lane=st.sampled_from([LANE, OTHER_LANE, FOREIGN_LANE]),
        key=st.just(key),
        due_at=moments,
        cooldown=st.sampled_from([0, DAY]),
        suppressed=st.sampled_from([None, None, None, "a test"]),
    )
    return st.builds(
        read_event,
        key=st.just(key),
        occurred_at=moments,
        delivery_key=deliveries,
        enrollments=st.lists(enrollments, min_size=1, max_size=4).map(tuple),
    )


events = st.one_of(
    keys.flatmap(reports),
    st.builds(withdrawal, keys, occurred_at=moments, delivery_key=deliveries),
    st.builds(parked_event),
    st.builds(
        read_event, fate=st.just("ignored"), subject=st.none(), delivery_key=deliveries, named=st.none()
    ),
)
failures = st.builds(
    Failure,
    st.sampled_from(Certainty),
    st.sampled_from(Scope),
    st.just("SOME_CODE"),
    st.just("some reason"),
    st.sampled_from([None, 7.0]),
    st.booleans(),
).filter(lambda failure: failure.throttled or failure.scope is not Scope.ORGANIZATION)
policies = st.builds(
    lambda attempts, unknown: policy(attempts=attempts, on_unknown_outcome=unknown),
    st.sampled_from([2, 24]),
    st.sampled_from(["retry", "hold"]),
)


decisions: st.SearchStrategy[Delivered | Unconfirmed] = st.sampled_from(
    [Delivered("c-1"), Delivered("c-2"), Unconfirmed("no result")]
)


def verdicts(size: int) -> st.SearchStrategy[Verdict]:
    return st.one_of(failures, st.lists(decisions, min_size=size, max_size=size))


class LedgerMachine(RuleBasedStateMachine):
    """One ledger, two clerks: one translates, one delivers; now and then both die."""

    engines: ClassVar[Engines]

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._ledger = AsyncExitStack()
        self._engine = self._do(self._ledger.enter_async_context(self.engines.new()))
        self._open = AsyncExitStack()
        self._accepted = 0
        self._claimed: list[ClaimedRequest] = []
        self._held: dict[int, ClaimedBatch] = {}
        self._compositions: dict[str, Composed] = {}
        self._keys: dict[Composed, str] = {}
        self._start(NOW_MS)

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def _start(self, now: int) -> None:
        self._store = self._do(self._open.enter_async_context(self._engine.open()))
        self._desk = Desk(self._store)
        self._desk.now = now

    def teardown(self) -> None:
        try:
            self._do(self._finish())
        finally:
            self._do(self._open.aclose())
            self._do(self._ledger.aclose())
            self._runner.close()

    async def _finish(self) -> None:
        """Let everything end well: then nothing may be left over."""
        desk = self._desk
        desk.move(2 * DAY)
        for one in await self._store.held():  # a person has mended what was refused
            await self._store.resume(one.destination, one.sequence)
        await self._store.rescue_requests(desk.now)
        for claimed in await desk.claim(limit=10_000):
            await desk.save(claimed)
        for batch in await self._store.rescue_batches(desk.now, desk.now + LEASE):
            await desk.deliver(batch)
        await self._look_at_breakers()
        while batches := (await desk.look()).batches:
            for batch in batches:
                self._note(batch)
                await desk.deliver(batch)
            await self._look_at_breakers()
        ledger = await self._store.ledger()
        assert ledger.faults() == []
        assert ledger.open_batches == 0
        assert not {"waiting", "sending"} & ledger.enrollments.keys()

    async def _look_at_breakers(self) -> None:
        for found in await self._store.open_breakers():
            await self._store.looked(found, Health(up=True), self._desk.now)

    async def _add(self) -> None:
        await self._store.add_request(incoming())

    @rule(count=st.integers(1, 3))
    def requests_arrive(self, count: int) -> None:
        for _ in range(count):
            self._do(self._add())
        self._accepted += count

    @rule(limit=st.integers(1, 3))
    def requests_are_claimed(self, limit: int) -> None:
        self._claimed += self._do(self._desk.claim(limit))

    @precondition(lambda self: self._claimed)
    @rule(data=st.data())
    def a_translation_is_saved(self, data: st.DataObject) -> None:
        claimed = self._claimed.pop(data.draw(st.integers(0, len(self._claimed) - 1)))
        wanted = claimed.pending or range(data.draw(st.integers(0, 3)))
        deferred = tuple(place for place in sorted(wanted) if data.draw(st.integers(0, 5)) == 0)
        made: list[EventRecord] = [
            _placed(data.draw(events), place) for place in sorted(wanted) if place not in deferred
        ]
        if claimed.pending is None and data.draw(st.integers(0, 9)) == 0:
            made, deferred = [parked_event(-1)], ()
        self._do(self._desk.save(claimed, *made, deferred=deferred, due_at=self._desk.now + SECOND))

    @precondition(lambda self: self._claimed)
    @rule()
    def claimed_requests_are_given_back(self) -> None:
        ids = [claimed.id for claimed in self._claimed]
        self._claimed.clear()
        self._do(self._store.release_requests(ids, self._desk.now))

    @rule(main=st.integers(0, 2), second=st.integers(0, 2))
    def batches_are_claimed(self, main: int, second: int) -> None:
        for batch in self._do(self._desk.look({"main": main, "second": second})).batches:
            members = {one.enrollment_id for one in batch.members}
            for other in self._held.values():
                assert members.isdisjoint(one.enrollment_id for one in other.members)
            self._note(batch)
            self._held[batch.id] = batch

    def _note(self, batch: ClaimedBatch) -> None:
        """A key stands for one composition for ever, and a composition for one key."""
        composition = (tuple((one.enrollment_id, one.revision) for one in batch.members), batch.body)
        assert self._compositions.setdefault(batch.key, composition) == composition
        assert self._keys.setdefault(composition, batch.key) == batch.key
        assert 1 <= len(batch.members) <= 100

    @precondition(lambda self: self._held)
    @rule(data=st.data(), how=policies)
    def a_call_ends(self, data: st.DataObject, how: Any) -> None:
        batch = self._held.pop(data.draw(st.sampled_from(sorted(self._held))))
        verdict = data.draw(verdicts(len(batch.members)))
        self._do(self._desk.end(batch, verdict, how))

    @rule(seconds=st.sampled_from([1, 5, 60, 3600]))
    def time_passes(self, seconds: int) -> None:
        self._desk.move(seconds * SECOND)

    @rule()
    def leases_run_out(self) -> None:
        """The old holders may still come back: their claims are the same until somebody claims anew."""
        self._desk.move(LEASE)
        self._do(self._store.rescue_requests(self._desk.now))
        until = self._desk.now + LEASE
        rescued = self._do(self._store.rescue_batches(self._desk.now, until))
        self._held = {batch.id: batch for batch in rescued}

    @rule(data=st.data(), kept=st.booleans())
    def an_operator_tidies_up(self, data: st.DataObject, kept: bool) -> None:
        letters = self._do(self._desk.letters())
        chosen = [letter for letter in letters if data.draw(st.booleans())]
        change = (
            self._store.retry_dead(chosen, self._desk.now)
            if kept
            else self._store.discard_dead(chosen, "no", self._desk.now)
        )
        assert set(self._do(change)) <= set(chosen)

    @rule(released=st.booleans())
    def a_forger_knocks(self, released: bool) -> None:
        self._do(self._store.add_quarantined(quarantined(), keep=2))
        ((entry, _), *_) = self._do(self._store.quarantined(1))
        if released and self._do(self._store.release_quarantined(entry, incoming())):
            self._accepted += 1

    @rule()
    def the_process_is_restarted(self) -> None:
        now = self._desk.now
        self._do(self._open.aclose())
        self._start(now)
        self._do(self._store.expire_leases())
        self._held.clear()

    @invariant()
    def the_books_balance(self) -> None:
        ledger = self._do(self._store.ledger())
        assert ledger.faults() == []
        assert ledger.accepted == self._accepted
        assert ledger.quarantined <= 2

    @invariant()
    def every_enrollment_is_found_by_its_state(self) -> None:
        counts = self._do(self._store.ledger()).enrollments
        pages = {
            state: self._do(self._store.enrollments_page(1000, EnrollmentFilter(states=(state,))))
            for state in counts
        }
        assert {state: len(page.rows) for state, page in pages.items()} == dict(counts)

    @invariant()
    def every_event_is_counted_once(self) -> None:
        events = self._do(self._store.ledger()).events
        counts = total(counts for one in self._do(self._store.traffic()) for counts in one.days.values())
        assert counts.events == sum(events.values()) - events.get("duplicate", 0)
        assert counts.parked == events.get("parked", 0) + events.get("discarded", 0)
        assert counts.ignored == events.get("ignored", 0)


def _placed(event: EventRecord, position: int) -> EventRecord:
    return replace(event, position=position)


def test_the_books_balance_after_every_step(engines: Engines) -> None:
    class Machine(LedgerMachine):
        pass

    Machine.engines = engines
    # A step is some commits to a real file: fewer examples than usual, in proportion to the profile's.
    examples = engines.fewer(settings().max_examples * 2 // 5)
    run_state_machine_as_test(Machine, settings=settings(max_examples=examples, stateful_step_count=40))
