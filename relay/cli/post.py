"""What one process of a relay is there for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from relay.cli.processes.parts import ALL, FRONT, Part
from relay.cli.running import new_token
from relay.web.door import Door


def _nothing() -> None:
    """Nobody waits to hear of it."""


@dataclass(frozen=True, slots=True)
class Post:
    """What one process of a relay is there for, and what it shares with others where a supervisor started it.

    `name`: which of a relay's processes it is; "": the only one with its role.
    Who `is_supervised` listens at the `door` it was given, and leaves announcements and metrics to the
    supervisor, who gave all the same `token`. `replaces`: somebody else still answers at that door and
    works on the ledger; `prepared` is called once only that is in the way. `farewell`: see `Runner`.
    """

    parts: frozenset[Part] = ALL
    name: str = ""
    is_supervised: bool = False
    door: Door | None = None
    token: str = field(default_factory=new_token, repr=False)
    replaces: bool = False
    prepared: Callable[[], None] = _nothing
    farewell: float = 0.0

    @property
    def listens(self) -> bool:
        return bool(self.parts & FRONT)
