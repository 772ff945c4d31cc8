"""A spool before a real ledger, which goes away and comes back when a test says so; tests take each step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from relay.spool.draining import Draining
from relay.spool.keeping import Patient, Spooling
from relay.spool.spool import Spool
from relay.store import Store, open_store
from relay.store.base import Incoming, Spooled, StoreFault
from relay.store.sql.waiting import resolve
from tests.factories import FakeClock, incoming

PATIENCE = 0.05
FAR = 2**53


class Away:
    """A store that answers, refuses at once (`is_shut`), or gives nobody an answer (`hanging`)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_shut = False
        self.hanging: asyncio.Event | None = None
        self.tried = 0
        self._adding: set[asyncio.Task[None]] = set()

    def add_request(self, request: Incoming) -> asyncio.Future[int]:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        adding = asyncio.create_task(self._add(request, future))
        self._adding.add(adding)
        adding.add_done_callback(self._adding.discard)
        return future

    async def _add(self, request: Incoming, future: asyncio.Future[int]) -> None:
        result: object
        try:
            await self._reached()
            result = await self._store.add_request(request)
        except StoreFault as fault:
            result = fault
        resolve(future, result)

    async def add_spooled(self, spooled: Spooled, now: int) -> int:
        await self._reached()
        return await self._store.add_spooled(spooled, now)

    async def _reached(self) -> None:
        self.tried += 1
        if self.hanging is not None:
            await self.hanging.wait()
        if self.is_shut:
            raise StoreFault("the store is shut")


class Post:
    """One process: what intake hands requests to, and what drains."""

    def __init__(self, spool: Spool, store: Store, clock: FakeClock) -> None:
        self.spool = spool
        self.store = store
        self.away = Away(store)
        self.woken = 0
        self.accepted = 0
        self.spooling = Spooling(Patient(self.away.add_request, PATIENCE), spool, clock, begun=self._wake)
        self.draining = Draining(spool, self.spooling, self.away.add_spooled, clock, accepted=self._accept)

    def _wake(self) -> None:
        self.woken += 1

    def _accept(self) -> None:
        self.accepted += 1

    async def keep(self, *bodies: bytes) -> None:
        """Requests that arrive at once."""
        await asyncio.gather(*(self.spooling.keep(incoming(body=body)) for body in bodies))

    async def drain(self) -> None:
        """Until nothing is left."""
        while await self.draining.tick() == 0.0:
            pass

    async def kept(self) -> list[bytes]:
        """What is in the ledger and was not looked at before, in its order."""
        return [claimed.body for claimed in await self.store.claim_requests(FAR, FAR, 10_000)]


class House:
    """Processes of one machine, on one folder and one ledger."""

    def __init__(self, folder: Path, store: Store, clock: FakeClock, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.store = store
        self.clock = clock
        self._stack = stack

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir())

    @asynccontextmanager
    async def spool(self, max_size: int = 1 << 24) -> AsyncIterator[Spool]:
        """Let go of at its end, as a process does that stops or dies."""
        spool = Spool(self.folder, max_size, self.clock)
        try:
            await spool.open()
            yield spool
        finally:
            await spool.close()

    async def post(self, max_size: int = 1 << 24) -> Post:
        spool = await self._stack.enter_async_context(self.spool(max_size))
        return Post(spool, self.store, self.clock)


@pytest.fixture(name="house")
async def _house(tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(tmp_path / "relay.db", exclusive=True))
        yield House(tmp_path / "relay.db.spool", store, clock, stack)


@pytest.fixture(name="post")
async def _post(house: House) -> Post:
    return await house.post()
