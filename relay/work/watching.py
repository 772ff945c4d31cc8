"""Holds and breakers: looks whether what was refused or failed would be accepted now, and enrols nobody."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence

import structlog

from relay.clock import Clock, milliseconds
from relay.config.installation import Installation
from relay.core.breaker import Health, State
from relay.core.destination import Destination
from relay.destination.inspection import Inspector
from relay.store.base import Held, OpenBreaker, Store
from relay.telemetry import Metrics

log = structlog.get_logger()

LOOK_SECONDS = 60.0

Place = tuple[str, str | None]
"""A destination, and the one sequence of it that is meant; None: all of it."""


class Watching:
    """One step looks at what is held once a minute, and at whatever failed when it is time to."""

    def __init__(
        self,
        store: Store,
        installation: Installation,
        inspector: Inspector,
        clock: Clock,
        metrics: Metrics,
        *,
        spread: Callable[[], float],
        resumed: Callable[[], None],
    ) -> None:
        self._store = store
        self._destinations = installation.destinations
        self._inspector = inspector
        self._clock = clock
        self._metrics = metrics
        self._spread = spread
        self._resumed = resumed
        self._look_at_holds = 0.0
        self._troubles: set[Place] = set()

    async def tick(self) -> float:
        """Seconds until the next look. A destination that does not answer holds up no look at another."""
        due: defaultdict[str, list[Held | OpenBreaker]] = defaultdict(list)
        for hold in await self._holds_due():
            due[hold.destination].append(hold)
        for found in await self._breakers_due():
            due[found.destination].append(found)
        async with asyncio.TaskGroup() as looks:
            for those in due.values():
                looks.create_task(self._look(those))
        return await self._next_look()

    async def _holds_due(self) -> list[Held]:
        if self._clock.now() < self._look_at_holds:
            return []
        self._look_at_holds = self._clock.now() + LOOK_SECONDS
        return await self._store.held()

    async def _breakers_due(self) -> list[OpenBreaker]:
        now = milliseconds(self._clock)
        return [one for one in _to_look_at(await self._breakers()) if one.breaker.look_at <= now]

    async def _breakers(self) -> list[OpenBreaker]:
        """Those of destinations that are configured: nothing goes to the others anyway."""
        return [one for one in await self._store.open_breakers() if one.destination in self._destinations]

    async def _look(self, those: Sequence[Held | OpenBreaker]) -> None:
        for one in those:
            await (self._look_at_hold(one) if isinstance(one, Held) else self._look_at_breaker(one))

    async def _next_look(self) -> float:
        breakers, holds = await self._breakers(), await self._store.held()
        self._metrics.show_troubles(self._destinations, breakers, holds)
        self._tell(
            {(o.destination, o.sequence) for o in breakers} | {(h.destination, h.sequence) for h in holds}
        )
        looks = [one.breaker.look_at / 1000 for one in _to_look_at(breakers)]
        return max(0.0, min([self._look_at_holds, *looks]) - self._clock.now())

    def _tell(self, troubles: set[Place]) -> None:
        """Say once what a person has to know, and once that it is over."""
        for destination, sequence in troubles - self._troubles:
            log.warning("not sent any more, see relay status", destination=destination, sequence=sequence)
        for destination, sequence in self._troubles - troubles:
            log.info("sent again", destination=destination, sequence=sequence)
        self._troubles = troubles

    async def _look_at_hold(self, held: Held) -> None:
        destination = self._destinations.get(held.destination)
        if destination is not None and await self._is_mended(destination, held):
            await self._store.resume(held.destination, held.sequence)
            log.info("resumed", destination=held.destination, sequence=held.sequence)
            self._resumed()

    async def _is_mended(self, destination: Destination, held: Held) -> bool:
        """A missing scope or a redirect cannot be seen without enrolling: those wait for a person."""
        if held.sequence is None and not held.reason.startswith("401"):
            return False
        await self._count(destination)
        if held.sequence is not None:
            return await self._inspector.is_active(destination, held.sequence)
        return await self._inspector.knows_key(destination)

    async def _look_at_breaker(self, found: OpenBreaker) -> None:
        destination = self._destinations[found.destination]
        await self._count(destination)
        up = await self._inspector.answers(destination, found.sequence)
        health = Health(up, open_after=destination.policy.open_after, spread=self._spread())
        state = await self._store.looked(found, health, milliseconds(self._clock))
        log.info("looked", destination=found.destination, sequence=found.sequence, breaker=state.value)
        if state is not State.OPEN:
            self._resumed()

    async def _count(self, destination: Destination) -> None:
        """A look is a call, too, to whoever counts them."""
        await self._store.spend_call(destination.budget.organization, milliseconds(self._clock))


def _to_look_at(breakers: Sequence[OpenBreaker]) -> list[OpenBreaker]:
    """Open ones; while a destination is gone, nothing is learned by asking for one of its sequences."""
    opened = [one for one in breakers if one.breaker.state is State.OPEN]
    gone = {one.destination for one in opened if one.sequence is None}
    return [one for one in opened if one.sequence is None or one.destination not in gone]
