"""Operations in transactions: begun, committed, and run again where that is safe."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import asyncpg

from relay.store.base import StoreFault
from relay.store.place import described
from relay.store.postgres.bridge import operate
from relay.store.postgres.connection import AGAIN, LOST, plainly
from relay.store.postgres.database import PostgresDatabase
from relay.store.sql.database import Database, rows

if TYPE_CHECKING:
    from relay.store.postgres.connection import Connection, Pool

T = TypeVar("T")

# A node that hangs in a transaction must not hold up the others for ever.
_BEGIN = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 15000"
_SOON = "; SET LOCAL synchronous_commit = off"
# All that is written is found by an index, which a planner cannot know while a ledger is young.
_WASTEFUL = ("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin")
_TURN = "SELECT CAST(pg_current_xact_id() AS text) FROM turn FOR UPDATE"
_LOOK = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_CLOCK = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
_END = "SELECT pg_xact_status(CAST(CAST($1 AS text) AS xid8))"
_TRIES = 10
_PAUSE = 0.02
"""Seconds, on average, times the tries before."""


async def for_writing(connection: Connection) -> str:
    """What turns the ways to look through whole tables off, of those that this database knows."""
    known = await connection.fetch("SELECT name FROM pg_settings WHERE name = ANY ($1)", _WASTEFUL)
    return "".join(f"; SET LOCAL {name} = off" for (name,) in known)


class Away(StoreFault):
    """The database cannot be reached, or was lost: no other operation will do better now."""


class _Undecided(Exception):
    """The connection was lost while the transaction was committed."""

    def __init__(self, mark: str | None, result: object) -> None:
        self.mark = mark
        self.result = result


class Transactions:
    """Each runs on a connection of the pool. Raises `StoreFault` where the database cannot be used."""

    def __init__(self, pool: Pool, url: str, plans: str = "") -> None:
        """`plans`: what `for_writing` says."""
        self._pool = pool
        self._name = described(url)
        self._begin = _BEGIN + plans

    async def take_turn(self, operation: Callable[[Database], T], *, durably: bool = True) -> T:
        """Write while nobody else does who takes a turn, on any node."""
        return await self._write(operation, self._begin if durably else self._begin + _SOON, _TURN)

    async def claim(self, operation: Callable[[Database], T]) -> T:
        """Write beside others, without waiting for the disk."""
        return await self._write(operation, self._begin + _SOON, None)

    async def read(self, operation: Callable[[Database], T]) -> T:
        """Each statement sees what is there when it begins."""
        return await self._read(operation, None)

    async def look(self, operation: Callable[[Database], T]) -> T:
        """All statements see one moment."""
        return await self._read(operation, _LOOK)

    async def ahead(self) -> float:
        """Seconds that the database's clock is ahead of this machine's, as if it read it half way."""

        def ask(db: Database) -> int:
            ((found,),) = rows(db, _CLOCK)
            return int(found)

        before = time.time()
        found = await self.read(ask)
        return found / 1e6 - (before + time.time()) / 2

    async def _write(self, operation: Callable[[Database], T], begin: str, turn: str | None) -> T:
        tries = 0
        while True:
            try:
                async with self._pool.acquire() as connection:
                    return await _transact(connection, operation, begin, turn)
            except AGAIN as error:
                tries += 1
                if tries >= _TRIES:
                    raise self.away("written", error) from error
                await asyncio.sleep(tries * random.uniform(0, 2 * _PAUSE))  # noqa: S311
            except _Undecided as undecided:
                if await self._happened(undecided):
                    result: T = undecided.result  # type: ignore[assignment]
                    return result
                tries = await self._lost(tries, undecided.__cause__ or undecided)
            except LOST as error:
                tries = await self._lost(tries, error)
            except asyncpg.PostgresError as error:
                raise self.fault("written", error) from error

    async def _lost(self, tries: int, error: BaseException) -> int:
        """How often it was tried, losses weighed. Raises `Away` where it was lost twice."""
        # Once more at once: connections may have died of old age, and then all of them have.
        await self._pool.expire_connections()
        tries += _TRIES // 2
        if tries >= _TRIES:
            raise self.away("written", error) from error
        return tries

    async def _happened(self, undecided: _Undecided) -> bool:
        """Ask the database what became of a transaction. Raises `StoreFault` where it cannot tell."""
        lost = Away(f"{self._name} was lost while something was written: whether it was is not known")
        if undecided.mark is None:
            raise lost
        # Whatever cut this connection may have cut all of them.
        await self._pool.expire_connections()
        try:
            async with self._pool.acquire() as connection:
                end = await connection.fetchval(_END, undecided.mark)
        except (*LOST, asyncpg.PostgresError) as error:
            raise lost from error
        if end not in ("committed", "aborted"):
            raise lost
        return bool(end == "committed")

    async def _read(self, operation: Callable[[Database], T], begin: str | None) -> T:
        for left in (1, 0):
            try:
                async with self._pool.acquire() as connection:
                    return await _read(connection, operation, begin)
            except LOST as error:
                await self._pool.expire_connections()
                if not left:
                    raise self.away("read", error) from error
            except asyncpg.PostgresError as error:
                raise self.fault("read", error) from error
        raise AssertionError("the last try returned or raised")

    def fault(self, what: str, error: BaseException) -> StoreFault:
        return StoreFault(self._told(what, error))

    def away(self, what: str, error: BaseException) -> Away:
        return Away(self._told(what, error))

    def _told(self, what: str, error: BaseException) -> str:
        return f"the ledger at {self._name} cannot be {what}: {plainly(error)}"


async def _transact(
    connection: Connection, operation: Callable[[Database], T], begin: str, turn: str | None
) -> T:
    mark: str | None = None
    await connection.execute(begin)
    try:
        if turn is not None:
            mark = await connection.fetchval(turn)
        result = await operate(lambda: operation(PostgresDatabase(connection)))
    except BaseException:
        await _roll_back(connection)
        raise
    try:
        await connection.execute("COMMIT")
    except LOST as error:
        raise _Undecided(mark, result) from error
    return result


async def _read(connection: Connection, operation: Callable[[Database], T], begin: str | None) -> T:
    if begin is None:
        return await operate(lambda: operation(PostgresDatabase(connection)))
    await connection.execute(begin)
    try:
        return await operate(lambda: operation(PostgresDatabase(connection)))
    finally:
        await _roll_back(connection)


async def _roll_back(connection: Connection) -> None:
    # Of a connection that is gone nothing is left to undo.
    with contextlib.suppress(asyncpg.PostgresError, *LOST):
        await connection.execute("ROLLBACK")
