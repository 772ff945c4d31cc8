"""Plays the script: makes trouble, sends webhooks, and waits until nothing is left that could be done."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

from relay.cli.demo.scene import Delivery, Outage, Scripted
from relay.cli.demo.stage import Stage
from relay.cli.simulate import send, signed
from relay.core.request import Request
from relay.store.base import Ledger

PATIENCE = 30.0
"""Seconds that an act may take to settle."""

_LOOK = 0.05
_SOON = 60_000


@dataclass(frozen=True, slots=True)
class Pace:
    """For the eyes alone, in seconds: between webhooks, after a sentence, while the destination is down.

    `throttle`: what a 429 asks for.
    """

    between: float = 0.0
    reading: float = 0.0
    outage: float = 0.0
    throttle: int = 1


class Answered(NamedTuple):
    """A webhook's end: which source, whether it was forged, the status it got."""

    source: str
    forged: bool
    status: int


class Player:
    """What was done so far may be read at any time."""

    def __init__(self, stage: Stage, script: Sequence[Scripted], pace: Pace) -> None:
        self.stage = stage
        self.script = script
        self.number = 0
        self.trouble = ""
        self.answers: list[Answered] = []
        self.unsettled: list[str] = []
        self._pace = pace

    @property
    def sentence(self) -> str:
        """What this act is about."""
        return self.script[self.number - 1].act.sentence if self.number else ""

    def statuses(self) -> dict[str, Counter[int]]:
        """For each source, the answers that it got by their status."""
        counted: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for answer in self.answers:
            counted[answer.source][answer.status] += 1
        return dict(counted)

    async def play(self, narrate: Callable[[str], None]) -> None:
        """All acts in turn; each one settles before the next begins."""
        for scripted in self.script:
            self.number += 1
            narrate(self.sentence)
            await asyncio.sleep(self._pace.reading)
            await self._act(scripted)

    async def _act(self, scripted: Scripted) -> None:
        for fault in scripted.act.faults:
            self.stage.sandbox.fail_next(fault)
        try:
            async with asyncio.timeout(PATIENCE):
                async with self._outage(scripted.act.outage):
                    for delivery in scripted.deliveries:
                        await self._send(delivery)
                await self._until(lambda ledger: settled(ledger, self.stage.clock.now()))
        except TimeoutError:
            self.unsettled.append(scripted.act.sentence)

    async def _send(self, delivery: Delivery) -> None:
        case, forged = delivery.told.case, delivery.fate == "forged"
        active = self.stage.relay.installation.sources[case.connector]
        request = signed(case, active, self.stage.clock.now())
        status, _ = await send(self.stage.relay.url, active.name, spoilt(request) if forged else request)
        self.answers.append(Answered(active.name, forged, status))
        await asyncio.sleep(self._pace.between)

    @asynccontextmanager
    async def _outage(self, kind: Outage | None) -> AsyncIterator[None]:
        """The destination is down until the relay has met it, and for as long as people want to watch."""
        if kind is None:
            yield
            return
        calls = (await self.stage.relay.store.ledger()).calls
        self.trouble = "answers 503" if kind == "503" else "refuses connections"
        try:
            async with self._down(kind):
                yield
                await self._until(lambda ledger: ledger.calls > calls)
                await asyncio.sleep(self._pace.outage)
        finally:
            self.trouble = ""

    @asynccontextmanager
    async def _down(self, kind: Outage) -> AsyncIterator[None]:
        sandbox = self.stage.sandbox
        if kind == "unreachable":
            async with sandbox.unreachable():
                yield
        else:
            sandbox.begin_outage(PATIENCE, kind)
            try:
                yield
            finally:
                sandbox.end_outage()

    async def _until(self, met: Callable[[Ledger], bool]) -> None:
        while not met(await self.stage.relay.store.ledger()):  # noqa: ASYNC110  # a ledger has no events
            await asyncio.sleep(_LOOK)


def settled(ledger: Ledger, now: float) -> bool:
    """Whether nothing is left to do before long; `now` in Unix seconds."""
    busy = ledger.requests.get("waiting", 0) or ledger.enrollments.get("sending", 0) or ledger.open_batches
    later = ledger.oldest_waiting is None or ledger.oldest_waiting > now * 1000 + _SOON
    return not busy and later


def spoilt(request: Request) -> Request:
    """The request as somebody would send it who does not know the secret."""
    return replace(request, body=request.body + b" ", token="forged" if request.token else None)
