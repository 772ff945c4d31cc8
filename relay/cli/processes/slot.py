"""One seat of a relay's processes: always somebody on it, whoever dies or is replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from relay.cli.processes.child import Child, start
from relay.cli.processes.orders import Orders
from relay.cli.processes.parts import STEADY_SECONDS, Seat, pause_after
from relay.web.door import Door

log = structlog.get_logger()

START_SECONDS = 60.0
"""Whoever is to replace another and is not ready within this time is given up."""


class NotReplaced(Exception):
    """The one who was to replace another did not get that far; the other goes on."""


class Slot:
    """`door` is where the seat listens, if it does; `reopen` opens it anew, None: it is never closed."""

    def __init__(
        self,
        seat: Seat,
        orders: Orders,
        door: Door | None,
        reopen: Callable[[], Awaitable[Door]] | None,
        *,
        patience: float,
        one_at_a_time: bool,
    ) -> None:
        """`patience`: seconds in which one who is told to go has to be gone. `one_at_a_time`: only when it is
        gone can the next one be ready."""
        self.seat = seat
        self.starts = 0
        self._orders = orders
        self._door = door
        self._reopen = reopen
        self._patience = patience
        self._one_at_a_time = one_at_a_time
        self._child: Child | None = None
        self._short_lives = 0
        self._stopping = False
        # Who replaces and who starts again must not both put somebody on the seat.
        self._changing = asyncio.Lock()

    @property
    def child(self) -> Child:
        if self._child is None:
            raise RuntimeError("nobody was put on this seat yet")
        return self._child

    async def begin(self) -> None:
        self._child = await self._started(replaces=False)

    async def _started(self, *, replaces: bool) -> Child:
        self.starts += 1
        sockets = self._door.descriptors if self._door is not None else ()
        return await start(self._orders.model_copy(update={"sockets": sockets, "replaces": replaces}))

    async def keep(self) -> None:
        """Start again whoever ends without having been told to."""
        while not self._stopping:
            child = self.child
            code = await child.ended()
            async with self._changing:
                if child is self.child and not self._stopping:
                    await self._start_again(child, code)

    async def _start_again(self, child: Child, code: int) -> None:
        lived = asyncio.get_running_loop().time() - child.started_at
        self._short_lives = self._short_lives + 1 if lived < STEADY_SECONDS else 0
        pause = pause_after(self._short_lives)
        log.error("a process ended, another is started", process=self.seat.name, exit_code=code, pause=pause)
        if pause:
            if self._reopen is not None and self._door is not None:
                # What calls while nobody is here goes to the others.
                self._door.close()
                self._door = None
            await asyncio.sleep(pause)
            if self._door is None and self._reopen is not None:
                self._door = await self._reopen()
        self._child = await self._started(replaces=False)

    async def replace(self) -> None:
        """Somebody new takes the seat before the present one leaves it. Raises `NotReplaced`."""
        async with self._changing:
            old, new = self.child, await self._started(replaces=True)
            point = new.prepared if self._one_at_a_time else new.ready
            if not await new.reached(point, START_SECONDS):
                await new.stop(self._patience, at_once=True)
                raise NotReplaced(self.seat.name)
            self._child = new
            if not await old.stop(self._patience, at_once=True):
                log.warning("a process did not leave in time and was killed", process=self.seat.name)
            if not await new.reached(new.ready, START_SECONDS):
                raise NotReplaced(self.seat.name)

    @property
    def is_ready(self) -> bool:
        return self._child is not None and self._child.is_ready

    async def metrics(self) -> str | None:
        return await self._child.metrics() if self._child is not None and self._child.is_ready else None

    def shut(self) -> None:
        """Nobody is put here any more; who is here goes on until it is stopped."""
        self._stopping = True
        if self._door is not None:
            self._door.close()

    def hurry(self) -> None:
        if self._child is not None:
            self._child.hurry()

    async def stop(self) -> bool:
        """Whether whoever is here ended by itself."""
        return await self.child.stop(self._patience)
