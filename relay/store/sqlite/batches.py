"""Batches: frozen before they are sent, settled in one transaction, taken up again after a crash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import apsw
import orjson

from relay.core.batching import Composition, Member, compose, distinct
from relay.core.budget import Budgets
from relay.core.outcome import Scope
from relay.core.record import milliseconds
from relay.core.route import Lane
from relay.core.settlement import Pause, Settlement
from relay.core.timing import Timings
from relay.store.base import HELD, AttemptRecord, Claimed, ClaimedBatch, Held
from relay.store.queries import queries
from relay.store.sqlite.budgets import spare, spend
from relay.store.sqlite.connection import Row, one, row, rows
from relay.store.sqlite.screening import barred, next_held, postponed
from relay.store.sqlite.translations import withdraw_overtaken

SQL = queries("relay.store.sqlite", "batches")


def claim_batches(
    db: apsw.Connection,
    now: int,
    lease_until: int,
    linger: int,
    room: Mapping[str, int],
    *,
    timings: Timings,
    budgets: Budgets,
) -> Claimed:
    """Lease batches that are due again, then freeze new ones, within each destination's room and budget."""
    left, waits = _affordable(db, room, budgets, now)
    claimed = []
    values = {"now": now, "limit": left.total(), "with_room": _with_room(left)}
    due = rows(db, SQL["due_batches"], values)
    for batch_id, lane_id, destination in due:
        if left[destination] > 0 and not postponed(db, batch_id, now, timings):
            left[destination] -= 1
            claimed.append(_lease(db, "lease", batch_id, lane_id, lease_until))
    for lane_id, *names, paused_until, oldest in rows(db, SQL["lanes"]):
        lane = _lane(names)
        ready_at = max(oldest + linger, paused_until)
        if ready_at > now and not _full(db, lane_id, now, paused_until):
            waits.append(ready_at)
        elif left[lane.destination] > 0:
            frozen = freeze(db, lane_id, lane, now, lease_until, timings=timings)
            if frozen is None:
                waits += next_held(db, lane_id, now)
            else:
                left[lane.destination] -= 1
                claimed.append(frozen)
                waits.append(now)
    for batch in claimed:
        if batch.lane.destination in budgets:
            spend(db, batch.lane.destination, now)
    (again,) = one(db, SQL["next_batch"], (_with_room(left),))
    return Claimed(tuple(claimed), min([*waits, *([] if again is None else [again])], default=None))


def _affordable(
    db: apsw.Connection, room: Mapping[str, int], budgets: Budgets, now: int
) -> tuple[Counter[str], list[int]]:
    """The room that budgets leave, and when those that leave none will leave some again."""
    left, waits = Counter(room), []
    for destination, budget in budgets.items():
        calls, again_at = spare(db, destination, budget, now)
        if calls is not None and calls < left[destination]:
            left[destination] = calls
            waits += [] if calls else [again_at]
    return left, waits


def _with_room(left: Mapping[str, int]) -> str:
    return orjson.dumps([destination for destination, count in left.items() if count > 0]).decode()


def _full(db: apsw.Connection, lane_id: int, now: int, paused_until: int) -> bool:
    """Whether a whole call's worth is due, so that nobody lingers for company."""
    if paused_until > now:
        return False
    (count,) = one(db, SQL["due_count"], (lane_id, now))
    return bool(count == 100)


def _lane(names: Row | Sequence[str]) -> Lane:
    destination, sequence, location, employee = names
    return Lane(destination, sequence, location or None, employee or None)


def freeze(
    db: apsw.Connection, lane_id: int, lane: Lane, now: int, lease_until: int, *, timings: Timings
) -> ClaimedBatch | None:
    """Commit members, body and key of the lane's oldest due enrollments; None where none may go out now.

    Whoever is being sent at this moment waits for the end of that call, which decides about the cool-down.
    """
    members: list[Member] = []
    while not members and (found := rows(db, SQL["candidates"], (lane_id, now))):
        out = barred(db, [number for number, *_ in found], now, timings)
        for enrollment_id, email, contact, revision, attempts, contact_key, cooldown in found:
            if enrollment_id not in out and not _cooled(db, enrollment_id, contact_key, cooldown, now):
                members.append(Member(enrollment_id, email, contact, revision, attempts))
    if not members:
        return None
    return _open(db, lane_id, compose(lane, distinct(members)), now, lease_until)


