"""The PostgreSQL of benchmarks: as durable as it comes, on the cores that the load has."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from itertools import count

import asyncpg

from tests.bench.machine import LOAD_CORE, cpu_seconds, descendants, on_core
from tests.postgres import Server, server


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
                self._server = self._stack.enter_context(server())
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
