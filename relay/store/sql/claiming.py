"""Claiming: which batches go out now, oldest first, with a turn for every sequence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from relay.core.batching import MAX_CONTACTS
from relay.core.budget import Budgets
from relay.core.timing import Timings
from relay.store.base import Claimed, ClaimedBatch
from relay.store.queries import queries
from relay.store.sql.batches import Queue, freeze, lane_named, lease
from relay.store.sql.database import Database, one, rows
from relay.store.sql.screening import next_held, postponed
from relay.store.sql.turnstile import Turnstile

SQL = queries("relay.store.sql", "claiming")


@dataclass(frozen=True, slots=True)
class Rules:
    """The moment of a claim, and what it goes by. Times and `linger` are in milliseconds."""

    now: int
    lease_until: int
    linger: int
    timings: Timings


def claim_batches(
    db: Database,
    rules: Rules,
    room: Mapping[str, int],
    replay_room: Mapping[str, int],
    budgets: Budgets,
) -> Claimed:
    """Lease batches that are due again, then freeze new ones, as far as the turnstile lets them through."""
    stile = Turnstile(db, room, replay_room, budgets, rules.now)
    claimed = _repeats(db, stile, rules)
    fresh, waits = _fresh(db, stile, rules)
    stile.spend()
    (again,) = one(db, SQL["next_batch"], stile.values())
    waits += stile.waits + ([] if again is None else [again])
    return Claimed(tuple(claimed + fresh), min(waits, default=None))


def _repeats(db: Database, stile: Turnstile, rules: Rules) -> list[ClaimedBatch]:
    values = {"now": rules.now, "limit": stile.total(), **stile.values()}
    claimed = []
    for batch_id, lane_id, replay, *names in rows(db, SQL["due_batches"], values):
        lane = lane_named(names)
        if stile.admits(lane, replay=replay) and not postponed(db, batch_id, rules.now, rules.timings):
            stile.take(lane, replay=replay)
            claimed.append(_of(stile, lease(db, batch_id, lane_id, rules.lease_until)))
    return claimed


def _fresh(db: Database, stile: Turnstile, rules: Rules) -> tuple[list[ClaimedBatch], list[int]]:
    """New batches, and when queues that are left as they are have more to send."""
    claimed: list[ClaimedBatch] = []
    waits: list[int] = []
    found = rows(db, SQL["queues"])
    rivals = Counter(destination for _, _, destination, *_ in found)
    for lane_id, replay, *names, paused_until, oldest in found:
        queue = Queue(lane_id, lane_named(names), bool(replay))
        if stile.is_shut(queue.lane):
            continue
        linger = rules.linger + stile.pace(queue.lane.destination) * rivals[queue.lane.destination]
        ready_at = max(oldest + linger, paused_until)
        if ready_at > rules.now and (paused_until > rules.now or not _full(db, queue, rules.now)):
            waits.append(ready_at)
        elif stile.admits(queue.lane, replay=queue.replay):
            batch = _freeze(db, stile, queue, rules)
            if batch is None:
                waits += next_held(db, lane_id, rules.now)
            else:
                claimed.append(batch)
                waits += _rest(db, queue, linger, rules.now)
        elif claimed:
            # What was taken may be what is in the way: the next claim counts it.
            waits.append(rules.now)
    return claimed, waits


def _rest(db: Database, queue: Queue, linger: int, now: int) -> list[int]:
    """When more of a queue is to go, of which a call was taken."""
    if _full(db, queue, now):
        return [now]
    (oldest,) = one(db, SQL["oldest"], (queue.lane_id, int(queue.replay)))
    return [] if oldest is None else [oldest + linger]


def _freeze(db: Database, stile: Turnstile, queue: Queue, rules: Rules) -> ClaimedBatch | None:
    """A trial is of one contact, since that is all that it may cost."""
    limit = 1 if stile.is_trial(queue.lane) else MAX_CONTACTS
    batch = freeze(db, queue, rules.now, rules.lease_until, timings=rules.timings, limit=limit)
    if batch is None:
        return None
    stile.take(queue.lane, replay=queue.replay)
    return _of(stile, batch)


def _of(stile: Turnstile, batch: ClaimedBatch) -> ClaimedBatch:
    return replace(batch, organization=stile.organization(batch.lane.destination))


def _full(db: Database, queue: Queue, now: int) -> bool:
    """Whether a whole call's worth is due, so that nobody lingers for company."""
    values = {"lane_id": queue.lane_id, "replay": queue.replay, "now": now, "limit": MAX_CONTACTS}
    return bool(one(db, SQL["due_count"], values)[0] == MAX_CONTACTS)
