"""One sandbox: a world, the switches it runs under, the faults ordered, and a clock."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from relay.sandbox.faults import Faults
from relay.sandbox.first import first_world
from relay.sandbox.journal import Entry
from relay.sandbox.switches import Switches

if TYPE_CHECKING:
    from relay.sandbox.world import World

Clock = Callable[[], float]
Watch = Callable[[Entry], None]


class Sandbox:
    """All that a running sandbox knows; `switches` may be replaced at any time.

    `clock` gives Unix seconds. `reset` returns to the world and switches it began with.
    """

    def __init__(
        self,
        world: World | None = None,
        switches: Switches | None = None,
        *,
        clock: Clock = time.time,
        watch: Watch | None = None,
    ) -> None:
        self.clock = clock
        self.watch = watch
        self.calls = 0
        self.world = first_world() if world is None else world
        self.switches = switches or Switches()
        self.faults = Faults()
        self._first = copy.deepcopy(self.world), self.switches

    def next_call(self) -> int:
        """The number of the next request."""
        self.calls += 1
        return self.calls

    def reset(self) -> None:
        """Forget every request, contact, sending and fault since the start."""
        world, self.switches = self._first
        self.world = copy.deepcopy(world)
        self.faults = Faults()
        self.calls = 0
