"""Who works on a file: one process at a time reads, delivers and settles."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from relay.store.base import InUse, StoreFault


def take_work(path: Path) -> int:
    """Hold the work for this process, till what is returned is closed. Raises `InUse`.

    A lock dies with its holder, so a crash leaves nothing behind.
    """
    try:
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreFault(f"store.path {path} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
        os.close(lock)
        raise InUse(
            f"another relay (process {holder or 'unknown'}) works on the ledger store.path {path}"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock
