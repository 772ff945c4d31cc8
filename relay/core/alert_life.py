"""The life of an alert: opened once, told again now and then, closed by itself, and calm where it flaps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from relay.core.alerts import AlertKind, Condition, Rules

Told = Literal["opened", "reminder", "closed"]

MOST_RETURNS = 6
_SOON = 6
"""What comes back within so many times the calm that it needed was never really over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One condition over time; times are milliseconds since 1970.

    `since` is the first look that found it, `seen_at` the last one. It is open from `opened_at` until
    `closed_at`. `returns` counts how often it came back soon after it was over, `before` is when the same was
    over the last time before this. `id` is None until it is kept.
    """

    condition: Condition
    since: int
    seen_at: int
    opened_at: int | None = None
    told_at: int | None = None
    closed_at: int | None = None
    returns: int = 0
    before: int | None = None
    id: int | None = None

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None and self.closed_at is None


@dataclass(frozen=True, slots=True)
class Step:
    """What a look makes of an alert, and what is told of it. `gone`: it was over before it was opened."""

    alert: Alert
    told: Told | None = None
    gone: bool = False


def look_at(
    live: Iterable[Alert],
    past: Mapping[str, Alert],
    found: Iterable[Condition],
    rules: Rules,
    now: int,
    *,
    repaired: Collection[str] = (),
) -> list[Step]:
    """Hold what is known against the conditions that were found.

    `live` are alerts that are not over, `past` the last one of each key that is. Of the keys in `repaired`
    nothing is left, so that no calm has to be waited for.
    """
    known = {alert.condition.key: alert for alert in live}
    there = {condition.key: condition for condition in found}
    seen = (_seen(known.get(key), past.get(key), one, rules, now) for key, one in there.items())
    unseen = (alert for key, alert in known.items() if key not in there)
    return [*seen, *_unseen(unseen, rules, now, repaired)]


def _seen(known: Alert | None, before: Alert | None, condition: Condition, rules: Rules, now: int) -> Step:
    alert = replace(known or _begun(before, condition, rules, now), condition=condition, seen_at=now)
    if alert.opened_at is None:
        if now - alert.since < rules.patience(condition.kind):
            return Step(alert)
        return Step(replace(alert, opened_at=now, told_at=now), "opened")
    if rules.remind and now - (alert.told_at or 0) >= rules.remind:
        return Step(replace(alert, told_at=now), "reminder")
    return Step(alert)


def _begun(before: Alert | None, condition: Condition, rules: Rules, now: int) -> Alert:
    if before is None or before.closed_at is None:
        return Alert(condition=condition, since=now, seen_at=now)
    soon = now - before.closed_at < _SOON * _calm(before, rules)
    returns = min(before.returns + 1, MOST_RETURNS) if soon else 0
    return Alert(condition=condition, since=now, seen_at=now, returns=returns, before=before.closed_at)


def _unseen(alerts: Iterable[Alert], rules: Rules, now: int, repaired: Collection[str]) -> Iterator[Step]:
    for alert in alerts:
        over = alert.condition.key in repaired or now - alert.seen_at >= _calm(alert, rules)
        if alert.opened_at is None:
            yield Step(alert, gone=True)
        elif over:
            yield Step(replace(alert, closed_at=now), "closed")


def _calm(alert: Alert, rules: Rules) -> int:
    """Twice as long each time that it came back; a cause of dead letters is new or is not."""
    kind = alert.condition.kind
    return rules.calm_of(kind) * (1 if kind is AlertKind.DEAD else 2**alert.returns)
