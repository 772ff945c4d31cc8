"""Jobs as rows: ordered, their set frozen in small steps, started, cancelled and looked at."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import orjson

from relay.core.audit import Change, about
from relay.core.job import (
    MOST_OPEN,
    Job,
    JobGroup,
    JobItem,
    JobRefused,
    JobState,
    Order,
    Outcome,
    from_json,
    mark,
    to_json,
)
from relay.core.letters import LetterFilter
from relay.store.base import DeadLetter, LetterPlace
from relay.store.queries import queries
from relay.store.sql import audit
from relay.store.sql import letters as letter_rows
from relay.store.sql.database import Database, Row, json_list, one, row, rows
from relay.store.sql.letters import find_letter, parse_letter

SQL = queries("relay.store.sql", "jobs")

_START = (-1, -1)
"""Before the first item."""


def create(db: Database, order: Order, by: Change, key: str | None) -> Job:
    """A new job, or the one that was ordered with the same key. Raises `JobRefused`."""
    before = None if key is None else row(db, SQL["of_key"], (by.who, key))
    if before is not None:
        if before[1] != mark(order):
            raise JobRefused(
                f"the key was used for job {before[0]}, which is another order: choose a new key"
            )
        return _job(one(db, SQL["job"], (before[0],)))
    if one(db, SQL["open_count"])[0] >= MOST_OPEN:
        raise JobRefused(f"there are {MOST_OPEN} jobs that have not ended: cancel some that nobody needs")
    return _add(db, order, by, key)


def _add(db: Database, order: Order, by: Change, key: str | None) -> Job:
    state = JobState.READY if order.wanted is None else JobState.PREPARING
    values = {"who": by.who, "key": key, "mark": mark(order), "plan": to_json(order), "state": state}
    (number,) = one(db, SQL["add"], values | {"now": by.at})
    db.execute(SQL["entered"], (audit.add(db, about(by, job=number)), number))
    named = [parsed for letter in dict.fromkeys(order.letters) if (parsed := parse_letter(letter))]
    letters = [letter for parsed in named if (letter := find_letter(db, *parsed))]
    _put(db, number, letters)
    return _job(one(db, SQL["job"], (number,)))


def freeze(db: Database, number: int, limit: int) -> None:
    """Put the next letters into the set of a job that is being prepared; with the last ones it is ready."""
    found = row(db, SQL["seen"], (number,))
    if found is None:
        return
    plan, created_at, *seen = found
    wanted = from_json(plan).wanted or LetterFilter()
    until = min(created_at + 1, created_at + 1 if wanted.until is None else wanted.until)
    after = None if seen[0] is None else LetterPlace(*seen)
    letters = letter_rows.page(db, replace(wanted, until=until), limit, after)
    _put(db, number, letters)
    if letters:
        last = letters[-1]
        kind, id_ = parse_letter(last.id) or ("", 0)
        db.execute(SQL["saw"], {"job": number, "at": last.at, "kind": kind, "id": id_})
    if len(letters) < limit:
        db.execute(SQL["is_frozen"], (number,))


def _put(db: Database, number: int, letters: Sequence[DeadLetter]) -> None:
    if not letters:
        return
    first = sum(_job(one(db, SQL["job"], (number,))).counts.values())
    places = [parse_letter(letter.id) or ("", 0) for letter in letters]
    enrollments = _by_id(db, "of_enrollments", [id_ for kind, id_ in places if kind == "dead"])
    events = _by_id(db, "of_events", [id_ for kind, id_ in places if kind == "parked"])
    for position, (letter, (kind, id_)) in enumerate(zip(letters, places, strict=True), first):
        revision, batch_id = enrollments[id_] if kind == "dead" else (0, None)
        place = events[id_][0] if kind == "parked" else 0
        values = (number, batch_id or 0, position, kind, id_, letter.at, revision, letter.request_id, place)
        db.execute(SQL["add_item"], values)
    add_counts(db, number, {Outcome.PENDING: len(letters)})
    groups = Counter((letter.cause, letter.source, letter.sequence or "") for letter in letters)
    for group, count in groups.items():
        db.execute(SQL["group"], (number, *group, count))


def _by_id(db: Database, statement: str, ids: list[int]) -> dict[int, Row]:
    return {id_: tuple(rest) for id_, *rest in rows(db, SQL[statement], (json_list(ids),))}


def add_counts(db: Database, number: int, changes: dict[Outcome, int]) -> None:
    """Change how many items of a job have these outcomes."""
    for outcome, change in changes.items():
        if change:
            db.execute(SQL["count"], (number, outcome, change))


def start(db: Database, number: int, now: int) -> bool:
    return row(db, SQL["start"], (now, number)) is not None


def cancel(db: Database, number: int, now: int) -> bool:
    """What was not done yet is left; what is under way goes on to its end."""
    cancelled = row(db, SQL["cancel"], {"id": number, "now": now}) is not None
    if cancelled:
        db.execute(SQL["leave"], (number,))
    return cancelled


def find(db: Database, number: int) -> Job | None:
    found = row(db, SQL["job"], (number,))
    return None if found is None else _job(found)


def page(db: Database, before: int | None, limit: int) -> list[Job]:
    """The newest jobs, or those before the last one of the page before."""
    values = {"before": sys.maxsize if before is None else before, "limit": limit}
    return [_job(found) for found in rows(db, SQL["page"], values)]


def at_work(db: Database) -> list[Job]:
    """Jobs with something to do or to come, the oldest first."""
    return [_job(found) for found in rows(db, SQL["at_work"])]


def groups(db: Database, number: int, limit: int) -> list[JobGroup]:
    """What the letters of a job had in common when its set was frozen, the largest group first."""
    return [JobGroup(*found) for found in rows(db, SQL["groups"], (number, limit))]


def items(
    db: Database, number: int, outcome: Outcome | None, after: tuple[int, int] | None, limit: int
) -> list[JobItem]:
    """Items in the order in which they are done, all of them or those of one outcome."""
    found = find(db, number)
    if found is None:
        return []
    is_over = found.state is JobState.CANCELLED
    if (outcome is Outcome.PENDING and is_over) or (outcome is Outcome.LEFT and not is_over):
        return []
    batch, position = after or _START
    values: dict[str, int | str] = {"job": number, "batch": batch, "position": position, "limit": limit}
    statement = "items"
    if outcome is not None:
        statement = "items_of"
        values["outcome"] = Outcome.PENDING if outcome is Outcome.LEFT else outcome
    return [item_of(entry, is_over=is_over) for entry in rows(db, SQL[statement], values)]


def item_of(found: Row, *, is_over: bool = False) -> JobItem:
    """`is_over`: the job was cancelled, so that whatever is pending was left."""
    batch, position, kind, letter_id, outcome, *rest = found
    left = is_over and outcome == Outcome.PENDING
    return JobItem(batch, position, f"{kind}-{letter_id}", Outcome.LEFT if left else Outcome(outcome), *rest)


def _job(found: Row) -> Job:
    number, plan, state, who, entry, created_at, started_at, ended_at, counts = found
    return Job(
        id=number,
        order=from_json(plan),
        state=JobState(state),
        who=who,
        entry=entry,
        created_at=created_at,
        started_at=started_at,
        ended_at=ended_at,
        counts={Outcome(name): count for name, count in orjson.loads(counts).items() if count},
    )
