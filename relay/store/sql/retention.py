"""Retiring what is over, a little at a time: each step is a short transaction, and tells when the next is.

What comes to its time is looked at once, in the order of ids. What is not over then lingers, and is looked at
again in rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from relay.core.retention import Kept, Place, Retired, Stage
from relay.store.queries import queries
from relay.store.sql.database import Database, Row, json_list, one, row, rows

SQL = queries("relay.store.sql", "retention")
DEAD = queries("relay.store.sql", "dead")

ROUND = 3_600_000
"""Milliseconds between two looks at what lingers."""

_MOST_PARTS = 500
"""Events of requests, or enrollments of calls, in one step; one request may have more."""

Counts = Mapping[str, int]


class _Mark(NamedTuple):
    """How far a stage has come: see the table."""

    seen: int
    again: int
    due_at: int


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a stage. What ended `before` is to go."""

    db: Database
    stage: Stage
    mark: _Mark
    now: int
    before: int
    most: int


def step(db: Database, kept: Kept, now: int, most: int) -> Retired:
    stages = json_list([stage for stage in Stage if kept.before(stage, now) is not None])
    counts: Counts = {}
    found = row(db, SQL["due"], {"stages": stages, "now": now})
    if found is not None:
        stage, mark = Stage(found[0]), _Mark(found[1], found[2], now)
        counts, mark = _STAGES[stage](_Step(db, stage, mark, now, kept.before(stage, now) or 0, most))
        db.execute(SQL["note"], {"stage": stage, **mark._asdict()})
    (next_due,) = one(db, SQL["next_due"], {"stages": stages})
    done = {what: count for what, count in counts.items() if count}
    return Retired(done, now + ROUND if next_due is None else next_due)


def begin(db: Database, now: int) -> None:
    """Everything is looked at again."""
    db.execute(SQL["start"], {"now": now})


class Kind(NamedTuple):
    """Requests or calls: what their statements are called, and the stages that look at them."""

    name: str
    stages: tuple[Stage, Stage]


REQUESTS = Kind("requests", (Stage.BODIES, Stage.RECORDS))
BATCHES = Kind("batches", (Stage.CALL_BODIES, Stage.CALLS))

Act = Callable[[Database, Collection[int]], Counts]


class Portion(NamedTuple):
    """What is looked at next: those that lingered, unless it is fresh. Those `over` may go."""

    ids: Sequence[int]
    over: set[int]
    is_fresh: bool


def portion(db: Database, kind: Kind, place: Place, before: int, most: int) -> Portion:
    values = {**place._asdict(), "most": most}
    ids = list(_due(rows(db, SQL[kind.name], values), before))
    is_fresh = bool(ids)
    if not is_fresh:
        ids = list(_due(rows(db, SQL[f"lingering_{kind.name}"], values), before))
    over = _over(db, kind, place.stage, ids, before) if ids else set()
    return Portion(ids, over, is_fresh)


def _through(kind: Kind, act: Act) -> Callable[[_Step], tuple[Counts, _Mark]]:
    """A stage that goes through a table by its ids."""

    def taken(this: _Step) -> tuple[Counts, _Mark]:
        db, mark = this.db, this.mark
        place = Place(this.stage, mark.seen, mark.again)
        ids, over, is_fresh = portion(db, kind, place, this.before, this.most)
        counts = act(db, over) if over else {}
        if is_fresh:
            db.executemany(SQL["linger"], [(this.stage, number) for number in ids if number not in over])
            return counts, mark._replace(seen=ids[-1])
        _linger_no_more(db, (this.stage,), over)
        if ids:
            return counts, mark._replace(again=ids[-1])
        return counts, mark._replace(again=0, due_at=this.now + ROUND)

    return taken


def _due(found: Sequence[Row], before: int) -> Iterator[int]:
    """The ids of those whose time has come, and of no more than have a bounded number of parts."""
    parts = 0
    for number, at, has in found:
        if at >= before or (parts and parts + has > _MOST_PARTS):
            return
        parts += max(1, has)
        yield number


