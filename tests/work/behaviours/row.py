"""One row of the table: how the destination behaves, how that is mended, what is left over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from relay.sandbox import Running
from relay.sandbox.faults import Faults
from relay.sandbox.journal import Call
from tests.work.behaviours.seen import Seen
from tests.work.behaviours.traffic import CROWD, Traffic


@dataclass(frozen=True, slots=True)
class World:
    """Whether keys are honoured, and what the operator chose for calls of unknown end."""

    name: str
    idempotency: bool
    on_unknown_outcome: str

    @property
    def holds(self) -> bool:
        return self.on_unknown_outcome == "hold"

    @property
    def repeats(self) -> bool:
        """Whether a repeat may enrol somebody twice."""
        return not self.idempotency and not self.holds


WORLDS = (
    World("keys honoured", idempotency=True, on_unknown_outcome="retry"),
    World("held", idempotency=False, on_unknown_outcome="hold"),
    World("repeated", idempotency=False, on_unknown_outcome="retry"),
)

Left = Callable[[Seen], Mapping[str, int]]
"""Enrollments that are not delivered in the end, by their end."""


def nobody(_: Seen) -> Mapping[str, int]:
    return {}


Holds = Callable[[World], Collection[str | None]]
"""What waits for mending: sequences, or None for the whole destination."""


def holding(*what: str | None) -> Holds:
    """The same in every world."""
    return lambda _: what


nothing_held = holding()


def untouched(_: Running) -> None:
    """The world as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`says` is a sentence that ends "when …"."""

    says: str
    switches: Mapping[str, object] = field(default_factory=dict)
    strikes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Faults by the number of a batch: what its first call meets, and its repeats."""

    given: Callable[[Running], None] = untouched
    """What is done to the world before the first call."""

    mended: Callable[[Running], None] = untouched
    """What is done to the world, beside the usual repairs, before somebody resumes."""

    unreachable: Literal["never", "first", "later"] = "never"
    """When nobody listens: at the first calls, or when the later purchases come in and repeats are due."""

    config: Mapping[str, object] = field(default_factory=dict)
    restarted: Mapping[str, object] | None = None
    """What is changed in the configuration before the relay is started again."""

    holds: Holds = nothing_held
    looked: bool = False
    """A look sees that what is held can go on; else a person resumes it."""

    retried: bool = False
    """A person sends all dead letters again at the end."""

    left: Left = nobody
    forgetful: bool = False
    """Keys are honoured, but forgotten before the repeat: the promise is then at least once."""

    traffic: Traffic = CROWD


def leaving(**ends: int) -> Left:
    """So many enrollments of each end, whatever the world."""
    return lambda _: ends


class Strikes(Faults):
    """Faults that find their batch again by its key, whatever is sent in between."""

    __slots__ = ("_numbers", "_plan", "_times")

    def __init__(self, plan: Mapping[int, tuple[str, ...]]) -> None:
        super().__init__()
        self._plan = plan
        self._numbers: dict[str, int] = {}
        self._times: dict[str, int] = {}

    def take(self, call: Call) -> str | None:
        key = call.headers.get("Idempotency-Key")
        if key is None:
            return super().take(call)
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        self._times[key] = time = self._times.get(key, 0) + 1
        planned = self._plan.get(number, ())
        return planned[time - 1] if time <= len(planned) else super().take(call)
