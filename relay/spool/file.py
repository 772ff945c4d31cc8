"""One spool file. Everything here waits for the disk, so it is called in threads."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from relay.spool.format import HEAD, MARK, Record, framed, records
from relay.store.rows import Incoming, Spooled

SUFFIX = ".spool"
MOST = 200
"""Requests that come into the ledger in one transaction."""

_WINDOW = 1 << 20
"""Bytes that are read at a time; more where a single record is longer."""


class Piece(NamedTuple):
    """Requests that come next, and how many bytes beside them are no request: damaged, or cut short."""

    spooled: Spooled
    unreadable: int


class SpoolFile:
    """Held by one process at a time: its lock dies with the holder, and whoever comes then takes it over.

    `size` are the bytes that are on disk for sure, `place` is how far they are in the ledger.
    """

    def __init__(self, path: Path, descriptor: int, size: int) -> None:
        self.path = path
        self.size = size
        self.place = 0
        self._descriptor = descriptor
        self._seed = crc32(path.name.encode())

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_drained(self) -> bool:
        return self.place >= self.size

    def append(self, requests: Sequence[Incoming]) -> None:
        """Durable when it returns. After an `OSError` the file must not be written any more."""
        content = b"".join(framed(request, self._seed) for request in requests)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(self._descriptor, left) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(content)

    def read(self) -> Piece:
        """The next requests, or none: then nothing up to `size` is a request any more."""
        left, window = self.size - self.place, _WINDOW
        while True:
            content = os.pread(self._descriptor, min(window, left), self.place)
            found = list(islice(records(content, self._seed), MOST))
            if found or window >= left:
                return self._piece(found)
            window *= 8

    def _piece(self, found: list[Record]) -> Piece:
        end = self.place + found[-1].end if found else self.size
        read = sum(record.end - record.start for record in found)
        requests = tuple(record.request for record in found)
        return Piece(Spooled(self.name, self.place, end, requests), end - self.place - read)

    def count(self, upto: int | None = None) -> int:
        """Requests that are in it, or up to a place, as far as their heads tell."""
        return sum(1 for end in self._ends() if upto is None or end <= upto)

    def _ends(self) -> Iterator[int]:
        place = 0
        while len(head := os.pread(self._descriptor, HEAD.size, place)) == HEAD.size:
            mark, _, length = HEAD.unpack(head)
            place += HEAD.size + length
            if mark != MARK or place > self.size:
                return
            yield place

    def remove(self) -> None:
        """Gone before the lock is, so that nobody takes it over."""
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Whoever comes next may take it over."""
        os.close(self._descriptor)


def new_file(folder: Path, now: int) -> SpoolFile:
    """`now`: milliseconds since 1970; files are in the order of their names."""
    path = folder / f"{now:013}-{secrets.token_hex(8)}{SUFFIX}"
    draft = path.with_suffix(".new")  # nobody takes it over before it is locked
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        draft.rename(path)
        sync_folder(folder)
    except BaseException:
        os.close(descriptor)
        raise
    return SpoolFile(path, descriptor, 0)


def take_over(path: Path) -> SpoolFile | None:
    """A file that was left behind; None: it is somebody's, or gone."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    if not _is_there(path, descriptor):
        os.close(descriptor)
        return None
    return SpoolFile(path, descriptor, os.fstat(descriptor).st_size)


def left_behind(folder: Path) -> list[SpoolFile]:
    """Files that nobody holds, the oldest first, taken over."""
    found = (take_over(path) for path in sorted(folder.glob(f"*{SUFFIX}")))
    return [file for file in found if file is not None]


def make_folder(folder: Path) -> None:
    """Nobody else may look into it: it holds people."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sync_folder(folder.parent)
    new_file(folder, 0).remove()


def sync_folder(folder: Path) -> None:
    """A file is found after a power cut only if its name was written, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_there(path: Path, descriptor: int) -> bool:
    """Whether what was opened is still what is found under this name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
