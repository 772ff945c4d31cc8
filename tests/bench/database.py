"""The PostgreSQL of benchmarks: as durable as it comes, on the cores that the load has."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from itertools import count

import asyncpg

from tests.bench.machine import LOAD_CORE, cpu_seconds, descendants, on_core
from tests.postgres import Server, server

_LOG_KEPT, _SEGMENTS = "min_wal_size=2GB", 128
"""Of the write-ahead log: files that are written over instead of made anew, 16 MB each."""


class Database:
    """A server of its own, started for the first ledger that is wanted."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._numbers = count(1)
        self._server: Server | None = None

    def new(self) -> str:
        """The URL of an empty database."""
        name = f"bench_{next(self._numbers)}"
        if self._server is None:
            with on_core(LOAD_CORE):
                self._server = self._stack.enter_context(server(_LOG_KEPT))
            asyncio.run(_warm_up(self._server.url()))
        asyncio.run(_create(self._server.url(), name))
        return self._server.url(name)

    def cpu_seconds(self) -> float:
        """Of all processes of the server that are there; 0 without one."""
        if self._server is None:
            return 0.0
        return sum(cpu_seconds(pid) for pid in descendants(self._server.pid))


async def _create(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


async def _warm_up(url: str) -> None:
    """Give it the files for its log that one has which ran for a while: to make one takes 10 ms."""
    connection = await asyncpg.connect(url)
    try:
        for _ in range(_SEGMENTS):
            await connection.execute("SELECT pg_logical_emit_message(false, 'relay', ''), pg_switch_wal()")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
