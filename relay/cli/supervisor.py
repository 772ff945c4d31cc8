"""What a supervisor such as systemd is told, where one listens (sd_notify(3))."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress


def tell(*lines: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send `READY=1` and the like to the socket that the supervisor named; to nobody if there is none."""
    place = environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    # A supervisor that is gone is no reason to fail.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.connect(f"\0{place[1:]}" if place.startswith("@") else place)
        to.send("\n".join(lines).encode())


@asynccontextmanager
async def watched(environ: Mapping[str, str] = os.environ) -> AsyncIterator[None]:
    """While the event loop turns, the watchdog is told so, where the supervisor set one."""
    period = int(environ.get("WATCHDOG_USEC", "0")) / 1e6
    if not period or environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        yield
        return
    telling = asyncio.create_task(_tell_on(period / 3))
    try:
        yield
    finally:
        telling.cancel()


async def _tell_on(seconds: float) -> None:
    while True:
        tell("WATCHDOG=1")
        await asyncio.sleep(seconds)
