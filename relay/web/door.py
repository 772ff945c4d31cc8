"""The sockets that senders call, which stay open while who answers behind them changes."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Mapping

from aiohttp import web

BACKLOG = 1024
"""Calls that wait in the system until they are taken."""

_FIRST_HANDED = 3

_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""A name such as localhost may have an address of a kind that this machine does not use."""


class Door:
    """Several answer at one door, one after the other: nobody is refused in between."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        self._sockets = sockets

    @property
    def url(self) -> str:
        host, port, *_ = self._sockets[0].getsockname()
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Of its sockets, for another process to inherit."""
        return tuple(each.fileno() for each in self._sockets)

    async def lead_to(self, runner: web.BaseRunner) -> None:
        """Its server takes calls from now on, too, until it is cleaned up."""
        await runner.setup()
        for each in self._sockets:
            # A server closes the socket that it is given.
            await web.SockSite(runner, each.dup(), backlog=BACKLOG).start()

    def close(self) -> None:
        """No call is taken anew once the servers have let go of it, too."""
        for each in self._sockets:
            each.close()


def handed_over(environ: Mapping[str, str] = os.environ) -> Door | None:
    """The door that a supervisor keeps open while relays come and go (sd_listen_fds(3)), if there is one."""
    count = int(environ.get("LISTEN_FDS") or 0)
    if not count or environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    sockets = [socket.socket(fileno=number) for number in range(_FIRST_HANDED, _FIRST_HANDED + count)]
    for each in sockets:
        each.set_inheritable(False)
    return Door(sockets)


async def open_door(host: str, port: int, key: str = "server.port", *, is_shared: bool = False) -> Door:
    """Listens at once; whoever calls waits for the first server. Raises `OSError` that says what to do.

    `key`: where in the configuration the port is. `is_shared`: others may listen there as well, and the
    system divides the calls among them.
    """
    opened: list[socket.socket] = []
    missing: OSError | None = None
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, *_, address in dict.fromkeys(found):
            try:
                opened.append(_listening(family, address, is_shared=is_shared))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                missing = error
        if missing is not None and not opened:
            raise missing
    except OSError as error:
        Door(opened).close()
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise OSError(f"cannot listen on {host}, port {port} ({key}): {why}; choose another port") from error
    return Door(opened)


async def open_doors(host: str, port: int, count: int) -> list[Door]:
    """So many doors at one address, among which the system divides the calls. Raises `OSError`."""
    # Shared at first, it would open beside another relay's, and take half of that one's calls.
    only = await open_door(host, port)
    if count == 1:
        return [only]
    port = int(only.url.rpartition(":")[2])
    only.close()
    return [await open_door(host, port, is_shared=True) for _ in range(count)]


def _listening(family: int, address: tuple[object, ...], *, is_shared: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made
