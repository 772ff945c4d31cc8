"""What a store keeps of the processes that are at work on it."""

from __future__ import annotations

from typing import Protocol

from relay.core.node import Node

MOST = 1000
"""Nodes that are listed."""


class NodeStore(Protocol):
    async def tell(self, node: Node) -> None:
        """A node is there at its `seen_at`. Others that are gone are forgotten: after a day, or at once where
        it has taken their place."""
        ...

    async def leave(self, id_: str) -> None:
        """The node with this id has ended as it should."""
        ...

    async def all(self) -> list[Node]:
        """Those that have not said goodbye, by host and name; at most `MOST`."""
        ...
