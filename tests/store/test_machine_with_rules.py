"""The ledger machine with a suppression list, hours, lateness and maps: the books balance all the same."""

from __future__ import annotations

from datetime import UTC, time, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from relay.core.attribution import IdMap, Maps, Unmapped
from relay.core.suppression import Suppression, kind_of
from relay.core.timing import Hours, OpenTimes, Timing
from relay.sandbox.first import DOWNTOWN
from tests.factories import DAY, LANE, SECOND, new_enrollment, read_event
from tests.store.conftest import Engines
from tests.store.desk import LEASE
from tests.store.test_machine import LedgerMachine, keys, moments, people

NIGHTS = OpenTimes(zone=UTC, quiet=(Hours(time(18, 30), time(18, 0)),))
"""Open for half an hour a day, the first one of the machine's time."""

TIMINGS = {"after-visit": Timing(open=NIGHTS, latest=timedelta(days=1))}
DETAIL = b'{"location":"L9","employee":null}'
MAPPED = {"main": Maps(IdMap("location", "locations", {"L9": DOWNTOWN}, "hold"))}
values = st.sampled_from(["ana@example.com", "ben@example.com", "example.com"])
unmapped = st.sampled_from(
    [None, Unmapped("held", "not in locations"), Unmapped("unmapped", "not in locations")]
)


class RuledMachine(LedgerMachine):
    """What the other machine does, under rules that change at any time."""

    @rule(value=values, lasting=st.booleans())
    def somebody_is_suppressed(self, value: str, lasting: bool) -> None:
        ends = None if lasting else self._desk.now + 60 * SECOND
        entry = Suppression(kind_of(value), value, "", "ops", self._desk.now, ends)
        self._do(self._store.suppress([entry], self._desk.now))

    @rule(value=values)
    def somebody_is_taken_off_the_list(self, value: str) -> None:
        self._do(self._store.unsuppress([value]))

    @precondition(lambda self: any(one.pending is None for one in self._claimed))
    @rule(email=people, key=keys, at=moments, why=unmapped, late=st.booleans())
    def a_visit_is_reported(self, email: str, key: str, at: int, why: Unmapped | None, late: bool) -> None:
        claimed = next(one for one in self._claimed if one.pending is None)
        self._claimed.remove(claimed)
        start = at - 2 * DAY if late else at
        one = new_enrollment(email, key=key, due_at=at, start_at=start, unmapped=why)
        event = read_event(key=key, occurred_at=at, enrollments=(one,), detail=DETAIL)
        self._do(self._desk.save(claimed, event))

    @rule(room=st.integers(1, 2))
    def batches_are_claimed_within_hours(self, room: int) -> None:
        now = self._desk.now
        rooms = {"main": room, "second": room}
        claim = self._store.claim_batches(now, now + LEASE, 0, rooms, timings=TIMINGS)
        claimed = self._do(claim)
        for batch in claimed.batches:
            self._note(batch)
            self._held[batch.id] = batch
        assert claimed.next_due is None or claimed.next_due >= now

    @rule()
    def maps_are_completed(self) -> None:
        self._do(self._store.release_mapped(MAPPED, self._desk.now))
        letters = [letter for letter in self._do(self._store.dead_letters(100)) if letter.cause == "held"]
        assert [letter for letter in letters if letter.sequence == LANE.sequence] == []

    @rule()
    def every_letter_is_retried_with_maps(self) -> None:
        letters = self._do(self._desk.letters())
        assert self._do(self._store.retry_dead(letters, self._desk.now, MAPPED)) is not None


def test_the_books_balance_under_rules_that_change(engines: Engines) -> None:
    class Machine(RuledMachine):
        pass

    Machine.engines = engines
    examples = engines.fewer(settings().max_examples * 2 // 5)
    run_state_machine_as_test(Machine, settings=settings(max_examples=examples, stateful_step_count=40))
