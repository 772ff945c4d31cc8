"""Nodes as rows, each written by the node itself."""

from __future__ import annotations

from dataclasses import asdict

from relay.core.node import FORGOTTEN, GONE, Node
from relay.store.nodes import MOST, NodeStore
from relay.store.queries import queries
from relay.store.sql.database import Database, Row, rows
from relay.store.sql.engine import Run

SQL = queries("relay.store.sql", "nodes")


class SqlNodes(NodeStore):
    """`write`: nobody's turn is needed for a row of one's own."""

    def __init__(self, read: Run, write: Run) -> None:
        self._read = read
        self._write = write

    async def tell(self, node: Node) -> None:
        await self._write(lambda db: _tell(db, node))

    async def leave(self, id_: str) -> None:
        await self._write(lambda db: rows(db, SQL["leave"], (id_,)))

    async def all(self) -> list[Node]:
        return await self._read(lambda db: [_node(found) for found in rows(db, SQL["nodes"], (MOST,))])


def _tell(db: Database, node: Node) -> None:
    values = asdict(node)
    db.execute(SQL["tell"], values)
    past = {"old": node.seen_at - FORGOTTEN, "gone": node.seen_at - GONE}
    db.execute(SQL["forget"], values | past)


def _node(found: Row) -> Node:
    id_, host, pid, name, role, version, started_at, seen_at, requests, contacts, spooled, since = found
    return Node(
        id=id_,
        host=host,
        pid=pid,
        name=name,
        role=role,
        version=version,
        started_at=started_at,
        seen_at=seen_at,
        requests=requests,
        contacts=contacts,
        spooled=spooled,
        spooled_since=since,
    )
