"""Retires what is over in small steps, and rests far longer than each of them takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import structlog

from relay.clock import Clock, milliseconds
from relay.core.retention import MOST_IN_A_STEP, Kept
from relay.store.base import Store

log = structlog.get_logger()

LONGEST_WAIT = 600.0
"""Seconds: another node may be at it."""

_SHARE = 20
"""A rest is so many times as long as the step before it, with what the step waited for others: a busy ledger
is hardly ever asked."""

_SHORTEST_REST = 0.05
_LONGEST_STEP = 0.01
"""Seconds, after which a step looks at less."""

_LEAST = 10


class Retiring:
    """`stopwatch` gives seconds from whenever on."""

    def __init__(self, store: Store, kept: Kept, clock: Clock, stopwatch: Callable[[], float]) -> None:
        self._store = store
        self._kept = kept
        self._clock = clock
        self._stopwatch = stopwatch
        self._most = MOST_IN_A_STEP
        self._gone: Counter[str] = Counter()

    async def tick(self) -> float:
        """Seconds until the next step."""
        now, began = milliseconds(self._clock), self._stopwatch()
        done = await self._store.retention.step(self._kept, now, self._most)
        took = self._stopwatch() - began
        self._gone.update(done.counts)
        if done.next_due > now:
            self._tell()
            return (done.next_due - now) / 1000
        self._most = max(_LEAST, self._most // 2) if took > _LONGEST_STEP else MOST_IN_A_STEP
        return max(_SHORTEST_REST, _SHARE * took)

    def _tell(self) -> None:
        """Once for all the steps that had something to do."""
        if self._gone:
            log.info("retired", **{what.replace(" ", "_"): count for what, count in self._gone.items()})
        self._gone.clear()
