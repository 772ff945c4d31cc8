"""Nodes: the processes that are at work on the ledger."""

from __future__ import annotations

from typing import Literal

from relay.core.node import Node
from relay.desk.desk import Desk
from relay.desk.model import Model, Moment, maybe, moment
from relay.desk.operation import operation


class NodeModel(Model):
    """One process of the relay."""

    id: str
    """Another one after each start."""
    name: str
    """Stays when another takes its place; in its log it is called `process`."""
    host: str
    pid: int
    role: str
    version: str
    state: Literal["up", "gone"]
    """`gone`: it has said nothing for a minute, and did not say that it stops."""
    started_at: Moment
    seen_at: Moment
    requests: int
    """Requests that it took in the minute before `seen_at`."""
    contacts: int
    """Contacts that it delivered in that minute."""
    spooled: int
    """Requests that waited in its spool at `seen_at`; they come into the ledger by themselves."""
    spooled_since: Moment | None
    """When the oldest of them came."""


class Nodes(Model):
    """Every process that is at work, and those that should be; at most a thousand."""

    items: tuple[NodeModel, ...]


@operation("GET", "/nodes")
async def list_nodes(desk: Desk) -> Nodes:
    """Which processes of the relay are at work, by host and name.

    One that stops as it should is listed no more; one that is gone is listed for a day, or until another has
    taken its place.
    """
    now = desk.now()
    return Nodes(items=tuple(_node(one, now) for one in await desk.store.nodes.all()))


def _node(one: Node, now: int) -> NodeModel:
    return NodeModel(
        id=one.id,
        name=one.name,
        host=one.host,
        pid=one.pid,
        role=one.role,
        version=one.version,
        state="gone" if one.is_gone(now) else "up",
        started_at=moment(one.started_at),
        seen_at=moment(one.seen_at),
        requests=one.requests,
        contacts=one.contacts,
        spooled=one.spooled,
        spooled_since=maybe(one.spooled_since),
    )
