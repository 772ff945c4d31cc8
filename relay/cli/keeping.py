"""Where intake keeps what it takes, put together: the store, and what is done while that is away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from relay.clock import Clock, milliseconds
from relay.config.installation import Installation
from relay.config.models import Config
from relay.core.node import Waiting
from relay.spool.coming import Coming
from relay.spool.draining import LOOK_SECONDS, Draining
from relay.spool.keeping import Patient, Refusing, Spooling
from relay.spool.spool import Spool
from relay.telemetry import Metrics
from relay.web.intake import Keep
from relay.work.loop import Loop


class Keeping(Protocol):
    """`keep` is for the intake: it raises `StoreFault` where a request is not durable."""

    keep: Keep

    @property
    def spools(self) -> bool:
        """Whether requests are kept while the store is away."""
        ...

    def stands_in(self) -> bool:
        """Whether they can be now."""
        ...

    def waiting(self) -> Waiting:
        """What is spooled now."""
        ...

    async def open(self) -> None:
        """Raises `StoreFault` where it could not be used."""
        ...

    def start(self) -> None:
        """From now on what is spooled comes into the store."""
        ...

    async def stop(self) -> None:
        """Nobody keeps anything any more. What cannot be brought in soon is left to others."""
        ...


def make_keeping(
    installation: Installation,
    store: Coming,
    clock: Clock,
    metrics: Metrics,
    *,
    accepted: Callable[[], None],
) -> Keeping:
    """As the configuration wants it. `accepted` is called when spooled requests have come into the store."""
    patient = Patient(store.add_request, installation.config.store.timeout.total_seconds())
    if installation.config.store.spools:
        return _WithSpool(installation.config, store, patient, clock, metrics, accepted)
    # A file has a time-out of its own, and a slow disk is no reason to send everybody away.
    return _Without(store.add_request if isinstance(installation.ledger, Path) else Refusing(patient).keep)


class _Without(Keeping):
    spools = False

    def __init__(self, keep: Keep) -> None:
        self.keep = keep

    def stands_in(self) -> bool:
        return False

    def waiting(self) -> Waiting:
        return Waiting()

    async def open(self) -> None:
        """There is nothing to open."""

    def start(self) -> None:
        """Nothing waits."""

    async def stop(self) -> None:
        """Nothing is open."""


class _WithSpool(Keeping):
    spools = True

    def __init__(
        self,
        config: Config,
        store: Coming,
        patient: Patient,
        clock: Clock,
        metrics: Metrics,
        accepted: Callable[[], None],
    ) -> None:
        self._config = config
        self._clock = clock
        self._spool = Spool(config.spool_folder, config.spool.max_size, clock)
        self._spooling = Spooling(patient, self._spool, clock, begun=self._drain)
        self._draining = Draining(self._spool, self._spooling, store.add_spooled, clock, accepted=accepted)
        self._loop = Loop("drain", self._draining.tick, longest=LOOK_SECONDS)
        self.keep = self._spooling.keep
        metrics.watch_spool(
            lambda: self._spool.requests,
            lambda: self._spool.size,
            lambda: self._seconds_since(self._spool.oldest),
            lambda: self._seconds_since(self._spooling.away_since),
        )

    def _drain(self) -> None:
        self._loop.wake()

    def _seconds_since(self, moment: int | None) -> float:
        return 0.0 if moment is None else max(0, milliseconds(self._clock) - moment) / 1000

    def stands_in(self) -> bool:
        return self._spool.has_room()

    def waiting(self) -> Waiting:
        requests = self._spool.requests
        return Waiting(requests, self._spool.oldest if requests else None)

    async def open(self) -> None:
        await self._spool.open()

    def start(self) -> None:
        if not self._loop.is_running:
            self._loop.start()

    async def stop(self) -> None:
        self._draining.cut_short()
        await self._loop.stop()
        await self._draining.finish(
            self._config.server.shutdown_grace.total_seconds(), self._config.store.timeout.total_seconds()
        )
        await self._spool.close()
