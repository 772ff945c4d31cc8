"""The turnstile of one claim: what may still go out, by room, budget and breaker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from relay.core.budget import Budget, Budgets
from relay.core.route import Lane
from relay.store.sql import breakers, limits
from relay.store.sql.database import Database, json_list


class Turnstile:
    """Lets batches through while their destination has room, its organization calls, and no breaker is open.

    `waits` are the moments at which more may go than now, where a budget is what is in the way.
    """

    def __init__(
        self,
        db: Database,
        room: Mapping[str, int],
        replay_room: Mapping[str, int],
        budgets: Budgets,
        now: int,
    ) -> None:
        self._db = db
        self._now = now
        self._room = Counter(room)
        self._replay_room = Counter(replay_room)
        self._budgets = {name: budgets.get(name) or Budget(organization=name) for name in room}
        self._spare = {name: limits.left(db, self._budgets[name], now) for name in room if room[name] > 0}
        self._shut, self._trials = breakers.gates(db)
        self._taken: Counter[str] = Counter()
        self._replays: Counter[str] = Counter()
        self.waits: list[int] = []
        for one in self._spare.values():
            self.waits += [one.again_at] if one.calls == 0 else []
            self.waits += [one.replays_again_at] if one.replays == 0 else []

    def total(self) -> int:
        return sum(max(0, calls) for calls in self._room.values())

    def values(self) -> dict[str, str]:
        """What statements need to pass over that which may not go."""
        return {
            "with_room": json_list(name for name in self._spare if self._has_calls(name, replay=False)),
            "with_replays": json_list(name for name in self._spare if self._has_calls(name, replay=True)),
            "shut": json_list(self._shut),
        }

    def organization(self, destination: str) -> str:
        return self._budgets[destination].organization

    def pace(self, destination: str) -> int:
        """Milliseconds that calls to a destination should be apart, whatever their sequence."""
        return self._spare[destination].pace if destination in self._spare else 0

    def is_shut(self, lane: Lane) -> bool:
        """Whether a breaker keeps back everything of the lane."""
        return not self._shut.isdisjoint(_scopes(lane))

    def is_trial(self, lane: Lane) -> bool:
        """Whether the next call is to show that what failed is back."""
        return not self._trials.isdisjoint(_scopes(lane))

    def admits(self, lane: Lane, *, replay: bool) -> bool:
        return not self.is_shut(lane) and self._has_calls(lane.destination, replay=replay)

    def _has_calls(self, destination: str, *, replay: bool) -> bool:
        spare = self._spare.get(destination)
        if spare is None or self._room[destination] <= 0:
            return False
        organization = self.organization(destination)
        if spare.calls is not None and self._taken[organization] >= spare.calls:
            return False
        if not replay:
            return True
        share = spare.replays is None or self._replays[organization] < spare.replays
        return share and self._replay_room[destination] > 0

    def take(self, lane: Lane, *, replay: bool) -> None:
        """One call of the lane goes out."""
        organization = self.organization(lane.destination)
        self._room[lane.destination] -= 1
        self._taken[organization] += 1
        if replay:
            self._replay_room[lane.destination] -= 1
            self._replays[organization] += 1
        for scope in self._trials.intersection(_scopes(lane)):
            self._trials.remove(scope)
            self._shut.add(scope)

    def spend(self) -> None:
        """Count what was let through."""
        for organization, calls in self._taken.items():
            limits.spend(self._db, organization, calls, self._replays[organization], self._now)


def _scopes(lane: Lane) -> tuple[breakers.Scope, breakers.Scope]:
    return (lane.destination, ""), (lane.destination, lane.sequence)