def _over(db: Database, kind: Kind, stage: Stage, ids: Sequence[int], before: int) -> set[int]:
    """Those that may go: numbers are never given twice, so whoever has the highest of anything stays."""
    values = {"ids": json_list(ids), "before": before}
    over = {number for (number,) in rows(db, SQL[f"{kind.name}_over"], values)}
    if not stage.is_of_bodies:
        over -= {number for (number,) in rows(db, SQL[f"newest_{kind.name}"])}
    return over


def _linger_no_more(db: Database, stages: Collection[Stage], ids: Collection[int]) -> None:
    db.execute(SQL["linger_no_more"], {"stages": json_list(stages), "ids": json_list(ids)})


def cut_requests(db: Database, ids: Collection[int]) -> Counts:
    """Forget what was said in requests; that they were there, and what became of them, is kept."""
    values = {"ids": json_list(ids)}
    taken = rows(db, SQL["take_requests"], values)
    db.executemany(SQL["put_request"], [(*kept, b"", b"") for kept in taken])
    db.execute(SQL["cut_events"], values)
    return {"bodies": len(taken)}


def cut_batches(db: Database, ids: Collection[int]) -> Counts:
    values = {"ids": json_list(ids)}
    taken = rows(db, SQL["take_batches"], values)
    db.executemany(SQL["put_batch"], [(*kept, b"") for kept in taken])
    db.execute(SQL["cut_attempts"], values)
    return {"call bodies": len(taken)}


def _remove_requests(db: Database, ids: Collection[int]) -> Counts:
    """Requests with all that was made of them."""
    requests = json_list(ids)
    events = [number for (number,) in rows(db, SQL["events_of"], (requests,))]
    enrollments = [number for (number,) in rows(db, SQL["enrollments_of"], (json_list(events),))]
    for part in ("former_batches", "corrections", "deliveries", "enrollments"):
        db.execute(SQL[f"remove_{part}"], (json_list(enrollments),))
    db.execute(DEAD["spend_number"], (max(events, default=0),))
    db.execute(SQL["remove_events"], (json_list(events),))
    db.execute(SQL["remove_states"], (requests,))
    db.execute(SQL["remove_requests"], (requests,))
    _linger_no_more(db, REQUESTS.stages, ids)
    return _counted(db, {"requests": len(ids), "events": len(events), "enrollments": len(enrollments)})


def _remove_batches(db: Database, ids: Collection[int]) -> Counts:
    """Calls with all of their tries."""
    batches = json_list(ids)
    attempts = len(rows(db, SQL["remove_attempts"], (batches,)))
    db.execute(SQL["remove_batches"], (batches,))
    _linger_no_more(db, BATCHES.stages, ids)
    return _counted(db, {"calls": attempts})


def _counted(db: Database, counts: Counts) -> Counts:
    db.executemany(SQL["count"], [(count, what) for what, count in counts.items()])
    return counts


def _quarantine(this: _Step) -> tuple[Counts, _Mark]:
    """Whoever sent what was not verified is not asked whether it is over."""
    removed = rows(this.db, SQL["remove_quarantined"], {"before": this.before, "most": this.most})
    due_at = this.now if len(removed) == this.most else this.now + ROUND
    return {"quarantined": len(removed)}, this.mark._replace(due_at=due_at)


def _jobs(this: _Step) -> tuple[Counts, _Mark]:
    """The oldest job that has ended, its items first."""
    found = row(this.db, SQL["old_job"], {"before": this.before})
    if found is None:
        return {}, this.mark._replace(due_at=this.now + ROUND)
    if rows(this.db, SQL["remove_items"], {"id": found[0], "most": this.most}):
        return {}, this.mark
    for part in ("job_counts", "job_groups", "job"):
        this.db.execute(SQL[f"remove_{part}"], found)
    return {"jobs": 1}, this.mark


_STAGES: Mapping[Stage, Callable[[_Step], tuple[Counts, _Mark]]] = {
    Stage.BODIES: _through(REQUESTS, cut_requests),
    Stage.CALL_BODIES: _through(BATCHES, cut_batches),
    Stage.RECORDS: _through(REQUESTS, _remove_requests),
    Stage.CALLS: _through(BATCHES, _remove_batches),
    Stage.QUARANTINE: _quarantine,
    Stage.JOBS: _jobs,
}
