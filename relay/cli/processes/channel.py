"""What a supervisor and one of its processes say to each other: lines of JSON over a pair of sockets.

Whoever hears no more knows that the other is gone, however it ended.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import orjson

_LONGEST = 1 << 24
"""Bytes of a line; metrics are the longest."""


class Channel:
    """One end of it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> Channel:
        return cls(*await asyncio.open_connection(sock=end, limit=_LONGEST))

    def tell(self, **message: Any) -> None:
        """Nobody waits for it to be heard; to one who is gone it is lost."""
        if not self._writer.is_closing():
            self._writer.write(orjson.dumps(message) + b"\n")

    async def heard(self) -> dict[str, Any] | None:
        """The next message; None: the other end is gone."""
        try:
            line = await self._reader.readline()
        except (OSError, ValueError):
            return None
        if not line.endswith(b"\n"):
            return None
        message: dict[str, Any] = orjson.loads(line)
        return message

    def close(self) -> None:
        self._writer.close()
