"""Gathers what alerts are made of, at little cost: what is large is read once an hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from relay.config.installation import Installation
from relay.core.alert_life import Alert
from relay.core.alerts import AlertKind, Condition, Letters, Place, Snapshot, Spent
from relay.core.conditions import letters_key, used_up
from relay.core.hours import HOUR, KEPT_HOURS, Hours, hour_of
from relay.core.letters import EVERY_LETTER, LetterFilter
from relay.store.alerts import Look
from relay.store.base import Held, LetterGroup, OpenBreaker, Store

_OVERLAP = 120_000
"""Milliseconds: what was being written during the last look is seen by this one."""

_MOST_GROUPS = 1000


class Noticing:
    """Holds the requests of every hour that is kept: some megabytes with a hundred sources."""

    def __init__(self, store: Store, installation: Installation) -> None:
        self._store = store
        self._destinations = installation.destinations
        self._sources = frozenset(installation.sources)
        self._came: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._unverified: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._read_in = 0
        self._faults: tuple[str, ...] = ()
        self._counted_at: int | None = None

    async def snapshot(self, look: Look, live: Iterable[Alert]) -> Snapshot:
        """Everything as it is at the moment of the look."""
        await self._read_hours(hour_of(look.at))
        await self._count(look.at)
        overdue, nodes = await self._store.alerts.overdue(look.at), await self._store.nodes.all()
        return Snapshot(
            now=look.at,
            up_since=look.up_since,
            held=self._places(await self._store.held()),
            broken=self._places(await self._store.open_breakers()),
            spent=tuple(await self._spent(look.at)),
            overdue={place: at for place, at in overdue.enrollments.items() if self._knows(place)},
            unread=overdue.requests,
            letters=tuple(await self._letters(LetterFilter(since=look.last_at - _OVERLAP))),
            open=frozenset(alert.condition.key for alert in live),
            sources=self._sources,
            came=self._came,
            unverified=self._unverified,
            faults=self._faults,
            gone=tuple(one for one in nodes if one.is_gone(look.at)),
            spooling=tuple(one for one in nodes if one.spools_for_long(look.at) and not one.is_gone(look.at)),
        )

    def _knows(self, place: Place) -> bool:
        """Nothing goes to other destinations anyway."""
        return place.destination in self._destinations

    def _places(self, found: Iterable[Held | OpenBreaker]) -> dict[Place, str]:
        reasons = {
            Place(one.destination, one.sequence): one.reason if isinstance(one, Held) else one.breaker.reason
            for one in found
        }
        return {place: reason for place, reason in reasons.items() if self._knows(place)}

    async def _read_hours(self, hour: int) -> None:
        """All of them once an hour; in between the last two, since the others change no more."""
        anew = self._read_in != hour
        found = await self._store.hours(hour - KEPT_HOURS if anew else hour - 1)
        if anew:
            self._came.clear()
            self._unverified.clear()
        self._take(found)
        self._read_in = hour

    def _take(self, hours: Hours) -> None:
        for each in hours.sources:
            self._came[each.source][each.hour] = each.requests
            self._unverified[each.source][each.hour] = each.unverified

    async def _count(self, now: int) -> None:
        if self._counted_at is None or now - self._counted_at >= HOUR:
            self._counted_at = now
            self._faults = tuple((await self._store.ledger()).faults())

    async def _spent(self, now: int) -> list[Spent]:
        budgets = {name: one.budget for name, one in self._destinations.items()}
        spent = []
        for rate in await self._store.rates(now):
            sharing = {name: each for name, each in budgets.items() if each.organization == rate.organization}
            found = {name: used_up(each, rate.limits, rate.used_hour, now) for name, each in sharing.items()}
            whys = {name: why for name, why in found.items() if why is not None}
            if whys:
                spent.append(Spent(rate.organization, next(iter(whys.values())), frozenset(whys)))
        return spent

    async def _letters(self, wanted: LetterFilter) -> Iterator[Letters]:
        return map(_as_letters, await self._store.letter_groups(wanted, _MOST_GROUPS))

    async def repaired(self, live: Iterable[Alert], found: Collection[Condition]) -> frozenset[str]:
        """Keys of causes of which no dead letter is left."""
        there = {condition.key for condition in found}
        open_keys = {alert.condition.key for alert in live if alert.condition.kind is AlertKind.DEAD}
        quiet = {key for key in open_keys - there if not key.endswith(":others")}
        if not quiet:
            return frozenset()
        left = [letters_key(each) for each in await self._letters(EVERY_LETTER)]
        return frozenset(quiet.difference(left) if len(left) < _MOST_GROUPS else ())


def _as_letters(group: LetterGroup) -> Letters:
    return Letters(group.source, group.cause, group.symptom)
