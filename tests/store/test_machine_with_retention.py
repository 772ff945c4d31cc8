"""The ledger machine while what is over is retired: the books balance, and nothing is sent twice."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from relay.core.retention import Kept
from relay.store.sql.retention import ROUND
from tests.factories import SECOND
from tests.store.conftest import Engines
from tests.store.test_machine import LedgerMachine


class RetiringMachine(LedgerMachine):
    """What the other machine does, and steps of retirement in between."""

    @rule(seconds=st.sampled_from([1, 60]), most=st.sampled_from([1, 2, 200]), anew=st.booleans())
    def what_is_over_is_retired(self, seconds: int, most: int, anew: bool) -> None:
        store, now = self._store, self._desk.now
        kept = Kept(bodies=seconds * SECOND, records=seconds * SECOND)
        if anew:
            self._do(store.retention.begin(now))
        done = self._do(store.retention.step(kept, now, most))
        assert done.next_due <= now + ROUND

    @invariant()
    def every_event_is_counted_once(self) -> None:
        """The counts of sources outlive their events."""


def test_the_books_balance_while_records_go(engines: Engines) -> None:
    class Machine(RetiringMachine):
        pass

    Machine.engines = engines
    examples = engines.fewer(settings().max_examples * 2 // 5)
    run_state_machine_as_test(Machine, settings=settings(max_examples=examples, stateful_step_count=60))
