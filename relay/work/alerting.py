"""Looks once a minute whether a person has to know of something, and writes down what is to be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from relay.clock import Clock, milliseconds
from relay.config.installation import Installation
from relay.core.alert_life import Alert, Step, look_at
from relay.core.alert_messages import message
from relay.core.alerts import AlertKind
from relay.core.conditions import conditions
from relay.store.alerts import Look, Outgoing, Saved
from relay.store.base import Store
from relay.telemetry import Metrics
from relay.work.noticing import Noticing

log = structlog.get_logger()

LOOK_SECONDS = 60.0
_LEASE = 50_000
"""Milliseconds: a little less than between two looks, so that the one who takes them goes on."""

_ABSENT = 5 * 60_000
"""After so long without a look nobody was there to see what came."""


class Alerting:
    """Of many nodes one takes each look; all of them show what is open."""

    def __init__(
        self,
        store: Store,
        installation: Installation,
        clock: Clock,
        metrics: Metrics,
        *,
        to_tell: Callable[[], None],
    ) -> None:
        self._store = store
        self._rules = installation.alert_rules
        self._channels = installation.channels
        self._relay = installation.config.public_url
        self._noticing = Noticing(store, installation)
        self._clock = clock
        self._metrics = metrics
        self._to_tell = to_tell

    async def tick(self) -> float:
        """Seconds until the next look."""
        now = milliseconds(self._clock)
        claimed = await self._store.alerts.claim_look(now, now + _LEASE, _ABSENT)
        if claimed is not None:
            await self._look(claimed)
        self._show(await self._store.alerts.live())
        return LOOK_SECONDS

    async def _look(self, claimed: Look) -> None:
        live = await self._store.alerts.live()
        found = conditions(await self._noticing.snapshot(claimed, live), self._rules)
        known = {alert.condition.key for alert in live}
        new = [condition.key for condition in found if condition.key not in known]
        past = await self._store.alerts.last_over(new)
        repaired = await self._noticing.repaired(live, found)
        steps = look_at(live, past, found, self._rules, claimed.at, repaired=repaired)
        saved = [Saved(step, self._messages(step, claimed.at)) for step in steps]
        if await self._store.alerts.save_look(claimed, saved):
            self._told(steps)

    def _messages(self, step: Step, now: int) -> tuple[Outgoing, ...]:
        if step.told is None:
            return ()
        body = message(step.alert, step.told, now, self._relay)
        wanting = (one.name for one in self._channels if one.wants(step.alert.condition))
        return tuple(Outgoing(name, body) for name in wanting)

    def _told(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if step.told is not None:
                log.warning("alert", what=step.told, key=step.alert.condition.key)
        if any(step.told for step in steps):
            self._to_tell()

    def _show(self, live: Sequence[Alert]) -> None:
        opened = Counter(alert.condition.kind for alert in live if alert.is_open)
        self._metrics.show_alerts({kind.value: opened[kind] for kind in AlertKind})
