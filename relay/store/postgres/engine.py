"""A PostgreSQL database as the engine of a ledger that many nodes share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import asyncpg

from relay.store.base import Incoming, StoreFault, Unfit
from relay.store.place import described
from relay.store.postgres.connection import AGAIN, LOST, open_pool, plainly
from relay.store.postgres.hints import Hints
from relay.store.postgres.migrations import migrate
from relay.store.postgres.transactions import Transactions, for_writing
from relay.store.postgres.unfinished import refuse_unfinished
from relay.store.postgres.writer import Intake, Turns
from relay.store.sql.database import Database
from relay.store.sql.engine import Engine

if TYPE_CHECKING:
    from relay.store.postgres.connection import Pool

T = TypeVar("T")

CONNECTIONS = 8
_CLOSING = 10.0
"""Seconds for statements under way to end."""


class PostgresEngine(Engine):
    """Whoever writes takes a turn, one at a time over all nodes; requests come in and are claimed beside."""

    is_shared = True

    def __init__(self, pool: Pool, url: str, plans: str) -> None:
        self._pool = pool
        self._transactions = Transactions(pool, url, plans)
        self._turns = Turns(self._transactions)
        self._hints = Hints(pool, url)
        self._intake = Intake(pool, self._transactions, inserted=self._hints.tell)

    def add_request(self, incoming: Incoming) -> asyncio.Future[int]:
        return self._intake.add(incoming)

    async def write(self, operation: Callable[[Database], T], /) -> T:
        written: T = await self._turns.run(operation)
        return written

    async def write_soon(self, operation: Callable[[Database], T], /) -> T:
        written: T = await self._turns.run(operation, durably=False)
        return written

    async def claim(self, operation: Callable[[Database], T], /) -> T:
        return await self._transactions.claim(operation)

    async def read(self, operation: Callable[[Database], T], /) -> T:
        return await self._transactions.read(operation)

    async def look(self, operation: Callable[[Database], T], /) -> T:
        return await self._transactions.look(operation)

    async def ahead(self) -> float:
        return await self._transactions.ahead()

    def tell(self) -> None:
        self._hints.tell()

    async def watch(self) -> None:
        await self._hints.changed()

    async def close(self) -> None:
        await self._hints.close()
        await self._intake.close()
        await self._turns.close()
        try:
            async with asyncio.timeout(_CLOSING):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


async def open_engine(url: str) -> PostgresEngine:
    """Raises `StoreFault` where the database cannot be reached, `Unfit` where it cannot hold a ledger."""
    try:
        pool = await open_pool(url, CONNECTIONS)
    except (*LOST, asyncpg.PostgresError, ValueError) as error:
        raise _fault(f"store.url {described(url)} cannot be opened", error) from error
    try:
        async with pool.acquire() as connection:
            await refuse_unfinished(connection)
            await migrate(connection)
            plans = await for_writing(connection)
    except BaseException as error:
        pool.terminate()
        if isinstance(error, (*LOST, asyncpg.PostgresError)):
            raise _fault(f"store.url {described(url)} cannot be used", error) from error
        raise
    return PostgresEngine(pool, url, plans)


_HINTS = {
    asyncpg.InvalidAuthorizationSpecificationError: "check the user and the password in it",
    asyncpg.InvalidCatalogNameError: "create it, in UTF-8 and owned by the relay's role",
    asyncpg.InsufficientPrivilegeError: "let the relay's role own the database",
}


def _fault(what: str, error: BaseException) -> StoreFault:
    # A URL or a certificate that is no good is of the same kind as a connection that is refused.
    if isinstance(error, (*LOST, *AGAIN)) and not isinstance(error, ValueError):
        return StoreFault(f"{what}: {plainly(error)}")
    hint = next((f"; {hint}" for kind, hint in _HINTS.items() if isinstance(error, kind)), "")
    return Unfit(f"{what}: {plainly(error)}{hint}")
