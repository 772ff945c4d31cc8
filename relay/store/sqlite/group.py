"""What is committed together, and who settles it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from relay.store.base import Incoming, StoreFault
from relay.store.sql.database import Database
from relay.store.sql.waiting import resolve

Operation = Callable[[Database], Any]


class Hand(Enum):
    """Who may settle a group."""

    WRITER = auto()
    """The thread that commits it."""
    LOOP = auto()
    """The event loop, which gives it up before the thread has begun."""


@dataclass(slots=True)
class Group:
    """Requests stand apart: one statement inserts many of them."""

    requests: list[Incoming] = field(default_factory=list)
    accepted: list[asyncio.Future[int]] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    done: list[asyncio.Future[Any]] = field(default_factory=list)
    durably: bool = False
    """Whether any of it must be on disk before anybody hears of it."""
    _first: dict[str, Hand] = field(default_factory=dict)

    def falls_to(self, hand: Hand) -> bool:
        """Whether it is settled by this one, who was the first to ask. Any thread may ask."""
        return self._first.setdefault("", hand) is hand

    def settle(self, ids: range | StoreFault, results: list[Any]) -> None:
        """Tell everybody who still waits."""
        if isinstance(ids, StoreFault):
            for accepted in self.accepted:
                resolve(accepted, ids)
        else:
            for accepted, number in zip(self.accepted, ids, strict=True):
                if not accepted.done():
                    accepted.set_result(number)
        for done, result in zip(self.done, results, strict=True):
            resolve(done, result)

    def fail(self, fault: StoreFault) -> None:
        self.settle(fault, [fault] * len(self.operations))
