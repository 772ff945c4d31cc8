"""What operations work with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from relay.config.installation import Installation
from relay.config.models import Config
from relay.core.access import Caller
from relay.core.audit import Change, change
from relay.desk.pacing import Paced
from relay.desk.repairing import Repairing
from relay.registry import ConnectorError, Registry
from relay.store import Store
from relay.store.base import Ledger


def _nobody_to_wake(_loop: str) -> None:
    """Where no relay is running: it takes everything up when it starts."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A ledger, the configuration, and who is at work.

    `now` gives milliseconds since 1970, `wake` wakes the loop of that name. `install` gives the configuration
    at work; where no relay is running it may raise `ConfigFaults`, since secrets may be out of reach.
    """

    store: Store
    config: Config
    install: Callable[[], Installation]
    registry: Callable[[], Registry]
    repairing: Repairing
    caller: Caller
    now: Callable[[], int]
    wake: Callable[[str], None] = _nobody_to_wake
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    books: Paced[Ledger] | None = None
    """Counts for somebody who looks again and again; None: they are always taken anew."""

    async def count(self) -> Ledger:
        """Where everything is, for the overview; of a large ledger a little old."""
        return await (self.books.look() if self.books else self.store.ledger())

    def label_of(self, connector: str) -> str:
        """The sender's own name, as far as its connector is known."""
        try:
            return self.registry().get(connector).label
        except ConnectorError:
            return connector

    def by(self, action: str, **detail: object) -> Change:
        """A change by whoever is at work, for the audit log. `detail` names no person of the ledger."""
        return change(self.caller.name, self.now(), action, **detail)
