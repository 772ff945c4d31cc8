"""What every store can do to forget a person."""

from __future__ import annotations

from typing import Protocol

from relay.core.audit import Change
from relay.core.forgetting import START, Place, Traces


class ForgettingStore(Protocol):
    """Step by step, each of bounded size: `Traces.next` is given as `place` for the next one.

    The address is one as it is compared: in lower case. What stays of the person are hashes, by which repeats
    are known.
    """

    async def look(self, address: str, place: Place = START) -> Traces:
        """What would be removed."""
        ...

    async def forget(self, address: str, now: int, place: Place = START, by: Change | None = None) -> Traces:
        """Remove it, and write down who wanted that. Done again, it finds nothing more.

        What waits is never sent, dead letters are discarded, and requests that name the person are cut
        whole. What is being sent or read at this moment is left.
        """
        ...
