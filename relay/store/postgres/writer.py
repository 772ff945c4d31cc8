"""Group commit: operations that wait take one turn together; requests go in beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from relay.store.base import Incoming, StoreFault
from relay.store.postgres.statements import fitting
from relay.store.postgres.transactions import Away, Transactions
from relay.store.queries import queries
from relay.store.sql.database import Database
from relay.store.sql.waiting import resolve

if TYPE_CHECKING:
    from relay.store.postgres.connection import Connection, Pool

INSERT = queries("relay.store.postgres", "intake")["insert"]

Operation = Callable[[Database], Any]
_Request = tuple[Incoming, asyncio.Future[int]]

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

    def __init__(self, pool: Pool, transactions: Transactions, inserted: Callable[[], None]) -> None:
        self._pool = pool
        self._transactions = transactions
        self._inserted = inserted
        self._waiting: list[_Request] = []
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
            while group := self._next():
                try:
                    # One connection for as long as groups follow each other.
                    async with self._pool.acquire() as connection:
                        while group:
                            _settle(group, await _insert(connection, [incoming for incoming, _ in group]))
                            self._inserted()
                            group = self._next()
                except Exception as error:  # noqa: BLE001  # a fault of the driver, too, must reach every waiter
                    _settle(group, [self._transactions.fault("written", error)] * len(group))
        finally:
            # At once, since whoever comes next must not take it for one that will look again.
            worker = asyncio.current_task()
            if worker is not None:
                self._workers.discard(worker)

    def _next(self) -> list[_Request]:
        """Of those that wait. Whoever gave up keeps the request elsewhere, or its sender will come again."""
        waiting = [one for one in self._waiting if not one[1].done()]
        group, self._waiting = waiting[:_MOST_IN_A_GROUP], waiting[_MOST_IN_A_GROUP:]
        return group

    async def close(self) -> None:
        while self._workers:
            await asyncio.wait(self._workers)
        self._closing = True


async def _insert(connection: Connection, requests: list[Incoming]) -> list[int]:
    sources, received, methods, texts, headers, bodies = zip(*requests, strict=True)
    columns = (
        map(fitting, sources),
        map(str, received),  # the driver looks longer at numbers in a list than at texts
        map(fitting, methods),
        map(fitting, texts),
    )
    found = await connection.fetch(INSERT, *map(list, columns), headers, bodies)
    return [number for (number,) in found]


def _settle(group: list[_Request], ids: Sequence[Any]) -> None:
    for (_, future), number in zip(group, ids, strict=True):
        resolve(future, number)
