"""Ports for those who must know theirs before they listen."""

from __future__ import annotations

import random
import socket
from contextlib import suppress


def free_port() -> int:
    """One that is likely to stay free: below those that systems give to whoever asks for any."""
    while True:
        port = random.randrange(12_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
