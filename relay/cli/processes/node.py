"""This process as one of the nodes of a relay."""

from __future__ import annotations

import os
import secrets
import socket

from relay import __version__
from relay.cli.processes.parts import Part, role_of
from relay.core.node import Node


def this_node(name: str, parts: frozenset[Part], now: int) -> Node:
    """`name`: its seat, where a supervisor gave it one; else it is called by its role."""
    role = role_of(parts)
    return Node(
        id=secrets.token_hex(8),
        host=socket.gethostname(),
        pid=os.getpid(),
        name=name or role,
        role=role,
        version=__version__,
        started_at=now,
        seen_at=now,
    )
