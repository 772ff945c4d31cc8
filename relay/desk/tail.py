"""The tail: events as they are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from relay.desk.desk import Desk
from relay.desk.model import Model
from relay.desk.operation import operation
from relay.desk.requests import EventModel, event

_LOOK_SECONDS = 0.5


class TailQuery(Model):
    """Where to go on, and how long to wait for something new."""

    after: Annotated[int, Field(ge=0, le=2**53)] | None = None
    """`next` of the answer before; without it, the newest events."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50

    wait: Annotated[float, Field(ge=0, le=25)] = 0
    """Seconds to wait until there is something."""


class Tail(Model):
    """Events in the order in which they were read."""

    items: tuple[EventModel, ...]
    next: int


@operation("GET", "/tail")
async def tail(desk: Desk, query: TailQuery) -> Tail:
    """Events in the order in which they are read, as soon as there are any: ask again with `next`."""
    after = query.after
    if after is None:
        after = max(0, await desk.store.newest_event() - query.limit)
    until = desk.now() + round(query.wait * 1000)
    while not (found := await desk.store.tail(after, query.limit)) and desk.now() < until:
        await desk.pause(_LOOK_SECONDS)
    return Tail(items=tuple(event(one) for one in found), next=found[-1].id if found else after)
