"""Tells channels what is to be told: each its messages one after the other, until they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from relay.clock import Clock, milliseconds
from relay.core.alert_messages import Channel, NotTold
from relay.core.retry import exponential
from relay.store.alerts import ClaimedMessage
from relay.store.base import Store
from relay.telemetry import Metrics, place_of

log = structlog.get_logger()

SCHEDULE = exponential(initial=5.0, factor=2.0, longest=600.0, lasting=86_400.0)
"""What could not be told for about a day is given up."""

_LEASE = 120_000
"""Milliseconds, much longer than one try takes."""

Send = Callable[[Channel, bytes], Awaitable[NotTold | None]]


class Telling:
    """One step tells each channel that has something to be told its next message."""

    def __init__(
        self,
        store: Store,
        channels: Iterable[Channel],
        send: Send,
        clock: Clock,
        metrics: Metrics,
        *,
        spread: Callable[[], float],
    ) -> None:
        self._store = store
        self._channels = {channel.name: channel for channel in channels}
        self._send = send
        self._clock = clock
        self._metrics = metrics
        self._spread = spread

    async def tick(self) -> float | None:
        """Seconds until something is due again."""
        due = await self._store.alerts.next_message(self._channels)
        now = milliseconds(self._clock)
        if due is None or due > now:
            return None if due is None else (due - now) / 1000
        claimed = await self._store.alerts.claim_messages(self._channels, now, now + _LEASE)
        async with asyncio.TaskGroup() as telling:
            for message in claimed:
                telling.create_task(self._tell(message))
        return 0.0

    async def _tell(self, message: ClaimedMessage) -> None:
        try:
            fault = await self._send(self._channels[message.channel], message.body)
        except Exception as error:  # noqa: BLE001  # one channel's trouble is not another's
            fault = NotTold(place_of(error))
        now = milliseconds(self._clock)
        if fault is None:
            self._count(message, "told")
            await self._store.alerts.end_message(message, now)
            return
        log.warning("alert not told", channel=message.channel, attempt=message.attempt, fault=fault.reason)
        delay = SCHEDULE.delay(message.attempt, self._spread(), fault.retry_after)
        if fault.final or delay is None:
            self._count(message, "given up")
            await self._store.alerts.end_message(message, now, fault.reason)
        else:
            self._count(message, "failed")
            await self._store.alerts.put_off_message(message, now + round(delay * 1000), fault.reason)

    def _count(self, message: ClaimedMessage, end: str) -> None:
        self._metrics.alert_messages.labels(message.channel, end).inc()
