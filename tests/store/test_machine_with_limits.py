"""The ledger machine with budgets and breakers: no interleaving is over a window or past an open breaker."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from relay.core.breaker import Health, State
from relay.core.budget import HOUR, MINUTE, Budget, Limits
from relay.core.settlement import Settlement
from relay.store.base import ClaimedBatch, OpenBreaker
from tests.factories import SECOND
from tests.store.conftest import Engines
from tests.store.desk import LEASE, attempt_of
from tests.store.test_machine import LedgerMachine

PER_MINUTE, PER_HOUR, SHARE = 3, 7, 0.3
ONE_FOR_BOTH = Budget(organization="both", per_minute=PER_MINUTE, per_hour=PER_HOUR, replays=SHARE)
BUDGETS = {"main": ONE_FOR_BOTH, "second": ONE_FOR_BOTH}


class LimitedMachine(LedgerMachine):
    """What the other machine does, with two destinations that share the limits of one organization."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[tuple[int, bool]] = []
        self._left: tuple[int, int] | None = None

    @rule(main=st.integers(0, 3), second=st.integers(0, 3))
    def batches_are_claimed(self, main: int, second: int) -> None:
        now, rooms = self._desk.now, {"main": main, "second": second}
        before = self._do(self._store.open_breakers())
        claim = self._store.claim_batches(now, now + LEASE, 0, rooms, budgets=BUDGETS)
        claimed = self._do(claim)
        self._are_within_what_was_said(claimed.batches)
        self._pass_no_breaker(before, claimed.batches)
        for batch in claimed.batches:
            self._note(batch)
            self._held[batch.id] = batch
            self._calls.append((now, batch.replay))

    def _are_within_what_was_said(self, batches: Sequence[ClaimedBatch]) -> None:
        now = self._desk.now
        if self._left is not None and now < self._left[1]:
            remaining, resets_at = self._left
            assert len(batches) <= remaining
            self._left = (remaining - len(batches), resets_at)

    def _pass_no_breaker(self, breakers: Sequence[OpenBreaker], batches: Sequence[ClaimedBatch]) -> None:
        for found in breakers:
            within = [batch for batch in batches if _is_within(found, batch)]
            if found.breaker.state is State.OPEN:
                assert within == []
            else:
                assert len(within) + sum(_is_within(found, one) for one in self._held.values()) <= 1

    @precondition(lambda self: self._held)
    @rule(
        data=st.data(),
        remaining=st.integers(0, 3),
        seconds=st.integers(1, 90),
        per_minute=st.none() | st.integers(1, 5),
    )
    def a_call_ends_and_says_what_is_left(
        self, data: st.DataObject, remaining: int, seconds: int, per_minute: int | None
    ) -> None:
        batch = self._held.pop(data.draw(st.sampled_from(sorted(self._held))))
        resets_at = self._desk.now + seconds * SECOND
        said = Limits(per_minute=per_minute, allowed=9, remaining=remaining, resets_at=resets_at)
        people = tuple((one.enrollment_id, None) for one in batch.members)
        ended = Settlement(delivered=people, health=Health(up=True), limits=said)
        self._do(self._store.settle(batch, attempt_of(batch, [], self._desk.now), ended, self._desk.now))
        self._left = (remaining, resets_at)

    @rule(up=st.booleans())
    def breakers_are_looked_at(self, up: bool) -> None:
        for found in self._do(self._store.open_breakers()):
            health = Health(up=up, open_after=3, spread=0.5)
            self._do(self._store.looked(found, health, self._desk.now))

    @rule(destination=st.sampled_from(["main", "second"]))
    def a_person_resumes(self, destination: str) -> None:
        self._do(self._store.resume(destination, None))

    @invariant()
    def no_window_is_overdrawn(self) -> None:
        for length, allowed in ((MINUTE, PER_MINUTE), (HOUR, PER_HOUR)):
            assert _most(self._calls, length) <= allowed
        replays = [call for call in self._calls if call[1]]
        assert _most(replays, HOUR) <= int(PER_HOUR * SHARE)


def _most(calls: Sequence[tuple[int, bool]], length: int) -> int:
    """The most calls in any window of so many seconds."""
    times = [at for at, _ in calls]
    return max((sum(start <= at < start + length * SECOND for at in times) for start in times), default=0)


def _is_within(found: OpenBreaker, batch: ClaimedBatch) -> bool:
    return batch.lane.destination == found.destination and found.sequence in (None, batch.lane.sequence)


def test_no_interleaving_is_over_a_window_or_past_an_open_breaker(engines: Engines) -> None:
    class Machine(LimitedMachine):
        pass

    Machine.engines = engines
    examples = engines.fewer(settings().max_examples * 2 // 5)
    run_state_machine_as_test(Machine, settings=settings(max_examples=examples, stateful_step_count=40))
