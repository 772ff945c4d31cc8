"""The steps that wait for their time: one entry for all sendings that one call made together."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relay.sandbox.records import Sending


@dataclass(order=True, slots=True)
class Due:
    """Step `index` of some sendings of one sequence, due at `at` (Unix seconds)."""

    at: float
    order: int
    index: int = field(compare=False)
    sendings: list[Sending] = field(compare=False)


@dataclass(slots=True)
class Agenda:
    """What is due when, soonest first; equal times keep the order in which they came."""

    _heap: list[Due] = field(default_factory=list)
    _order: int = 0

    def add(self, at: float, index: int, sendings: list[Sending]) -> None:
        """Put a step on the agenda."""
        self._order += 1
        heapq.heappush(self._heap, Due(at, self._order, index, sendings))

    def take(self, now: float) -> Iterator[Due]:
        """Take off everything that is due."""
        while self._heap and self._heap[0].at <= now:
            yield heapq.heappop(self._heap)

    @property
    def next_at(self) -> float | None:
        """When the next step is due; None when nothing waits."""
        return self._heap[0].at if self._heap else None

    def __len__(self) -> int:
        return len(self._heap)
