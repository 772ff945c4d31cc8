"""Whose turn it is to write: processes that share a ledger wait in a queue instead of looking again."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relay.store.base import StoreFault

PATIENCE = 10.0
"""Seconds after which somebody must hang in a turn, which takes milliseconds."""

_LOOK = 0.01


def late(path: Path) -> StoreFault:
    """What those are told who wait for a turn in vain."""
    return StoreFault(
        f"the ledger cannot be written: for {PATIENCE:g} s another process has kept its turn to write to "
        f"store.path {path}; end the one that hangs (`lslocks` names who holds {path.name}.turn)"
    )


class Turn:
    """SQLite lets one process write at a time, and has the others sleep and look again.

    Here the system wakes the next one the moment the last is done, so that a busy process starves none of the
    others. Who dies in its turn gives it up. SQLite's own lock is still what keeps the ledger whole.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = os.open(f"{path}.turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreFault(f"store.path {path} cannot be used: {error.strerror}") from None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Blocks the calling thread until the turn comes."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._held():
            yield

    @contextmanager
    def taken_soon(self) -> Iterator[None]:
        """The same for those in no hurry: looks again and again, and raises `StoreFault` in the end."""
        end = time.monotonic() + PATIENCE
        while not self._is_free():
            if time.monotonic() >= end:
                raise late(self._path)
            time.sleep(_LOOK)
        with self._held():
            yield

    def _is_free(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @contextmanager
    def _held(self) -> Iterator[None]:
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Once and for all; it was taken for the last time."""
        os.close(self._file)