def _cooled(db: apsw.Connection, enrollment_id: int, contact_key: bytes, cooldown: int, now: int) -> bool:
    """Merge an enrollment whose contact was enrolled in this sequence within the cool-down."""
    if not cooldown:
        return False
    values = {"contact_key": contact_key, "id": enrollment_id, "since": now - cooldown}
    other = row(db, SQL["cooling"], values)
    if other is None:
        return False
    put = "put" if other[1] == "delivered" else "may have put"
    reason = f"enrollment {other[0]} {put} this person into the sequence within the cool-down"
    db.execute(SQL["cool"], (now, reason, enrollment_id))
    return True


def _open(
    db: apsw.Connection, lane_id: int, composition: Composition, now: int, lease_until: int | None
) -> ClaimedBatch:
    """A new open batch; leased ones count their first attempt at once."""
    values = {
        "lane_id": lane_id,
        "key": composition.key,
        "size": len(composition.members),
        "body": composition.body,
        "attempts": 0 if lease_until is None else 1,
        "now": now,
        "lease_until": lease_until,
    }
    batch_id = one(db, SQL["add_batch"], values)[0]
    db.execute(SQL["join_batch"], (batch_id, _ids(m.enrollment_id for m in composition.members)))
    return ClaimedBatch(batch_id, composition.lane, composition.key, composition.body, composition.members, 1)


def _ids(ids: Iterable[int]) -> str:
    return orjson.dumps(list(ids)).decode()


def _lease(db: apsw.Connection, how: str, batch_id: int, lane_id: int, lease_until: int) -> ClaimedBatch:
    key, body, attempts = one(db, SQL[how], {"id": batch_id, "lease_until": lease_until})
    lane = _lane(one(db, SQL["lane"], (lane_id,)))
    members = tuple(Member(*row) for row in rows(db, SQL["members"], (batch_id,)))
    return ClaimedBatch(batch_id, lane, key, body, members, attempts)


def settle(
    db: apsw.Connection, batch: ClaimedBatch, attempt: AttemptRecord, settlement: Settlement, now: int
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
    if not _ended(db, batch, settlement):
        return
    for enrollment_id, contact_id in settlement.delivered:
        db.execute(SQL["delivered"], (now, contact_id, enrollment_id))
    for dead in settlement.dead:
        db.execute(SQL["dead"], (now, dead.cause, dead.reason, dead.enrollment_id))
    if settlement.waiting:
        counted = int(settlement.counted)
        db.execute(SQL["wait_again"], (counted, attempt.error, _ids(settlement.waiting)))
        withdraw_overtaken(db, settlement.waiting, now)
    lane_id = one(db, SQL["lane_of"], (batch.id,))[0]
    for half in settlement.split:
        _open(db, lane_id, half, now, None)
    if settlement.pause is not None:
        _pause(db, batch.lane, settlement.pause)


def _ended(db: apsw.Connection, batch: ClaimedBatch, settlement: Settlement) -> bool:
    values: dict[str, int | str] = {"id": batch.id, "attempt": batch.attempt}
    if settlement.kept_until is not None:
        values["due_at"] = milliseconds(settlement.kept_until)
        values["counted"] = int(settlement.counted)
        return row(db, SQL["keep_batch"], values) is not None
    values["state"] = "split" if settlement.split else "dissolved" if settlement.waiting else "settled"
    return row(db, SQL["end_batch"], values) is not None


def _pause(db: apsw.Connection, lane: Lane, pause: Pause) -> None:
    values = {
        "name": lane.destination,
        "sequence": lane.sequence,
        "until": HELD if pause.until is None else milliseconds(pause.until),
        "reason": pause.reason,
    }
    db.execute(SQL["pause_sequence" if pause.scope is Scope.SEQUENCE else "pause_destination"], values)


def held(db: apsw.Connection) -> list[Held]:
    """What waits for a person or a check, the destinations first."""
    return [Held(*found) for found in rows(db, SQL["held"], (HELD,))]


def resume(db: apsw.Connection, destination: str, sequence: str | None) -> int:
    """Let a destination go on, or one sequence of it; how many pauses and holds that ended."""
    if sequence is not None:
        return len(rows(db, SQL["resume_sequence"], (destination, sequence)))
    return len(rows(db, SQL["resume_destination"], (destination,)))


def rescue_batches(db: apsw.Connection, now: int, lease_until: int) -> list[ClaimedBatch]:
    """Take over batches whose lease ran out: they may or may not have been sent."""
    expired = rows(db, SQL["expired"], (now,))
    return [_lease(db, "take_over", batch_id, lane_id, lease_until) for batch_id, lane_id in expired]
