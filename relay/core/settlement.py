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
class Tried:
    """A batch that was just tried. `number` counts its tries, this one included."""

    lane: Lane
    members: tuple[Member, ...]
    number: int


@dataclass(frozen=True, slots=True)
class Dead:
    enrollment_id: int
    cause: Cause
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing more goes to the lane, or to the whole destination, before `until`."""

    scope: Scope
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The end of one attempt.

    `waiting`: members that go back to be batched anew, with an attempt counted if `counted`.
    `kept_until`: the batch stays as it is and goes out again then, under the same key; this try counts if
    `counted`.
    """

    delivered: tuple[tuple[int, str | None], ...] = ()
    dead: tuple[Dead, ...] = ()
    waiting: tuple[int, ...] = ()
    counted: bool = True
    split: tuple[Composition, ...] = ()
    kept_until: datetime | None = None
    pause: Pause | None = None


def settle(tried: Tried, verdict: Verdict, policy: Policy, now: datetime, spread: float) -> Settlement:
    """Decide every member's fate.

    A failure that certainly did nothing dissolves the batch, so that its members can be withdrawn and fill
    later calls; an unknown one keeps it, since only the same key can tell the destination that it is a
    repeat. What was kept once stays together whatever later tries meet, for the same reason.
    """
    if not isinstance(verdict, Failure):
        return _per_contact(tried.members, verdict)
    if verdict.certainty is Certainty.UNKNOWN:
        return _unknown(tried, verdict, policy, now, spread)
    if verdict.scope is Scope.CONTACTS:
        return _refused(tried, verdict)
    if tried.number > 1:
        return _kept(tried, verdict, policy, now, spread)
    if verdict.throttled:
        return _throttled(tried.members, verdict, policy, now)
    return _again(tried.members, verdict, policy.schedule, now, spread)


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


def _unknown(tried: Tried, failure: Failure, policy: Policy, now: datetime, spread: float) -> Settlement:
    if policy.on_unknown_outcome == "hold":
        return Settlement(dead=_all_dead(tried.members, "unknown", failure))
    delay = policy.schedule.delay(tried.number, spread, failure.retry_after)
    if delay is None:
        return Settlement(dead=_all_dead(tried.members, "unknown", failure))
    return Settlement(kept_until=now + timedelta(seconds=delay))


def _refused(tried: Tried, failure: Failure) -> Settlement:
    if len(tried.members) == 1:
        return Settlement(dead=_all_dead(tried.members, "refused", failure))
    return Settlement(split=halves(tried.lane, tried.members))


def _kept(tried: Tried, failure: Failure, policy: Policy, now: datetime, spread: float) -> Settlement:
    """This try did nothing, but a former one may have: the same batch goes out once the pause is over."""
    if failure.throttled:
        pause = _throttle(failure, policy, now)
        return Settlement(kept_until=pause.until, counted=False, pause=pause)
    delay = policy.schedule.delay(tried.number, spread, failure.retry_after)
    if delay is None:
        return Settlement(dead=_all_dead(tried.members, "unknown", failure))
    until = now + timedelta(seconds=delay)
    return Settlement(kept_until=until, pause=Pause(failure.scope, until, failure.reason))


def _throttled(members: Sequence[Member], failure: Failure, policy: Policy, now: datetime) -> Settlement:
    """A rate limit is no fault of the contacts: no attempt is counted, and the whole destination waits."""
    return Settlement(
        waiting=tuple(member.enrollment_id for member in members),
        counted=False,
        pause=_throttle(failure, policy, now),
    )


def _throttle(failure: Failure, policy: Policy, now: datetime) -> Pause:
    until = now + timedelta(seconds=max(asked(failure.retry_after), policy.shortest_throttle))
    return Pause(Scope.DESTINATION, until, failure.reason)


def _again(
    members: Sequence[Member], failure: Failure, schedule: Schedule, now: datetime, spread: float
) -> Settlement:
    """Certainly nothing was done: all that still have an attempt left wait, and so does what failed."""
    left = [member for member in members if member.attempts + 1 < schedule.attempts]
    spent = [member for member in members if member.attempts + 1 >= schedule.attempts]
    failures = max((member.attempts for member in left), default=0) + 1
    delay = schedule.delay(failures, spread, failure.retry_after) or 0.0
    return Settlement(
        dead=_all_dead(spent, "gave_up", failure),
        waiting=tuple(member.enrollment_id for member in left),
        pause=Pause(failure.scope, now + timedelta(seconds=delay), failure.reason),
    )
