"""What every store can do so that the ledger keeps no more than it has to."""

from __future__ import annotations

from typing import Protocol

from relay.core.retention import MOST_IN_A_STEP, Ahead, Kept, Place, Reach, Retired


class RetentionStore(Protocol):
    """Times are milliseconds since 1970 in UTC."""

    async def step(self, kept: Kept, now: int, most: int = MOST_IN_A_STEP) -> Retired:
        """Retire a little of what is due, if anything is: `most` requests or calls are looked at.

        Nothing is touched that is not over. Of many nodes one takes each step.
        """
        ...

    async def begin(self, now: int) -> None:
        """Have everything looked at again from now on, and not when its round begins."""
        ...

    async def look(
        self, kept: Kept, now: int, place: Place | None = None, most: int = MOST_IN_A_STEP
    ) -> Ahead:
        """What steps would retire, part by part; nothing is changed."""
        ...

    async def reach(self, kept: Kept, now: int) -> list[Reach]:
        """About how much is due, for each stage that retires anything; in no time."""
        ...
