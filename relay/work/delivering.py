"""Enrollments to the destination: freeze a batch, send it, judge the answer, settle."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import structlog

from relay.clock import Clock, milliseconds, moment
from relay.config.installation import Installation
from relay.config.maps import resolve_maps
from relay.core.destination import Destination
from relay.core.limits import limits_in
from relay.core.outcome import Answer, Failure, Lost, Verdict, judge
from relay.core.settlement import Settlement, Tried, settle
from relay.destination.client import Client
from relay.store.base import AttemptRecord, ClaimedBatch, Store, StoreFault
from relay.telemetry import Metrics, place_of

log = structlog.get_logger()

_KEPT_ANSWER = 8192
_SETTLE_AGAIN = 1.0

STOPPED = Lost("the relay stopped before the answer was known", sent=True, ours=True)


class Delivering:
    """One step claims batches within each destination's room and sends them beside it."""

    def __init__(
        self,
        store: Store,
        installation: Installation,
        client: Client,
        clock: Clock,
        metrics: Metrics,
        *,
        spread: Callable[[], float],
        more: Callable[[], None],
        failing: Callable[[], None],
    ) -> None:
        self._store = store
        self._destinations = installation.destinations
        self._budgets = {name: one.budget for name, one in self._destinations.items()}
        self._maps = resolve_maps(installation.config)
        self._timings = {route.name: route.timing for route in installation.routes}
        self._client = client
        self._clock = clock
        self._metrics = metrics
        self._spread = spread
        self._more = more
        self._failing = failing
        delivery = installation.config.delivery
        self._parallel = delivery.parallel
        self._linger = round(delivery.linger.total_seconds() * 1000)
        self._lease = round(delivery.lease.total_seconds() * 1000)
        self._under_way: Counter[str] = Counter()
        self._replays: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending: set[int] = set()
        self._troubled: set[str] = set()
        self._ending = False

    async def take_up(self) -> None:
        """Release what was held for an id that the maps of today know."""
        released = await self._store.release_mapped(self._maps, milliseconds(self._clock))
        if released:
            log.info("released what was held for its location or employee", count=released)

    async def tick(self) -> float | None:
        """Send what is due and has room; seconds until something is due again."""
        room = {name: self._parallel - self._under_way[name] for name in self._destinations}
        if not any(room.values()):
            return None
        now = milliseconds(self._clock)
        claimed = await self._store.claim_batches(
            now,
            now + self._lease,
            self._linger,
            room,
            timings=self._timings,
            budgets=self._budgets,
            replay_room=self._replay_room(),
        )
        for batch in claimed.batches:
            self._send_beside(batch)
        if claimed.next_due is None:
            return None
        return max(0.0, claimed.next_due / 1000 - self._clock.now())

    def _replay_room(self) -> dict[str, int]:
        """What is sent again leaves most connections to what is new, also where no limit is known."""
        return {
            name: max(1, int(self._parallel * budget.replays)) - self._replays[name]
            for name, budget in self._budgets.items()
        }

    def _send_beside(self, batch: ClaimedBatch) -> None:
        name = batch.lane.destination
        self._under_way[name] += 1
        self._replays[name] += batch.replay
        self._sending.add(batch.id)
        self._metrics.in_flight.labels(name).inc()
        task = asyncio.create_task(self._send(batch))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._sent(done, batch))

    def _sent(self, task: asyncio.Task[None], batch: ClaimedBatch) -> None:
        self._tasks.discard(task)
        self._sending.discard(batch.id)
        self._under_way[batch.lane.destination] -= 1
        self._replays[batch.lane.destination] -= batch.replay
        self._metrics.in_flight.labels(batch.lane.destination).dec()
        if not task.cancelled() and (error := task.exception()) is not None:
            # The lease runs out, and the rescue meets it as a call of unknown outcome.
            log.error("delivery failed", batch=batch.id, error=place_of(error))
        self._more()

    async def _send(self, batch: ClaimedBatch) -> None:
        destination = self._destinations[batch.lane.destination]
        started = self._clock.now()
        try:
            outcome = await self._client.execute(destination, batch.lane.sequence, batch.key, batch.body)
        except asyncio.CancelledError:
            outcome = STOPPED
        await self.conclude(destination, batch, outcome, started)

    async def conclude(
        self, destination: Destination, batch: ClaimedBatch, outcome: Answer | Lost, started: float
    ) -> None:
        """Judge the end of a call and write down what follows from it."""
        now = moment(self._clock)
        verdict = judge(outcome, [member.email for member in batch.members], now)
        tried = Tried(batch.lane, batch.members, batch.attempt)
        settlement = settle(tried, verdict, destination.policy, now, self._spread())
        if isinstance(outcome, Answer):
            settlement = replace(settlement, limits=limits_in(outcome, now))
        attempt = _attempt(batch, outcome, verdict, started, self._clock.now())
        self._count(destination.name, verdict, settlement, attempt)
        await self._settle(batch, attempt, settlement)
        self._show(destination.name, settlement)

    def _show(self, name: str, settlement: Settlement) -> None:
        """Whoever looks after breakers learns of the first failure, of every further one, and of the end."""
        if settlement.health is None or (settlement.health.up and name not in self._troubled):
            return
        (self._troubled.discard if settlement.health.up else self._troubled.add)(name)
        self._failing()

    async def _settle(self, batch: ClaimedBatch, attempt: AttemptRecord, settlement: Settlement) -> None:
        """What happened is known only here until it is written down, so only a stop ends the tries."""
        while True:
            try:
                await self._store.settle(batch, attempt, settlement, milliseconds(self._clock))
            except StoreFault as fault:
                log.error("cannot settle", batch=batch.id, fault=str(fault))  # noqa: TRY400  # the message is for an operator
                if self._ending:
                    raise
                await asyncio.sleep(_SETTLE_AGAIN)
            else:
                return

    def _count(self, name: str, verdict: Verdict, settlement: Settlement, attempt: AttemptRecord) -> None:
        end = verdict.code if isinstance(verdict, Failure) else "ok"
        self._metrics.calls.labels(name, end).inc()
        self._metrics.call_seconds.labels(name).observe(attempt.took / 1000)
        self._metrics.contacts.labels(name, "delivered").inc(len(settlement.delivered))
        self._metrics.contacts.labels(name, "dead").inc(len(settlement.dead))
        if settlement.doubt is not None:
            log.warning("delivered in doubt", destination=name, batch=attempt.batch_id)
        if isinstance(verdict, Failure):
            log.warning(
                "call failed",
                destination=name,
                batch=attempt.batch_id,
                attempt=attempt.number,
                certainty=verdict.certainty.value,
                status=attempt.status,
                code=verdict.code,
            )

    async def rescue(self) -> float | None:
        """Meet batches whose lease ran out as calls of unknown outcome."""
        now = milliseconds(self._clock)
        for batch in await self._store.rescue_batches(now, now + self._lease):
            destination = self._destinations.get(batch.lane.destination)
            if batch.id not in self._sending and destination is not None:
                log.warning("rescued a batch", batch=batch.id, size=len(batch.members))
                await self.conclude(destination, batch, STOPPED, self._clock.now())
        self._more()
        return None

    async def settle_down(self) -> None:
        """Wait for the calls under way."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    async def cut_short(self) -> None:
        """End the calls under way: what became of them is then unknown, and written down as such."""
        self._ending = True
        for task in list(self._tasks):
            task.cancel()
        await self.settle_down()


def _attempt(
    batch: ClaimedBatch, outcome: Answer | Lost, verdict: Verdict, started: float, ended: float
) -> AttemptRecord:
    failure = verdict if isinstance(verdict, Failure) else None
    answer = outcome if isinstance(outcome, Answer) else None
    return AttemptRecord(
        batch_id=batch.id,
        number=batch.attempt,
        started_at=int(started * 1000),
        took=max(0, round((ended - started) * 1000)),
        status=answer.status if answer else None,
        certainty=failure.certainty.value if failure else None,
        error=failure.reason if failure else None,
        answer=answer.body[:_KEPT_ANSWER] if answer else None,
    )
