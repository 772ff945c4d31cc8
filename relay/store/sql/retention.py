"""Retiring what is over, a little at a time: each step is a short transaction, and tells when the next is.

What comes to its time is looked at once, in the order of ids. What is not over then lingers, and is looked at
again in rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from relay.core.retention import MOST_IN_A_STEP, Kept, Retired, Stage
from relay.store.queries import queries
from relay.store.retention import RetentionStore
from relay.store.sql.database import Database, Row, json_list, one, row, rows
from relay.store.sql.engine import Run

SQL = queries("relay.store.sql", "retention")
DEAD = queries("relay.store.sql", "dead")

ROUND = 3_600_000
"""Milliseconds between two looks at what lingers."""

_MOST_PARTS = 500
"""Events of requests, or enrollments of calls, in one step; one request may have more."""

Counts = Mapping[str, int]


class SqlRetention(RetentionStore):
    def __init__(self, write: Run) -> None:
        self._write = write

    async def step(self, kept: Kept, now: int, most: int = MOST_IN_A_STEP) -> Retired:
        return await self._write(lambda db: step(db, kept, now, most))

    async def begin(self, now: int) -> None:
        await self._write(lambda db: db.execute(SQL["start"], {"now": now}))


class _Place(NamedTuple):
    """How far a stage has come: see the table."""

    seen: int
    again: int
    due_at: int


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a stage. What ended `before` is to go."""

    db: Database
    stage: Stage
    place: _Place
    now: int
    before: int
    most: int


def step(db: Database, kept: Kept, now: int, most: int) -> Retired:
    stages = json_list([stage for stage in Stage if kept.before(stage, now) is not None])
    counts: Counts = {}
    found = row(db, SQL["due"], {"stages": stages, "now": now})
    if found is not None:
        stage, place = Stage(found[0]), _Place(found[1], found[2], now)
        counts, place = _STAGES[stage](_Step(db, stage, place, now, kept.before(stage, now) or 0, most))
        db.execute(SQL["note"], {"stage": stage, **place._asdict()})
    (next_due,) = one(db, SQL["next_due"], {"stages": stages})
    done = {what: count for what, count in counts.items() if count}
    return Retired(done, now + ROUND if next_due is None else next_due)


class _Kind(NamedTuple):
    """Requests or calls: what their statements are called, and the stages that look at them."""

    name: str
    stages: tuple[Stage, Stage]


_REQUESTS = _Kind("requests", (Stage.BODIES, Stage.RECORDS))
_BATCHES = _Kind("batches", (Stage.CALL_BODIES, Stage.CALLS))

Act = Callable[[Database, Collection[int]], Counts]


def _through(kind: _Kind, act: Act) -> Callable[[_Step], tuple[Counts, _Place]]:
    """A stage that goes through a table by its ids."""

    def taken(this: _Step) -> tuple[Counts, _Place]:
        db, place = this.db, this.place
        values = {"stage": this.stage, "seen": place.seen, "again": place.again, "most": this.most}
        ids = list(_portion(rows(db, SQL[kind.name], values), this.before))
        is_fresh = bool(ids)
        if not is_fresh:
            ids = list(_portion(rows(db, SQL[f"lingering_{kind.name}"], values), this.before))
        over = _over(this, kind, ids) if ids else set()
        counts = act(db, over) if over else {}
        if is_fresh:
            db.executemany(SQL["linger"], [(this.stage, number) for number in ids if number not in over])
            return counts, place._replace(seen=ids[-1])
        _linger_no_more(db, (this.stage,), over)
        if ids:
            return counts, place._replace(again=ids[-1])
        return counts, place._replace(again=0, due_at=this.now + ROUND)

    return taken


def _portion(found: Sequence[Row], before: int) -> Iterator[int]:
    """The ids of those whose time has come, and of no more than have a bounded number of parts."""
    parts = 0
    for number, at, has in found:
        if at >= before or (parts and parts + has > _MOST_PARTS):
            return
        parts += max(1, has)
        yield number


def _over(this: _Step, kind: _Kind, ids: Sequence[int]) -> set[int]:
    """Those that may go: numbers are never given twice, so whoever has the highest of anything stays."""
    values = {"ids": json_list(ids), "before": this.before}
    over = {number for (number,) in rows(this.db, SQL[f"{kind.name}_over"], values)}
    if not this.stage.is_of_bodies:
        over -= {number for (number,) in rows(this.db, SQL[f"newest_{kind.name}"])}
    return over


def _linger_no_more(db: Database, stages: Collection[Stage], ids: Collection[int]) -> None:
    db.execute(SQL["linger_no_more"], {"stages": json_list(stages), "ids": json_list(ids)})


def cut_requests(db: Database, ids: Collection[int]) -> Counts:
    """Forget what was said in requests; that they were there, and what became of them, is kept."""
    values = {"ids": json_list(ids), "nothing": b""}
    cut = rows(db, SQL["cut_requests"], values)
    db.execute(SQL["cut_events"], {"ids": values["ids"]})
    return {"bodies": len(cut)}


def cut_batches(db: Database, ids: Collection[int]) -> Counts:
    values = {"ids": json_list(ids), "nothing": b""}
    cut = rows(db, SQL["cut_batches"], values)
    db.execute(SQL["cut_attempts"], {"ids": values["ids"]})
    return {"call bodies": len(cut)}


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
    _linger_no_more(db, _REQUESTS.stages, ids)
    return _counted(db, {"requests": len(ids), "events": len(events), "enrollments": len(enrollments)})


def _remove_batches(db: Database, ids: Collection[int]) -> Counts:
    """Calls with all of their tries."""
    batches = json_list(ids)
    attempts = len(rows(db, SQL["remove_attempts"], (batches,)))
    db.execute(SQL["remove_batches"], (batches,))
    _linger_no_more(db, _BATCHES.stages, ids)
    return _counted(db, {"calls": attempts})


def _counted(db: Database, counts: Counts) -> Counts:
    db.executemany(SQL["count"], [(count, what) for what, count in counts.items()])
    return counts


def _quarantine(this: _Step) -> tuple[Counts, _Place]:
    """Whoever sent what was not verified is not asked whether it is over."""
    removed = rows(this.db, SQL["remove_quarantined"], {"before": this.before, "most": this.most})
    due_at = this.now if len(removed) == this.most else this.now + ROUND
    return {"quarantined": len(removed)}, this.place._replace(due_at=due_at)


def _jobs(this: _Step) -> tuple[Counts, _Place]:
    """The oldest job that has ended, its items first."""
    found = row(this.db, SQL["old_job"], {"before": this.before})
    if found is None:
        return {}, this.place._replace(due_at=this.now + ROUND)
    if rows(this.db, SQL["remove_items"], {"id": found[0], "most": this.most}):
        return {}, this.place
    for part in ("job_counts", "job_groups", "job"):
        this.db.execute(SQL[f"remove_{part}"], found)
    return {"jobs": 1}, this.place


_STAGES: Mapping[Stage, Callable[[_Step], tuple[Counts, _Place]]] = {
    Stage.BODIES: _through(_REQUESTS, cut_requests),
    Stage.CALL_BODIES: _through(_BATCHES, cut_batches),
    Stage.RECORDS: _through(_REQUESTS, _remove_requests),
    Stage.CALLS: _through(_BATCHES, _remove_batches),
    Stage.QUARANTINE: _quarantine,
    Stage.JOBS: _jobs,
}
