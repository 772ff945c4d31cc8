"""Where a process listens: addresses of its own, or sockets that a supervisor bound for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

IDLE_SECONDS = 75.0
"""After this time a connection without a whole request head is closed; the library's default is an hour."""
PATIENCE: Final[Mapping[str, Any]] = {"shutdown_timeout": 5.0, "keepalive_timeout": IDLE_SECONDS}
BACKLOG = 1024


class Listening:
    """The servers of one process."""

    def __init__(self) -> None:
        self._runners: list[web.AppRunner] = []

    async def at(self, runner: web.AppRunner, host: str, port: int, key: str) -> str:
        """Serve on an address that a key of the configuration names; its URL. Raises `OSError`."""
        await self._prepare(runner)
        site = web.TCPSite(runner, host, port, backlog=BACKLOG)
        try:
            await site.start()
        except OSError as error:
            raise cannot_listen(host, port, key, error) from error
        return url_of(runner.addresses[0])

    async def on(self, runner: web.AppRunner, sockets: Sequence[socket.socket]) -> str:
        """Serve on sockets that others may be serving on, too; the URL of the first."""
        await self._prepare(runner)
        for one in sockets:
            await web.SockSite(runner, one, backlog=BACKLOG).start()
        return url_of(sockets[0].getsockname())

    async def _prepare(self, runner: web.AppRunner) -> None:
        await runner.setup()
        self._runners.append(runner)

    async def close(self) -> None:
        """Take no more calls, and finish those under way."""
        for runner in self._runners:
            await runner.cleanup()


def url_of(address: Sequence[Any]) -> str:
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    return f"http://{host}:{address[1]}"


def cannot_listen(host: str, port: int, key: str, error: OSError) -> OSError:
    """What happened, and what to do."""
    why = os.strerror(error.errno) if error.errno else str(error)
    return OSError(f"cannot listen on {host}, port {port} ({key}): {why}; choose another port")
