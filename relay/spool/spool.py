"""The spool of one process: requests are appended in groups, and come out in the order in which they came."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from relay.clock import Clock, milliseconds
from relay.spool.file import Piece, SpoolFile, left_behind, make_folder, new_file
from relay.store.base import StoreFault
from relay.store.rows import Incoming
from relay.telemetry import place_of

T = TypeVar("T")

_ROOM = 64 * 1024
"""Bytes that most requests need less than: with so little left the spool counts as full."""

_BESIDE = 256
"""Bytes that everything else of a record takes at most."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: Incoming
    size: int
    durable: asyncio.Future[None]


class Spool:
    """Files in one folder that this process holds, up to `max_size` bytes together.

    `requests` counts those that are not in the ledger yet, `oldest` is when the first of them was received.
    """

    def __init__(self, folder: Path, max_size: int, clock: Clock) -> None:
        self.folder = folder
        self.requests = 0
        self.oldest: int | None = None
        self._max_size = max_size
        self._clock = clock
        self._files: deque[SpoolFile] = deque()
        self._current: SpoolFile | None = None
        self._group: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._reserved = 0
        self._fault = ""
        # Of its own: look-ups of a database's name that hang may fill the common one.
        self._thread = ThreadPoolExecutor(1, "relay-spool")

    @property
    def size(self) -> int:
        """Bytes on disk, and those that are on their way there."""
        return sum(file.size for file in self._files) + self._reserved

    @property
    def names(self) -> list[str]:
        """Of the files that are not in the ledger yet, the oldest first."""
        return [file.name for file in self._files if not file.is_drained]

    def has_room(self) -> bool:
        """Whether a request that comes now would probably be kept."""
        return not self._fault and self.size + _ROOM <= self._max_size

    @property
    def is_busy(self) -> bool:
        """Whether something is being written."""
        return self._writing is not None

    async def open(self) -> None:
        """Make the folder, and take over what a former process left. Raises `StoreFault`."""
        try:
            await self._in_thread(lambda: make_folder(self.folder))
        except OSError as error:
            raise self._faulty(error) from error
        await self.take_over()

    async def take_over(self) -> None:
        """Files of processes that are gone. Raises `StoreFault`."""
        try:
            found = await self._in_thread(lambda: [(file, file.count()) for file in left_behind(self.folder)])
        except OSError as error:
            raise self._faulty(error) from error
        for file, requests in found:
            self._files.append(file)
            self.requests += requests
        self._files = deque(sorted(self._files, key=lambda file: file.name))

    async def add(self, request: Incoming) -> None:
        """Returns once the request is on disk for sure. Raises `StoreFault` where it cannot be."""
        size = len(request.headers) + len(request.body) + 4 * len(request.query) + _BESIDE
        if self.size + size > self._max_size:
            raise StoreFault(f"the spool {self.folder} is full: see spool.max_size")
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._group.append(_Waiting(request, size, durable))
        self._reserved += size
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await durable

    async def _write(self) -> None:
        try:
            while self._group:
                group, self._group = self._group, []
                await self._write_group(group)
        finally:
            self._writing = None

    async def _write_group(self, group: list[_Waiting]) -> None:
        try:
            file = self._current or await self._begin()
            await self._in_thread(lambda: file.append([one.request for one in group]))
        except Exception as error:  # noqa: BLE001  # whatever it is, every waiter must hear of it
            self._current = None
            fault = self._faulty(error)
            self._fault = str(fault)
            _tell(group, fault)
        else:
            self._fault = ""
            self.requests += len(group)
            if self.oldest is None:
                self.oldest = group[0].request.received_at
            _tell(group, None)
        finally:
            self._reserved -= sum(one.size for one in group)

    async def _begin(self) -> SpoolFile:
        file = await self._in_thread(lambda: new_file(self.folder, milliseconds(self._clock)))
        self._files.append(file)
        self._current = file
        return file

    async def next(self) -> Piece | None:
        """What comes into the ledger next; None: nothing is left that is on disk. Raises `StoreFault`."""
        while self._files:
            file = self._files[0]
            try:
                if not file.is_drained:
                    piece = await self._in_thread(file.read)
                    if piece.spooled.requests:
                        self.oldest = piece.spooled.requests[0].received_at
                    return piece
                if file is self._current and self.is_busy:
                    return None
                await self._remove(file)
            except OSError as error:
                raise self._faulty(error) from error
        self.oldest = None
        self.requests = 0
        return None

    async def _remove(self, file: SpoolFile) -> None:
        """Nothing is written into it any more from now on."""
        if file is self._current:
            self._current = None
        self._files.popleft()
        await self._in_thread(file.remove)

    async def came(self, piece: Piece, upto: int) -> None:
        """The ledger has the file up to there: the piece, or what a former process had brought there."""
        file = self._files[0]
        came = len(piece.spooled.requests)
        if upto != piece.spooled.end:
            came = await self._in_thread(lambda: file.count(upto))
        file.place = upto
        self.requests = max(0, self.requests - came)

    async def close(self) -> None:
        """What is left is another process's to take over."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        for file in self._files:
            await self._in_thread(file.close)
        self._files.clear()
        self._thread.shutdown()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _faulty(self, error: Exception) -> StoreFault:
        told = error.strerror if isinstance(error, OSError) else place_of(error)
        return StoreFault(f"the spool {self.folder} cannot be used (spool.path): {told}")


def _tell(group: list[_Waiting], fault: StoreFault | None) -> None:
    for one in group:
        if one.durable.done():  # whoever waited has gone
            continue
        if fault is None:
            one.durable.set_result(None)
        else:
            one.durable.set_exception(fault)
