"""What a store keeps of alerts: which are open, and what is still to be told of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from relay.core.alert_life import Alert, Step, Told
from relay.core.alerts import Place


@dataclass(frozen=True, slots=True)
class Look:
    """A look that was claimed: its number is the fence, `last_at` the last one that was saved."""

    number: int
    at: int
    last_at: int
    up_since: int


class Outgoing(NamedTuple):
    """A message for one channel."""

    channel: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Saved:
    """What a look makes of an alert, and what is told of it to whom."""

    step: Step
    messages: tuple[Outgoing, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message to be told now. `attempt` counts from 1, this one included."""

    id: int
    channel: str
    told: Told
    body: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class Untold:
    """How many messages a channel has not been told, since when, and what went wrong the last time."""

    channel: str
    count: int
    since: int
    fault: str | None


@dataclass(frozen=True, slots=True)
class Overdue:
    """The oldest enrollment that is due at each place, and the oldest request of each source."""

    enrollments: dict[Place, int]
    requests: dict[str, int]


class AlertStore(Protocol):
    """A method that writes returns only when what it wrote is durable. Times: milliseconds since 1970."""

    async def claim_look(self, now: int, lease_until: int, absent: int) -> Look | None:
        """The next look, unless another node has it. After `absent` without any the relay counts as down."""
        ...

    async def save_look(self, look: Look, saved: Sequence[Saved]) -> bool:
        """Write down what a look found; False: another node has taken the next one meanwhile."""
        ...

    async def live(self) -> list[Alert]:
        """Alerts that are not over, those included that are not open yet; the oldest first."""
        ...

    async def last_over(self, keys: Collection[str]) -> dict[str, Alert]:
        """Of each key the last alert that is over."""
        ...

    async def past(self, limit: int, before: int | None = None) -> list[Alert]:
        """Alerts that are over, the newest first, from the one with the id `before` on."""
        ...

    async def overdue(self, now: int) -> Overdue: ...

    async def next_message(self, channels: Collection[str]) -> int | None:
        """When the next message to one of these channels can be claimed."""
        ...

    async def claim_messages(
        self, channels: Collection[str], now: int, lease_until: int
    ) -> list[ClaimedMessage]:
        """Of each channel the first message, if it is due."""
        ...

    async def end_message(self, message: ClaimedMessage, now: int, fault: str | None = None) -> None:
        """It was told; or, with a fault, it never will be."""
        ...

    async def put_off_message(self, message: ClaimedMessage, due_at: int, fault: str) -> None: ...

    async def untold(self) -> list[Untold]: ...
