"""Telling other nodes that something was written, and hearing of it: a hint, which may be lost."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING

import asyncpg

from relay.store.postgres.connection import COMMAND_TIMEOUT, LOST

if TYPE_CHECKING:
    from relay.store.postgres.connection import Connection, Pool

CHANNEL = "relay"
_TELL = f"SELECT pg_notify('{CHANNEL}', $1)"
_APART = 0.01
"""Seconds between two hints, whatever is committed meanwhile."""

_PATIENCE = 5.0
"""Seconds after which somebody looks without a hint: behind pgbouncer nobody can listen."""


class Hints:
    """Of one node, which does not hear itself."""

    def __init__(self, pool: Pool, url: str) -> None:
        self._pool = pool
        self._url = url
        self._name = secrets.token_hex(8)
        self._telling: asyncio.Task[None] | None = None
        self._more = False
        self._listening: asyncpg.Connection[asyncpg.Record] | None = None
        self._heard = asyncio.Event()
        self._heard.set()

    def tell(self) -> None:
        """Something was committed."""
        self._more = True
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        try:
            while self._more:
                self._more = False
                with contextlib.suppress(*LOST, asyncpg.PostgresError):
                    async with self._pool.acquire() as connection:
                        await connection.execute(_TELL, self._name)
                await asyncio.sleep(_APART)
        finally:
            self._telling = None

    async def changed(self) -> None:
        """Returns once another node has told of something, or after a while."""
        await self._listen()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._heard.wait(), _PATIENCE)
        self._heard.clear()

    async def _listen(self) -> None:
        if self._listening is not None and not self._listening.is_closed():
            return
        self._listening = None
        with contextlib.suppress(*LOST, asyncpg.PostgresError):
            connection = await asyncpg.connect(self._url, command_timeout=COMMAND_TIMEOUT)
            await connection.add_listener(CHANNEL, self._hear)
            self._listening = connection

    def _hear(self, _connection: Connection, _pid: int, _channel: str, name: object) -> None:
        if name != self._name:
            self._heard.set()

    async def close(self) -> None:
        telling, self._telling = self._telling, None
        if telling is not None:
            telling.cancel()
        if self._listening is not None:
            self._listening.terminate()
