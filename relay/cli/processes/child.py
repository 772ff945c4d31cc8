"""A process as its supervisor sees it, from its start to its end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys

from relay.cli.processes.channel import Channel
from relay.cli.processes.orders import Orders

_OF_THE_SUPERVISOR = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
_METRICS_SECONDS = 2.0


class Child:
    """`prepared`: only its predecessor is in its way. `ready`: it does its part."""

    def __init__(self, process: asyncio.subprocess.Process, channel: Channel) -> None:
        self.pid = process.pid
        self.started_at = asyncio.get_running_loop().time()
        self.prepared = asyncio.Event()
        self.ready = asyncio.Event()
        self._process = process
        self._channel = channel
        self._metrics: asyncio.Future[str] | None = None
        self._hearing = asyncio.create_task(self._hear())
        self._ending = asyncio.create_task(process.wait())

    async def _hear(self) -> None:
        while (message := await self._channel.heard()) is not None:
            match message:
                case {"state": "prepared"}:
                    self.prepared.set()
                case {"state": "ready"}:
                    self.prepared.set()
                    self.ready.set()
                case {"metrics": str(text)} if self._metrics is not None and not self._metrics.done():
                    self._metrics.set_result(text)

    async def ended(self) -> int:
        """Its exit code, once it has ended; a signal's number below zero."""
        code = await asyncio.shield(self._ending)
        self._hearing.cancel()
        self._channel.close()
        return code

    @property
    def has_ended(self) -> bool:
        return self._ending.done()

    @property
    def is_ready(self) -> bool:
        return self.ready.is_set() and not self.has_ended

    async def reached(self, point: asyncio.Event, seconds: float | None = None) -> bool:
        """Whether it came to that point, within so many seconds and before its end."""
        reaching = asyncio.create_task(point.wait())
        await asyncio.wait({reaching, self._ending}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        reaching.cancel()
        return point.is_set() and not self.has_ended

    async def metrics(self) -> str | None:
        """What it counts, as Prometheus reads it; None: it does not tell."""
        if self._metrics is None:
            self._metrics = asyncio.get_running_loop().create_future()
            self._channel.tell(do="metrics")
        try:
            async with asyncio.timeout(_METRICS_SECONDS):
                return await asyncio.shield(self._metrics)
        except TimeoutError:
            return None
        finally:
            self._metrics = None

    async def stop(self, seconds: float, *, at_once: bool = False) -> bool:
        """Let it end what is under way, and kill it after so many seconds. Whether it ended by itself.

        `at_once`: without the time in which load balancers are shown that it goes.
        """
        if at_once:
            self.hurry()
        elif not self.has_ended:
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(seconds):
                # Whoever is asked to stop before it could hear of it ends by the signal.
                return await self.ended() in (0, -signal.SIGTERM)
        except TimeoutError:
            self.kill()
            await self.ended()
            return False

    def hurry(self) -> None:
        """Let it leave at once, that is once what is under way has ended."""
        self._channel.tell(do="leave")

    def kill(self) -> None:
        if not self.has_ended:
            self._process.kill()


async def start(orders: Orders) -> Child:
    """A new process. It does not hear the terminal's signals: those are the supervisor's affair."""
    ours, theirs = socket.socketpair()
    with theirs:
        # -P: the working folder is no place to import from.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "relay.cli.processes", orders.name),
            stdin=theirs.fileno(),
            pass_fds=orders.sockets,
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if name not in _OF_THE_SUPERVISOR},
        )
    channel = await Channel.over(ours)
    channel.tell(**orders.model_dump(mode="json"))
    return Child(process, channel)
