"""What follows from a verdict: a value that says everything that is written down, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from relay.core.batching import Composition, Member, halves
from relay.core.outcome import Certainty, Delivered, Failure, Scope, Unconfirmed, Verdict
from relay.core.retry import Schedule, asked
from relay.core.route import Lane

Cause = Literal["refused", "gave_up", "unknown", "unconfirmed"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a destination wants failures to be met."""

    schedule: Schedule
    on_unknown_outcome: Literal["retry", "hold"] = "retry"
    shortest_throttle: float = 1.0
    """Seconds to pause after a 429 that names no wait."""


@dataclass(frozen=True, slots=True)
class Dead:
    enrollment_id: int
    cause: Cause
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing more goes to the lane, or to the whole destination, before `until`."""

    scope: Literal[Scope.SEQUENCE, Scope.DESTINATION]
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The end of one attempt.

    `waiting`: members that go back to be batched anew at `due_at`, with an attempt counted if `counted`.
    `kept_until`: the batch stays as it is and goes out again then, under the same key.
    """

    delivered: tuple[tuple[int, str | None], ...] = ()
    dead: tuple[Dead, ...] = ()
    waiting: tuple[int, ...] = ()
    due_at: datetime | None = None
    counted: bool = True
    split: tuple[Composition, ...] = ()
    kept_until: datetime | None = None
    pause: Pause | None = None


def settle(
    lane: Lane,
    members: Sequence[Member],
    attempts: int,
    verdict: Verdict,
    policy: Policy,
    now: datetime,
    spread: float,
) -> Settlement:
    """Decide every member's fate. `attempts` counts this batch's tries, this one included.

    A failure that certainly did nothing dissolves the batch, so that its members can be withdrawn and fill
    later calls; an unknown one keeps it, since only the same key can tell the destination that it is a repeat.
    """
    if not isinstance(verdict, Failure):
        return _per_contact(members, verdict)
    if verdict.certainty is Certainty.UNKNOWN:
        return _unknown(members, attempts, verdict, policy, now, spread)
    if verdict.scope is Scope.CONTACTS:
        return _refused(lane, members, verdict)
    return _again(members, verdict, policy, now, spread)


def _per_contact(members: Sequence[Member], verdicts: list[Delivered | Unconfirmed]) -> Settlement:
    pairs = list(zip(members, verdicts, strict=True))
    return Settlement(
        delivered=tuple((m.enrollment_id, v.contact_id) for m, v in pairs if isinstance(v, Delivered)),
        dead=tuple(
            Dead(m.enrollment_id, "unconfirmed", "not_confirmed", v.reason)
            for m, v in pairs
            if isinstance(v, Unconfirmed)
        ),
    )


def _all_dead(members: Sequence[Member], cause: Cause, failure: Failure) -> tuple[Dead, ...]:
    return tuple(Dead(member.enrollment_id, cause, failure.code, failure.reason) for member in members)


def _unknown(
    members: Sequence[Member], attempts: int, failure: Failure, policy: Policy, now: datetime, spread: float
) -> Settlement:
    if policy.on_unknown_outcome == "hold":
        return Settlement(dead=_all_dead(members, "unknown", failure))
    delay = policy.schedule.delay(attempts, spread, failure.retry_after)
    if delay is None:
        return Settlement(dead=_all_dead(members, "unknown", failure))
    return Settlement(kept_until=now + timedelta(seconds=delay))


def _refused(lane: Lane, members: Sequence[Member], failure: Failure) -> Settlement:
    if len(members) == 1:
        return Settlement(dead=_all_dead(members, "refused", failure))
    return Settlement(split=halves(lane, members))


def _again(
    members: Sequence[Member], failure: Failure, policy: Policy, now: datetime, spread: float
) -> Settlement:
    """Certainly nothing was done: all that still have an attempt left wait, and so does what failed."""
    if failure.throttled:
        wait = max(asked(failure.retry_after), policy.shortest_throttle)
        until = now + timedelta(seconds=wait)
        pause = Pause(Scope.DESTINATION, until, failure.reason)
        ids = tuple(member.enrollment_id for member in members)
        return Settlement(waiting=ids, due_at=now, counted=False, pause=pause)
    left = [member for member in members if member.attempts + 1 < policy.schedule.attempts]
    spent = [member for member in members if member.attempts + 1 >= policy.schedule.attempts]
    failures = min((member.attempts for member in left), default=0) + 1
    delay = policy.schedule.delay(failures, spread, failure.retry_after) or 0.0
    scope = Scope.SEQUENCE if failure.scope is Scope.SEQUENCE else Scope.DESTINATION
    return Settlement(
        dead=_all_dead(spent, "gave_up", failure),
        waiting=tuple(member.enrollment_id for member in left),
        due_at=now,
        pause=Pause(scope, now + timedelta(seconds=delay), failure.reason),
    )
