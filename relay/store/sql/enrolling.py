"""New enrollments: what the ledger knows of each decides in which state it begins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from relay.core.attribution import Unmapped
from relay.core.record import EventRecord, NewEnrollment
from relay.core.route import Lane
from relay.store.queries import queries
from relay.store.sql.database import Database, json_list, rows
from relay.store.sql.letters import add_dead
from relay.store.sql.suppression import listed

SQL = queries("relay.store.sql", "translations")


class Same(NamedTuple):
    """The enrollment that consumed a dedupe key; `planned` is when it is due, `newest` its last report."""

    id: int
    still_to_go: bool
    planned: int
    newest: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger knows of some events, each by its key; `same` grows with them."""

    suppressed: Mapping[tuple[bytes, bytes], str]
    withdrawals: Mapping[bytes | None, Sequence[tuple[str, int]]]
    same: dict[bytes, Same]


class Start(NamedTuple):
    """How an enrollment begins. `moves`: the plan of that one is replaced by this one's."""

    state: str
    reason: str | None
    moves: int | None = None


def known_of(db: Database, events: Sequence[EventRecord], now: int) -> Facts:
    enrollments = [one for event in events for one in event.enrollments]
    people = {place: (one.email, one.fragment) for place, one in enumerate(enrollments)}
    suppressed = {
        (enrollments[place].dedupe_key, enrollments[place].fragment): reason
        for place, reason in listed(db, people, now).items()
    }
    withdrawals = defaultdict(list)
    subjects = hexes({event.subject for event in events})
    for subject, kind, occurred_at in rows(db, SQL["withdrawn_by"], (subjects,)):
        withdrawals[subject].append((kind, occurred_at))
    sought = {"subjects": subjects, "keys": hexes({one.dedupe_key for one in enrollments})}
    same = {key: Same(*found) for key, *found in rows(db, SQL["same_enrollment"], sought)}
    return Facts(suppressed, withdrawals, same)


def hexes(keys: Iterable[bytes | None]) -> str:
    """Hashes as a JSON list, which holds no bytes."""
    return json_list(key.hex() for key in keys if key is not None)


@dataclass(slots=True)
class Enrolling:
    """Collects the enrollments of events, to be written all at once. `numbers` are the ids to come."""

    db: Database
    facts: Facts
    lanes: Mapping[Lane, int]
    numbers: Iterator[int]
    now: int
    _enrollments: list[tuple[Any, ...]] = field(default_factory=list)
    _deliveries: list[tuple[Any, ...]] = field(default_factory=list)
    _lacking: list[tuple[int, NewEnrollment, Unmapped]] = field(default_factory=list)

    def add(self, event_id: int, event: EventRecord) -> None:
        for enrollment in event.enrollments:
            number, due_at = next(self.numbers), max(enrollment.due_at, self.now)
            start = start_of(event, enrollment, due_at, self.facts)
            self._note(event, enrollment, number, due_at, start)
            if start.moves is not None:
                plan = {"due_at": due_at, "start_at": enrollment.start_at, "held": enrollment.held}
                self.db.execute(SQL["move"], plan | {"id": start.moves})
            lacking = enrollment.unmapped if start.state == "dead" else None
            if lacking is not None:
                self._lacking.append((number, enrollment, lacking))
            lane = self.lanes[enrollment.lane]
            self._enrollments.append(self._values(number, event_id, lane, enrollment, start.state))
            settled_at = None if start.state == "waiting" else self.now
            cause = lacking.cause if lacking else None
            self._deliveries.append(
                (number, lane, start.state, due_at, enrollment.start_at, settled_at, cause, start.reason)
            )

    def _values(
        self, number: int, event_id: int, lane: int, enrollment: NewEnrollment, state: str
    ) -> tuple[Any, ...]:
        """Only what may go out consumes its key."""
        return (
            number,
            event_id,
            enrollment.route,
            lane,
            enrollment.email,
            enrollment.fragment,
            enrollment.contact_key,
            enrollment.dedupe_key if state in ("waiting", "dead") else None,
            enrollment.cooldown,
            enrollment.note,
            self.now,
        )

    def _note(
        self, event: EventRecord, enrollment: NewEnrollment, number: int, due_at: int, start: Start
    ) -> None:
        """Of two routes of one event into the same sequence the second one meets the first."""
        key, reported = enrollment.dedupe_key, event.occurred_at or 0
        before = self.facts.same.get(key)
        if start.state in ("waiting", "dead"):
            self.facts.same[key] = Same(number, still_to_go=True, planned=due_at, newest=reported)
        elif before is not None and start.state == "merged":
            planned = before.planned if start.moves is None else due_at
            self.facts.same[key] = before._replace(planned=planned, newest=max(before.newest, reported))

    def write(self) -> int:
        """How many enrollments there are."""
        self.db.executemany(SQL["add_enrollment"], self._enrollments)
        self.db.executemany(SQL["add_delivery"], self._deliveries)
        for number, enrollment, lacking in self._lacking:
            person, cause, reason = (enrollment.email, enrollment.fragment), lacking.cause, lacking.reason
            add_dead(self.db, number, person, cause=cause, code=None, reason=reason, now=self.now)
        return len(self._enrollments)


def start_of(event: EventRecord, enrollment: NewEnrollment, due_at: int, facts: Facts) -> Start:
    """The rules, of which the first that applies decides."""
    if enrollment.suppressed is not None:
        return Start("suppressed", enrollment.suppressed)
    if on_list := facts.suppressed.get((enrollment.dedupe_key, enrollment.fragment)):
        return Start("suppressed", on_list)
    for kind, withdrawn_at in facts.withdrawals.get(event.subject, ()):
        if event.occurred_at is not None and withdrawn_at >= event.occurred_at:
            return Start("withdrawn", f"{kind} had already arrived")
    same = facts.same.get(enrollment.dedupe_key)
    if same is not None:
        return _merged(event, enrollment, due_at, same)
    if enrollment.unmapped is not None:
        return Start("dead", enrollment.unmapped.reason)
    return Start("waiting", enrollment.held)


def _merged(event: EventRecord, enrollment: NewEnrollment, due_at: int, same: Same) -> Start:
    reason = f"the same {event.business_key} is enrollment {same.id}"
    # Only a plan for the future can change, and only appointments have one: what is due already goes out
    # when it was to, and a purchase that is reported once more was still made when it was made.
    planned_anew = enrollment.due_at == due_at != same.planned and (event.occurred_at or 0) >= same.newest
    if same.still_to_go and planned_anew and (event.kind or "").startswith("appointment."):
        return Start("merged", f"{reason}, now moved", same.id)
    return Start("merged", reason)
