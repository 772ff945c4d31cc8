"""Batches: frozen before they are sent, settled in one transaction, taken up again after a crash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from relay.core.batching import MAX_CONTACTS, Composition, Member, compose, distinct
from relay.core.outcome import Scope
from relay.core.record import milliseconds
from relay.core.route import Lane
from relay.core.settlement import Dead, Pause, Settlement
from relay.core.timing import Timings
from relay.store.base import HELD, AttemptRecord, ClaimedBatch, Held
from relay.store.queries import queries
from relay.store.sql import breakers, limits
from relay.store.sql.database import Database, Row, json_list, one, row, rows
from relay.store.sql.hours import count_call
from relay.store.sql.letters import add_dead
from relay.store.sql.screening import barred
from relay.store.sql.translations import withdraw_overtaken

SQL = queries("relay.store.sql", "batches")


class Queue(NamedTuple):
    """What waits in a lane: what is new, or what an operator sends again."""

    lane_id: int
    lane: Lane
    replay: bool


def lane_named(names: Row | Sequence[str]) -> Lane:
    destination, sequence, location, employee = names
    return Lane(destination, sequence, location or None, employee or None)


def freeze(
    db: Database,
    queue: Queue,
    now: int,
    lease_until: int,
    *,
    timings: Timings,
    limit: int = MAX_CONTACTS,
) -> ClaimedBatch | None:
    """Commit members, body and key of the queue's oldest due enrollments; None where none may go out now.

    Whoever is being sent at this moment waits for the end of that call, which decides about the cool-down.
    """
    members: list[Member] = []
    values = {"lane_id": queue.lane_id, "replay": queue.replay, "now": now, "limit": limit}
    while not members and (found := rows(db, SQL["candidates"], values)):
        ids = [number for number, *_ in found]
        out = barred(db, ids, now, timings)
        out |= merge_cooling(db, [number for number in ids if number not in out], now)
        members = [Member(*one) for one in found if one[0] not in out]
    if not members:
        return None
    return _open(db, queue, compose(queue.lane, distinct(members)), now, lease_until)


def merge_cooling(db: Database, enrollments: Sequence[int], now: int) -> set[int]:
    """Merge those whose contact was enrolled in this sequence within the cool-down; which these are."""
    values = {"ids": json_list(enrollments), "now": now}
    cooled: dict[int, tuple[int, str, int]] = {}
    for enrollment_id, *other in rows(db, SQL["all_cooling"], values):
        cooled.setdefault(enrollment_id, (now, _cooling(*other), enrollment_id))
    db.executemany(SQL["cool"], cooled.values())
    return set(cooled)


def cooling(db: Database, enrollment_id: int, contact_key: bytes, cooldown: int, now: int) -> str | None:
    """Which other enrollment keeps this contact out of the sequence for now, as a sentence."""
    if not cooldown:
        return None
    values = {"contact_key": contact_key, "id": enrollment_id, "since": now - cooldown}
    other = row(db, SQL["cooling"], values)
    return None if other is None else _cooling(*other)


def _cooling(other: int, state: str) -> str:
    put = "put" if state == "delivered" else "may have put"
    return f"enrollment {other} {put} this person into the sequence within the cool-down"


def _open(
    db: Database, queue: Queue, composition: Composition, now: int, lease_until: int | None
) -> ClaimedBatch:
    """A new open batch; leased ones count their first attempt at once."""
    values = {
        "lane_id": queue.lane_id,
        "replay": queue.replay,
        "key": composition.key,
        "size": len(composition.members),
        "body": composition.body,
        "attempts": 0 if lease_until is None else 1,
        "now": now,
        "lease_until": lease_until,
    }
    batch_id = one(db, SQL["add_batch"], values)[0]
    db.execute(SQL["join_batch"], (batch_id, json_list(m.enrollment_id for m in composition.members)))
    db.execute(SQL["took_turn"], (batch_id, queue.lane_id))
    return ClaimedBatch(
        batch_id,
        composition.lane,
        composition.key,
        composition.body,
        composition.members,
        1,
        composition.lane.destination,
        replay=queue.replay,
    )


def lease(db: Database, batch_id: int, lane_id: int, lease_until: int) -> ClaimedBatch:
    """An open batch that is due again; this try of it counts."""
    return _taken(db, "lease", batch_id, lane_id, lease_until)


def _taken(db: Database, how: str, batch_id: int, lane_id: int, lease_until: int) -> ClaimedBatch:
    key, body, attempts, replay = one(db, SQL[how], {"id": batch_id, "lease_until": lease_until})
    lane = lane_named(one(db, SQL["lane"], (lane_id,)))
    members = tuple(Member(*row) for row in rows(db, SQL["members"], (batch_id,)))
    return ClaimedBatch(batch_id, lane, key, body, members, attempts, lane.destination, bool(replay))


def settle(
    db: Database, batch: ClaimedBatch, attempt: AttemptRecord, settlement: Settlement, now: int
) -> None:
    """Write down the end of an attempt. Once the claim is lost, only the attempt itself is kept."""
    db.execute(
        SQL["add_attempt"],
        (
            attempt.batch_id,
            attempt.number,
            attempt.started_at,
            attempt.took,
            attempt.status,
            attempt.certainty,
            attempt.error,
            attempt.answer,
        ),
    )
    _learn(db, batch, settlement, now)
    ended = _ended(db, batch, settlement)
    count_call(db, batch.lane.destination, attempt, settlement if ended else None, now)
    if not ended:
        return
    if settlement.delivered:
        values = {"now": now, "doubt": settlement.doubt, "contacts": json_list(settlement.delivered)}
        db.execute(SQL["delivered"], values)
    if settlement.dead:
        people = {member.enrollment_id: (member.email, member.fragment) for member in batch.members}
        for dead in settlement.dead:
            _die(db, dead, people[dead.enrollment_id], now)
    if settlement.waiting:
        counted = int(settlement.counted)
        leave_batch(db, settlement.waiting)
        db.execute(SQL["wait_again"], (counted, attempt.error, json_list(settlement.waiting)))
        withdraw_overtaken(db, settlement.waiting, now)
    if settlement.split:
        queue = Queue(one(db, SQL["lane_of"], (batch.id,))[0], batch.lane, batch.replay)
        leave_batch(db, [member.enrollment_id for member in batch.members])
        for half in settlement.split:
            _open(db, queue, half, now, None)
    if settlement.pause is not None:
        _pause(db, batch, settlement.pause)


def _die(db: Database, dead: Dead, person: tuple[str, bytes], now: int) -> None:
    db.execute(SQL["dead"], (now, dead.cause, dead.reason, dead.enrollment_id))
    add_dead(db, dead.enrollment_id, person, cause=dead.cause, code=dead.code, reason=dead.reason, now=now)


def leave_batch(db: Database, enrollments: Iterable[int]) -> None:
    """Remember which batch they are in, before they go into another: its attempts are theirs."""
    db.execute(SQL["leave_batch"], (json_list(enrollments),))


def _learn(db: Database, batch: ClaimedBatch, settlement: Settlement, now: int) -> None:
    """What the try showed of the destination is true whoever holds the claim by now."""
    (under_way,) = one(db, SQL["under_way"], (batch.lane.destination, batch.id))
    limits.learn(db, batch.organization, settlement.limits, under_way)
    if settlement.health is not None:
        breakers.called(db, batch.lane.destination, batch.lane.sequence, settlement.health, now)


def _ended(db: Database, batch: ClaimedBatch, settlement: Settlement) -> bool:
    values: dict[str, int | str] = {"id": batch.id, "attempt": batch.attempt}
    if settlement.kept_until is not None:
        values["due_at"] = milliseconds(settlement.kept_until)
        values["counted"] = int(settlement.counted)
        return row(db, SQL["keep_batch"], values) is not None
    values["state"] = "split" if settlement.split else "dissolved" if settlement.waiting else "settled"
    return row(db, SQL["end_batch"], values) is not None


def _pause(db: Database, batch: ClaimedBatch, pause: Pause) -> None:
    until = HELD if pause.until is None else milliseconds(pause.until)
    if pause.scope is Scope.ORGANIZATION:
        limits.rest(db, batch.organization, until, pause.reason)
        return
    lane = batch.lane
    values = {"name": lane.destination, "sequence": lane.sequence, "until": until, "reason": pause.reason}
    db.execute(SQL["pause_sequence" if pause.scope is Scope.SEQUENCE else "pause_destination"], values)


def held(db: Database) -> list[Held]:
    """What waits for a person or a check, the destinations first."""
    return [Held(*found) for found in rows(db, SQL["held"], (HELD,))]


def resume(db: Database, destination: str, sequence: str | None) -> int:
    """Let a destination go on, or one sequence of it; how many pauses, holds and open breakers that ended."""
    let_through = breakers.let_through(db, destination, sequence)
    if sequence is not None:
        return let_through + len(rows(db, SQL["resume_sequence"], (destination, sequence)))
    return let_through + len(rows(db, SQL["resume_destination"], (destination,)))


def rescue_batches(db: Database, now: int, lease_until: int) -> list[ClaimedBatch]:
    """Take over batches whose lease ran out: they may or may not have been sent."""
    expired = rows(db, SQL["expired"], (now,))
    return [_taken(db, "take_over", batch_id, lane_id, lease_until) for batch_id, lane_id in expired]
