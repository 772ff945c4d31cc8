"""Takes what was spooled into the store, the oldest first; what arrives meanwhile goes there past it.

That is no harm: every event is dated, by itself or by its arrival, and what cancels another one may come
first. Whoever waited for an empty spool instead could wait for ever under load.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable

import structlog

from relay.clock import Clock, milliseconds
from relay.spool.file import Piece
from relay.spool.keeping import PAUSE, Spooling
from relay.spool.spool import Spool
from relay.store.base import Spooled, StoreFault

log = structlog.get_logger()

LOOK_SECONDS = 60.0
"""Between two looks for files of processes that are gone."""


class Draining:
    """One step adds one piece of one file; whether that works shows whether the store is there."""

    def __init__(
        self,
        spool: Spool,
        spooling: Spooling,
        add: Callable[[Spooled, int], Awaitable[int]],
        clock: Clock,
        *,
        accepted: Callable[[], None],
    ) -> None:
        self._spool = spool
        self._spooling = spooling
        self._add_to_store = add
        self._clock = clock
        self._accepted = accepted
        self._look_at = 0.0
        self._adding: asyncio.Future[int] | None = None
        self._is_cut_short = False
        self._drained = 0

    async def tick(self) -> float | None:
        """Seconds until the next step."""
        try:
            await self._look_for_others()
            piece = await self._spool.next()
        except StoreFault as fault:
            log.error("the spool cannot be drained", fault=str(fault))  # noqa: TRY400  # the message is for an operator
            return PAUSE
        if piece is None:
            return self._idle()
        try:
            upto = await self._add(piece.spooled)
        except StoreFault as fault:
            self._spooling.leave(str(fault))
            return PAUSE
        if upto is None:
            return None
        self._spooling.come_back()
        await self._came(piece, upto)
        return 0.0

    async def _look_for_others(self) -> None:
        if self._clock.now() >= self._look_at:
            self._look_at = self._clock.now() + LOOK_SECONDS
            await self._spool.take_over()

    def _idle(self) -> float:
        if self._drained:
            log.info("the spool is drained", requests=self._drained)
            self._drained = 0
        if self._spool.is_busy:
            return PAUSE
        # Nothing could be spooled either, so there is nothing to try the store with but the next request.
        self._spooling.come_back()
        return LOOK_SECONDS

    async def _add(self, spooled: Spooled) -> int | None:
        """How far the file has come; None: it was cut short."""
        self._adding = asyncio.ensure_future(self._add_to_store(spooled, milliseconds(self._clock)))
        try:
            return await self._adding
        except asyncio.CancelledError:
            if not self._is_cut_short:
                raise
            return None
        finally:
            self._adding = None

    async def _came(self, piece: Piece, upto: int) -> None:
        spooled = piece.spooled
        if upto == spooled.end:
            self._drained += len(spooled.requests)
            if piece.unreadable:
                log.warning("cut off or damaged in the spool", file=spooled.file, bytes=piece.unreadable)
            self._accepted()
        await self._spool.came(piece, upto)

    def cut_short(self) -> None:
        """The relay stops: the piece that is under way may come in or not, it is not waited for."""
        self._is_cut_short = True
        if self._adding is not None:
            self._adding.cancel()

    async def finish(self, seconds: float, doubtful: float) -> None:
        """Bring in what is left, within so many seconds; one that is away `doubtful` for the first."""
        self._is_cut_short = False
        self._look_at = math.inf  # what others left is for those who stay
        end = asyncio.get_running_loop().time() + seconds
        first = min(seconds, doubtful) if self._spooling.is_away else seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(first) as limit:
                while await self.tick() == 0.0:
                    limit.reschedule(end)
        if self._spool.requests:
            log.warning(
                "requests stay in the spool",
                requests=self._spool.requests,
                spool=str(self._spool.folder),
                files=self._spool.names,
                taken_over="by another relay here with this spool in a minute, else by the next to start",
            )
