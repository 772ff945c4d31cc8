"""Whose turn it is to write: processes that share a ledger wait in a queue instead of looking again."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relay.store.base import StoreFault


class Turn:
    """SQLite lets one process write at a time, and has the others sleep and look again.

    Here the system wakes the next one the moment the last is done, so that a busy process starves none of the
    others. Who dies in its turn gives it up. SQLite's own lock is still what keeps the ledger whole.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(f"{path}.turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreFault(f"store.path {path} cannot be used: {error.strerror}") from None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Blocks the calling thread until the turn comes."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Once and for all; it was taken for the last time."""
        os.close(self._file)
