"""Numbers that stand beside sections on every page."""

from __future__ import annotations

from collections.abc import Mapping

from relay.desk.desk import Desk

_FRESH = 2_000


class Counts:
    """Dead letters and open alerts, counted at most every two seconds."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._at = 0
        self._known: Mapping[str, int] = {}

    async def get(self) -> Mapping[str, int]:
        now = self._desk.now()
        if now - self._at >= _FRESH:
            self._at = now
            alerts = await self._desk.store.alerts.live()
            letters = await self._desk.store.count_letters()
            self._known = {"dead": letters, "alerts": sum(one.is_open for one in alerts)}
        return self._known
