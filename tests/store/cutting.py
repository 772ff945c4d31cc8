"""A way to a database on which answers to COMMIT are lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

_COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
"""A simple query, as the protocol frames it."""


class Cutting:
    """Passes everything on but the answer to a COMMIT; `reaches`: whether the database hears of it at all."""

    def __init__(self, database: str) -> None:
        self._there = urlsplit(database)
        self.reaches = True
        self.left: int | None = None
        """So many are still cut; None: each."""
        self.cut = 0
        self.url = ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Cutting]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            here = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            user = self._there.netloc.rpartition("@")[0]
            self.url = self._there._replace(netloc=f"{user}@{here}").geturl()
            yield self

    async def _serve(self, caller: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        answers, forth = await asyncio.open_connection(self._there.hostname, self._there.port)
        answering = asyncio.create_task(_pass_on(answers, back))
        try:
            while sent := await caller.read(1 << 16):
                if sent.endswith(_COMMIT) and self.left != 0:
                    await self._lose(sent, answering, answers, forth)
                    return
                forth.write(sent)
                await forth.drain()
        except ConnectionError:
            pass
        finally:
            answering.cancel()
            forth.close()
            back.close()

    async def _lose(
        self,
        sent: bytes,
        answering: asyncio.Task[None],
        answers: asyncio.StreamReader,
        forth: asyncio.StreamWriter,
    ) -> None:
        """Once the database is done with it nobody hears how it ended."""
        self.cut += 1
        if self.left is not None:
            self.left -= 1
        answering.cancel()
        with suppress(asyncio.CancelledError):
            await answering
        if self.reaches:
            forth.write(sent)
        forth.write_eof()
        while await answers.read(1 << 16):
            pass


async def _pass_on(answers: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while answered := await answers.read(1 << 16):
            back.write(answered)
            await back.drain()
        back.close()
