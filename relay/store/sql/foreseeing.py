"""What retention would do: the same portions are looked at as by its steps, and nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from relay.core.retention import SOON, Ahead, Kept, Place, Reach, Stage
from relay.store.queries import queries
from relay.store.sql.database import Database, json_list, one, row
from relay.store.sql.retention import BATCHES, REQUESTS, Counts, Kind, portion

SQL = queries("relay.store.sql", "foreseeing")


class _Weighed(NamedTuple):
    """What a stage looks at, and how what would go of it is counted."""

    kind: Kind
    counts: Mapping[str, str]


_THROUGH: Mapping[Stage, _Weighed] = {
    Stage.BODIES: _Weighed(REQUESTS, {"bodies": "bodies"}),
    Stage.CALL_BODIES: _Weighed(BATCHES, {"call bodies": "call_bodies"}),
    Stage.RECORDS: _Weighed(
        REQUESTS, {"requests": "requests", "events": "events", "enrollments": "enrollments"}
    ),
    Stage.CALLS: _Weighed(BATCHES, {"calls": "calls"}),
}
_AT_ONCE: Mapping[Stage, str] = {Stage.QUARANTINE: "quarantined", Stage.JOBS: "jobs"}


def ahead(db: Database, kept: Kept, now: int, place: Place | None, most: int) -> Ahead:
    stages = [stage for stage in Stage if kept.before(stage, now) is not None]
    if place is None:
        if not stages:
            return Ahead({}, None)
        place = _begin(db, stages[0])
    after = next(iter(stages[stages.index(place.stage) + 1 :]), None)
    before = kept.before(place.stage, now) or 0
    if place.stage in _AT_ONCE:
        what = _AT_ONCE[place.stage]
        (count,) = one(db, SQL[what], {"before": before})
        return Ahead(_some({what: count}), _begin(db, after) if after else None)
    kind, counted = _THROUGH[place.stage]
    ids, over, is_fresh = portion(db, kind, place, before, most)
    values = {"ids": json_list(over)}
    counts = _some({what: one(db, SQL[name], values)[0] for what, name in counted.items()}) if over else {}
    if not ids:
        return Ahead(counts, _begin(db, after) if after else None)
    return Ahead(counts, place._replace(seen=ids[-1]) if is_fresh else place._replace(again=ids[-1]))


def _begin(db: Database, stage: Stage) -> Place:
    (seen,) = one(db, SQL["seen"], {"stage": stage})
    return Place(stage, seen, 0)


def _some(counts: Counts) -> Counts:
    return {what: count for what, count in counts.items() if count}


def reach(db: Database, kept: Kept, now: int) -> list[Reach]:
    return [
        _through(db, stage, before, now) if stage in _THROUGH else _at_once(db, stage, before, now)
        for stage in Stage
        if (before := kept.before(stage, now)) is not None
    ]


def _through(db: Database, stage: Stage, before: int, now: int) -> Reach:
    name = _THROUGH[stage].kind.name
    seen = _begin(db, stage).seen
    first = row(db, SQL[f"from_{name}"], {"id": seen + 1})
    (lingering,) = one(db, SQL["lingering"], {"stage": stage})
    if first is None:
        return Reach(stage, 0, 0, lingering, None)
    number, at = first
    due = _horizon(db, name, number, before)
    soon = _horizon(db, name, due, before + SOON)
    return Reach(stage, due - number, soon - due, lingering, max(now, at + now - before))


def _horizon(db: Database, name: str, low: int, before: int) -> int:
    """The first number, from `low` on, of what came at that moment or later."""
    (last,) = one(db, SQL[f"last_{name}"])
    high = (last or 0) + 1
    while low < high:
        number, at = row(db, SQL[f"from_{name}"], {"id": (low + high) // 2}) or (high, before)
        if at < before:
            low = number + 1
        else:
            high = (low + high) // 2
    return low


def _at_once(db: Database, stage: Stage, before: int, now: int) -> Reach:
    name = _AT_ONCE[stage]
    (due,) = one(db, SQL[name], {"before": before})
    (later,) = one(db, SQL[name], {"before": before + SOON})
    (oldest,) = one(db, SQL[f"oldest_{name}"])
    return Reach(stage, due, later - due, 0, None if oldest is None else max(now, oldest + now - before))
