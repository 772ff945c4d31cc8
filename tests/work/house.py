"""The loops of a relay on a real ledger, beside a real provider and a real sandbox; tests take each step."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp.abc import AbstractResolver

from relay.channels.sending import Sender
from relay.cli.making import make_reader
from relay.clock import milliseconds
from relay.config.installation import Installation
from relay.destination.client import Client
from relay.destination.inspection import Inspector
from relay.http import outbound_session
from relay.sandbox import Running
from relay.store import Store, open_store
from relay.store.base import DeadLetter
from relay.telemetry import Metrics
from relay.work.alerting import Alerting
from relay.work.delivering import Delivering
from relay.work.jobs import Jobs
from relay.work.repairing import Repairing
from relay.work.telling import Telling
from relay.work.translating import Translating
from relay.work.watching import Watching
from tests.factories import FakeClock, incoming
from tests.installing import installed, settings, with_changes


class House:
    """Everything between the ledger's two ends. `woken` counts how often each loop would have been woken."""

    def __init__(
        self, installation: Installation, store: Store, http: aiohttp.ClientSession, clock: FakeClock
    ) -> None:
        self.installation = installation
        self.store = store
        self.http = http
        self.clock = clock
        self.metrics = Metrics()
        self.woken = {"deliver": 0, "more": 0, "watch": 0, "tell": 0}
        self.reader = make_reader(installation, http, clock, self.metrics)
        self.translating = Translating(
            store,
            installation,
            self.reader,
            clock,
            self.metrics,
            spread=lambda: 1.0,
            enrolled=lambda: self._wake("deliver"),
            more=lambda: self._wake("more"),
        )
        self.delivering = Delivering(
            store,
            installation,
            Client(http),
            clock,
            self.metrics,
            spread=lambda: 1.0,
            more=lambda: self._wake("more"),
            failing=lambda: self._wake("watch"),
        )
        self.watching = Watching(
            store,
            installation,
            Inspector(http),
            clock,
            self.metrics,
            spread=lambda: 1.0,
            resumed=lambda: self._wake("deliver"),
        )
        self.alerting = Alerting(store, installation, clock, self.metrics, to_tell=lambda: self._wake("tell"))
        self.send = Sender(http, clock).send
        self.telling = Telling(
            store, installation.channels, self.send, clock, self.metrics, spread=lambda: 1.0
        )

        self.repairing = Repairing(store, installation, self.reader, clock)
        self.jobs = Jobs(
            store,
            installation,
            self.repairing,
            clock,
            spread=lambda: 1.0,
            released=lambda: self._wake("deliver"),
        )

    def _wake(self, loop: str) -> None:
        self.woken[loop] += 1

    async def receive(self, body: object, source: str = "shop") -> int:
        """A verified request; `body` becomes JSON unless it is bytes."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        received_at = milliseconds(self.clock)
        return await self.store.add_request(incoming(source=source, received_at=received_at, body=content))

    async def translate(self) -> float | None:
        """Read what is due to its end; seconds until something is due again."""
        while (wait := await self.translating.tick()) == 0.0:
            await self.translating.settle_down()
        return wait

    async def deliver(self) -> float | None:
        """Look at what failed, then send what is due to its end; seconds until something is due again."""
        while await self.watching.tick() == 0.0:
            pass
        calls = -1
        wait: float | None = 0.0
        while wait == 0.0 or calls != await self.calls():
            calls = await self.calls()
            wait = await self.delivering.tick()
            await self.delivering.settle_down()
        return wait

    async def work(self) -> float | None:
        """Take jobs as far as they go without anything being sent or read; seconds until the next look."""
        while (wait := await self.jobs.tick()) == 0.0:
            pass
        return wait

    async def finish_jobs(self) -> None:
        """Work, send and read until no job gets any further."""
        before = None
        while before != (before := await self._progress()):
            await self.work()
            await self.translate()
            await self.deliver()
            await self.work()

    async def _progress(self) -> list[object]:
        return [(job.state, dict(job.counts)) for job in await self.store.jobs.page(100)]

    async def alert(self) -> float | None:
        """Look whether something is wrong and tell all that is due; seconds until something is due again."""
        await self.alerting.tick()
        while (wait := await self.telling.tick()) == 0.0:
            pass
        return wait

    async def carry(self, *bodies: object) -> None:
        """Requests of the shop, all the way to the destination."""
        for body in bodies:
            await self.receive(body)
        await self.translate()
        await self.deliver()

    async def calls(self) -> int:
        return (await self.store.ledger()).calls

    async def fates(self) -> dict[str, int]:
        """Events by fate; the books must balance."""
        ledger = await self.store.ledger()
        assert ledger.faults() == []
        return dict(ledger.events)

    async def counts(self) -> dict[str, int]:
        """Enrollments by state; the books must balance."""
        ledger = await self.store.ledger()
        assert ledger.faults() == []
        return dict(ledger.enrollments)

    async def letter(self) -> DeadLetter:
        (letter,) = await self.store.dead_letters(10)
        return letter


class Builder:
    """Opens houses on one ledger, one after the other: another one is a relay that was restarted."""

    def __init__(self, folder: Path, clock: FakeClock, url: str) -> None:
        self._data = settings(folder, url)
        self._path = folder / "relay.db"
        self._clock = clock

    @asynccontextmanager
    async def __call__(
        self, changes: Mapping[str, Any] | None = None, resolver: AbstractResolver | None = None
    ) -> AsyncIterator[House]:
        """`changes` to the configuration are named by path, see `with_changes`."""
        installation = installed(with_changes(self._data, changes or {}))
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(open_store(self._path, exclusive=True))
            allow = installation.config.egress.allow
            http = await stack.enter_async_context(outbound_session(allow, resolver=resolver))
            await store.expire_leases()
            await store.rescue_requests(milliseconds(self._clock))
            yield House(installation, store, http, self._clock)


def purchase(number: int = 1, email: str | None = None, **more: Any) -> dict[str, Any]:
    """What the shop sends when somebody paid."""
    return {"event": "paid", "id": f"P-{number}", "email": email or f"guest{number}@example.com"} | more


def reached(sandbox: Running) -> list[str]:
    """The addresses of everybody the sandbox enrolled, in order."""
    return [sandbox.world.contacts[sending.contact_id].email for sending in sandbox.sendings()]


def keys_sent(sandbox: Running) -> list[str]:
    """The idempotency key of every execute call, in order."""
    return [entry.headers["idempotency-key"] for entry in sandbox.executions()]
