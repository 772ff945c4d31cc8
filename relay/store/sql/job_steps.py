"""The steps of jobs: an item moves in the transaction of what happens to its letter, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from relay.core.attribution import Maps
from relay.core.job import MOST_TRIES, JobItem, JobKind, Order, Outcome, Step, after_retry, end_of, from_json
from relay.core.repair import why_not_delivered
from relay.store.queries import queries
from relay.store.sql import corrections, dead, jobs
from relay.store.sql.database import Database, json_list, row, rows
from relay.store.sql.letters import parse_letter

SQL = queries("relay.store.sql", "job_steps")

CHANGED = "changed since the set was frozen"
_LARGEST_CALL = 100
_TRY_AGAIN = 1000
"""Milliseconds until an event is tried again whose request is being read at this moment."""

Place = tuple[int, int]
End = tuple[Outcome, str | None]
Letter = tuple[str, str]
"""The cause and the reason of a dead letter."""


def next_items(db: Database, number: int, limit: int, now: int) -> list[JobItem]:
    """The items whose turn it is, `limit` of them; members of one call of unknown outcome are not parted."""
    if row(db, SQL["running"], (number,)) is None:
        return []
    values = {"job": number, "now": now, "limit": limit + _LARGEST_CALL}
    found = [jobs.item_of(entry) for entry in rows(db, SQL["next"], values)]
    taken, rest = found[:limit], found[limit:]
    if not taken or taken[-1].batch == 0:
        return taken
    return taken + list(takewhile(lambda item: item.batch == taken[-1].batch, rest))


def take(db: Database, number: int, steps: Sequence[Step], now: int, maps: Mapping[str, Maps]) -> None:
    """Do these steps, but for what was done or stopped meanwhile."""
    found = row(db, SQL["running"], (number,))
    if found is not None:
        _Turn(db, number, from_json(found[0]), found[1], now, maps).take(steps)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One transaction's share of a job."""

    db: Database
    job: int
    order: Order
    who: str
    now: int
    maps: Mapping[str, Maps]

    def take(self, steps: Sequence[Step]) -> None:
        letters = self._as_frozen(steps)
        doable: list[Step] = []
        ends: dict[Place, End] = {}
        for step in steps:
            place = step.item.place
            if place not in letters:
                continue
            if letters[place] is None:
                ends[place] = Outcome.SKIPPED, CHANGED
            elif step.failed is not None:
                ends[place] = Outcome.FAILED, step.failed
            elif step.again_at is not None:
                self._put_off(step.item, step.again_at)
            else:
                doable.append(step)
        ends |= self._do(doable, {place: letter for place, letter in letters.items() if letter})
        move(self.db, self.job, Outcome.PENDING, ends, self.now)

    def _as_frozen(self, steps: Sequence[Step]) -> dict[Place, Letter | None]:
        """Items that are still to be done, with their letter as long as it is the one that was frozen."""
        places = json_list(step.item.place for step in steps)
        found = rows(self.db, SQL["as_frozen"], {"job": self.job, "places": places})
        return {
            (batch, position): None if cause is None else (cause, reason)
            for batch, position, cause, reason in found
        }

    def _do(self, steps: list[Step], letters: Mapping[Place, Letter]) -> dict[Place, End]:
        match self.order.kind:
            case JobKind.DISCARD:
                return self._discard(steps)
            case JobKind.MARK_DELIVERED:
                return self._mark_delivered(steps, letters)
            case JobKind.RETRY | JobKind.CORRECT:
                return self._retry(steps, letters)

    def _discard(self, steps: list[Step]) -> dict[Place, End]:
        reason = f"{self.order.reason} (job {self.job})"
        done = set(dead.discard(self.db, [step.item.letter for step in steps], reason, self.now))
        ends: dict[bool, End] = {True: (Outcome.DISCARDED, None), False: (Outcome.SKIPPED, CHANGED)}
        return {step.item.place: ends[step.item.letter in done] for step in steps}

    def _mark_delivered(self, steps: list[Step], letters: Mapping[Place, Letter]) -> dict[Place, End]:
        reason = f"{self.order.reason} (job {self.job})"
        done = dead.mark_delivered(self.db, [step.item.letter for step in steps], reason, self.who)
        return {
            step.item.place: (Outcome.DELIVERED, None)
            if step.item.letter in done
            else (Outcome.FAILED, why_not_delivered(letters[step.item.place][0]))
            for step in steps
        }

    def _retry(self, steps: list[Step], letters: Mapping[Place, Letter]) -> dict[Place, End]:
        """Corrected or not, all at once: what was one call of unknown outcome can go out as it was."""
        ends: dict[Place, End] = {}
        for step in steps:
            made = step.correction
            if made is not None and not corrections.correct(self.db, step.item.letter, made):
                ends[step.item.place] = Outcome.SKIPPED, CHANGED
        left = [step.item for step in steps if step.item.place not in ends]
        wanted = [item.letter for item in left]
        done = set(dead.retry(self.db, wanted, self.now, self.maps, f"retried by job {self.job}"))
        states = self._states([item for item in left if item.letter in done])
        for item in left:
            place = item.place
            if item.letter in done:
                ends[place] = states.get(item.letter, (Outcome.RELEASED, None))
            elif (refused := self._refused(item, letters[place])) is not None:
                ends[place] = refused
        return ends

    def _states(self, items: list[JobItem]) -> dict[str, End]:
        """What a retry made of enrollments."""
        parsed = [parse_letter(item.letter) or ("", 0) for item in items]
        numbers = json_list(number for kind, number in parsed if kind == "dead")
        return {
            f"dead-{number}": after_retry(state, reason, due_at, self.now)
            for number, state, reason, due_at in rows(self.db, SQL["after_retry"], (numbers,))
        }

    def _refused(self, item: JobItem, letter: Letter) -> End | None:
        """The end of an item that could not be retried; None: it is tried again."""
        cause, reason = letter
        if cause != "unreadable":
            return Outcome.FAILED, reason
        if item.tries + 1 >= MOST_TRIES:
            return Outcome.FAILED, "its request is being read all the time"
        self._put_off(item, self.now + _TRY_AGAIN)
        return None

    def _put_off(self, item: JobItem, due_at: int) -> None:
        self.db.execute(SQL["put_off"], (due_at, self.job, *item.place))


def note_ends(db: Database, number: int, now: int) -> bool:
    """Write down the end of what was released; with the last of them the job has ended."""
    for statement in ("ended_enrollments", "ended_events"):
        found = rows(db, SQL[statement], (number,))
        ends = {(batch, position): end_of(state, reason) for batch, position, state, reason in found}
        move(db, number, Outcome.RELEASED, ends, now)
    return row(db, SQL["end"], {"id": number, "now": now}) is not None


def move(db: Database, number: int, former: Outcome, ends: Mapping[Place, End], now: int) -> None:
    """Give items of one outcome another one, and count them there."""
    for (batch, position), (outcome, reason) in ends.items():
        ended_at = None if outcome is Outcome.RELEASED else now
        db.execute(SQL["move"], (outcome, reason, ended_at, number, batch, position))
    counts = Counter(outcome for outcome, _ in ends.values())
    jobs.add_counts(db, number, {former: -len(ends), **counts})
