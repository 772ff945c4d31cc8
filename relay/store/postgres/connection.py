"""Connections to one database, and what their faults mean."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]

LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # lost in the middle of something
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,  # it has become a standby
    asyncpg.IdleInTransactionSessionTimeoutError,
    OSError,
    TimeoutError,
)
"""The database is away, or is not the one that writes any more."""

AGAIN = (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError)
"""Two transactions stood in each other's way: one of them was undone, and can be run again."""

COMMAND_TIMEOUT = 60.0
_CONNECT_TIMEOUT = 10.0


def plainly(error: BaseException) -> str:
    """What went wrong, without the details, in which a database quotes rows."""
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, OSError) and error.errno is not None:
        # Look-ups of names have numbers of their own, below zero.
        return os.strerror(error.errno) if error.errno > 0 else str(error.strerror)
    return str(error.args[0]) if error.args and error.args[0] else type(error).__name__


async def open_pool(url: str, size: int) -> Pool:
    """Connections that keep nothing between two transactions, so that pgbouncer may stand between."""
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        max_inactive_connection_lifetime=300.0,
        command_timeout=COMMAND_TIMEOUT,
        timeout=_CONNECT_TIMEOUT,
        init=_prepare,
        reset=_leave_as_it_is,
    )


async def connect(url: str) -> asyncpg.Connection[asyncpg.Record]:
    """One connection, for work that takes as long as it takes."""
    connection = await asyncpg.connect(url, timeout=_CONNECT_TIMEOUT, command_timeout=COMMAND_TIMEOUT)
    await _prepare(connection)
    return connection


async def _prepare(connection: Any) -> None:
    # Sums are numerics there, and whole numbers here.
    await connection.set_type_codec("numeric", schema="pg_catalog", encoder=str, decoder=int, format="text")


async def _leave_as_it_is(_connection: object) -> None:
    """Nothing was set that lasts longer than a transaction."""
