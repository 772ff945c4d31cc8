"""Group commit: operations that wait take one turn together; requests go in beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from relay.store.base import Incoming, StoreFault
from relay.store.postgres.statements import fitting
from relay.store.postgres.transactions import Away, Transactions
from relay.store.queries import queries
from relay.store.sql.database import Database
from relay.store.sql.waiting import resolve

if TYPE_CHECKING:
    from relay.store.postgres.connection import Pool

INSERT = queries("relay.store.postgres", "intake")["insert"]

Operation = Callable[[Database], Any]

_MOST_IN_A_TURN = 32
_MOST_IN_A_GROUP = 500
_GROUPS_AT_ONCE = 2


class _Waiting(NamedTuple):
    operation: Operation
    future: asyncio.Future[Any]
    durably: bool


class Turns:
    """Operations in the order in which they came, all that wait in one transaction."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._waiting: list[_Waiting] = []
        self._worker: asyncio.Task[None] | None = None
        self._closing = False

    async def run(self, operation: Operation, *, durably: bool = True) -> Any:
        if self._closing:
            raise StoreFault("the store is closed")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(operation, future, durably))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_MOST_IN_A_TURN], self._waiting[_MOST_IN_A_TURN:]
                await self._commit(group)
        finally:
            self._worker = None

    async def _commit(self, group: list[_Waiting]) -> None:
        def together(db: Database) -> list[Any]:
            return [one.operation(db) for one in group]

        results: list[Any]
        try:
            durably = any(one.durably for one in group)
            results = await self._transactions.take_turn(together, durably=durably)
        except Away as away:
            results = [away] * len(group)
        except Exception:  # noqa: BLE001  # one of them failed; which, shows when each goes alone
            for one in group:
                resolve(one.future, await self._alone(one.operation))
            return
        for one, result in zip(group, results, strict=True):
            resolve(one.future, result)

    async def _alone(self, operation: Operation) -> object:
        """What it returned, or raised."""
        try:
            return await self._transactions.take_turn(operation)
        except Exception as error:  # noqa: BLE001  # handed to the one who asked
            return error

    async def close(self) -> None:
        """Commit what waits, then stop."""
        while self._worker is not None:
            await asyncio.wait([self._worker])
        self._closing = True


class Intake:
    """Requests that arrive while others are committed go in together with the next statement."""

    def __init__(self, pool: Pool, transactions: Transactions) -> None:
        self._pool = pool
        self._transactions = transactions
        self._waiting: list[tuple[Incoming, asyncio.Future[int]]] = []
        self._workers: set[asyncio.Task[None]] = set()
        self._closing = False

    def add(self, incoming: Incoming) -> asyncio.Future[int]:
        if self._closing:
            raise StoreFault("the store is closed")
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((incoming, future))
        # The second one starts only where the first is busy: what waits with another goes along with that.
        if len(self._workers) < (_GROUPS_AT_ONCE if len(self._waiting) == 1 else 1):
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
        return future

    async def _work(self) -> None:
        try:
            while self._waiting:
                # Whoever gave up waiting keeps the request elsewhere, or its sender will come again.
                waiting = [one for one in self._waiting if not one[1].cancelled()]
                group, self._waiting = waiting[:_MOST_IN_A_GROUP], waiting[_MOST_IN_A_GROUP:]
                if group:
                    await self._insert_group(group)
        finally:
            # At once, since whoever comes next must not take it for one that will look again.
            worker = asyncio.current_task()
            if worker is not None:
                self._workers.discard(worker)

    async def _insert_group(self, group: list[tuple[Incoming, asyncio.Future[int]]]) -> None:
        ids: list[Any]
        try:
            ids = await self._insert([incoming for incoming, _ in group])
        except Exception as error:  # noqa: BLE001  # a fault of the driver, too, must reach every waiter
            ids = [self._transactions.fault("written", error)] * len(group)
        for (_, future), number in zip(group, ids, strict=True):
            resolve(future, number)

    async def _insert(self, requests: list[Incoming]) -> list[int]:
        columns = [list(map(fitting, column)) for column in zip(*requests, strict=True)]
        async with self._pool.acquire() as connection:
            found = await connection.fetch(INSERT, *columns)
        return [number for (number,) in found]

    async def close(self) -> None:
        while self._workers:
            await asyncio.wait(self._workers)
        self._closing = True
