"""Tells the ledger that this process is there, and what it does, so that people see whether all are."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

import structlog

from relay.clock import AgreedClock, milliseconds
from relay.core.node import Node, Waiting
from relay.store.base import Store, StoreFault
from relay.telemetry import Metrics
from relay.work.loop import Loop

log = structlog.get_logger()

BEAT_SECONDS = 10.0
_BEATS_OF_A_MINUTE = 6


class Presence:
    """One process on the list of nodes, from its first beat until it leaves. `spooled`: what waits there."""

    def __init__(
        self,
        store: Store,
        clock: AgreedClock,
        metrics: Metrics,
        node: Node,
        spooled: Callable[[], Waiting] = Waiting,
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._node = node
        self._spooled = spooled
        self._counted = deque([(0, 0)], maxlen=1 + _BEATS_OF_A_MINUTE)
        self._beating = Loop("beat", self.tick, longest=BEAT_SECONDS)

    def start(self) -> None:
        self._beating.start()

    async def tick(self) -> float:
        """Seconds until the next beat."""
        try:
            # Not all processes have a loop that asks for the time.
            await self._clock.agree()
            await self._store.nodes.tell(self._now())
        except StoreFault as fault:
            log.warning("other nodes cannot see this one", fault=str(fault))
        return BEAT_SECONDS

    def _now(self) -> Node:
        self._counted.append((self._metrics.taken(), self._metrics.delivered()))
        first, last = self._counted[0], self._counted[-1]
        spooled = self._spooled()
        return replace(
            self._node,
            seen_at=milliseconds(self._clock),
            requests=last[0] - first[0],
            contacts=last[1] - first[1],
            spooled=spooled.requests,
            spooled_since=spooled.since,
        )

    async def leave(self) -> None:
        """Say goodbye; whoever does not is missed."""
        await self._beating.stop()
        try:
            await self._store.nodes.leave(self._node.id)
        except StoreFault as fault:
            log.warning("other nodes will miss this one", fault=str(fault))
