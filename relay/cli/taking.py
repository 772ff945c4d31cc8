"""The part of a relay that takes webhooks in: where it spools, it is at work before the store is open."""

from __future__ import annotations

from collections.abc import Callable

import aiohttp

from relay.cli.keeping import Keeping, make_keeping
from relay.clock import Clock
from relay.config.installation import Installation
from relay.spool.coming import Coming
from relay.telemetry import Metrics
from relay.vendor_keys import VendorKeys
from relay.web.intake import Intake


class Taking:
    """`accepted` is called whenever something has come into the store."""

    def __init__(
        self,
        installation: Installation,
        store: Coming,
        http: aiohttp.ClientSession,
        clock: Clock,
        metrics: Metrics,
        accepted: Callable[[], None],
    ) -> None:
        config = installation.config
        self.keeping: Keeping = make_keeping(installation, store, clock, metrics, accepted=accepted)
        self.intake = Intake(
            installation.sources,
            store,
            self.keeping.keep,
            clock,
            metrics,
            keep_unverified=config.quarantine.keep,
            accepted=accepted,
            vendor_key=VendorKeys(http, clock, config.lookups.origins).get,
        )

    async def stop(self) -> None:
        """Nobody calls any more: finish what is under way, and bring in what was spooled."""
        await self.intake.settle_down()
        await self.keeping.stop()
