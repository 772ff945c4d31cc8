"""What follows from a verdict: a value that says everything that is written down, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from relay.core.batching import Composition, Member, halves
from relay.core.breaker import Health
from relay.core.budget import UNKNOWN_LIMITS, Limits
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
    """Seconds to pause after a 429 at least, whatever it asks for."""

    silent_throttle: float = 60.0
    """Seconds to pause after a 429 that names no wait: the shorter window of the API's rate limits.

    Calls that are refused may count against it, so that asking more often might never end.
    (https://demeterrr.mintlify.app/guides/rate-limits)
    """

    open_after: int = 3
    """Failures in a row after which a breaker opens."""


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
    """Nothing more goes to the sequence, the destination or the whole organization before `until`.

    None: it is held, until a person or a check resumes it.
    """

    scope: Scope
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The end of one attempt.

    `doubt` goes with all that are delivered. `waiting`: members that go back to be batched anew, with an
    attempt counted if `counted`. `kept_until`: the batch stays as it is and goes out again then, under the
    same key; this try counts if `counted`. `health` is None where the try showed nothing; `limits` are what
    the answer said of them.
    """

    delivered: tuple[tuple[int, str | None], ...] = ()
    doubt: str | None = None
    dead: tuple[Dead, ...] = ()
    waiting: tuple[int, ...] = ()
    counted: bool = True
    split: tuple[Composition, ...] = ()
    kept_until: datetime | None = None
    pause: Pause | None = None
    health: Health | None = None
    limits: Limits = UNKNOWN_LIMITS


def settle(tried: Tried, verdict: Verdict, policy: Policy, now: datetime, spread: float) -> Settlement:
    """Decide every member's fate, and what the try showed of the destination."""
    return replace(_fates(tried, verdict, policy, now, spread), health=_health(verdict, policy, spread))


def _health(verdict: Verdict, policy: Policy, spread: float) -> Health | None:
    """Whoever refuses is there: only what was not sent or ended in the unknown counts as a failure."""
    if not isinstance(verdict, Failure) or verdict.certainty is Certainty.REFUSED:
        return Health(up=True)
    if verdict.ours:
        return None
    return Health(up=False, reason=verdict.reason, open_after=policy.open_after, spread=spread)


def _fates(tried: Tried, verdict: Verdict, policy: Policy, now: datetime, spread: float) -> Settlement:
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
    if verdict.throttled:
        return _throttled(tried, verdict, policy, now)
    if verdict.certainty is Certainty.REFUSED:
        # A person mends a key or a sequence: no attempt is used up on it.
        return _once_more(tried, now, Pause(verdict.scope, None, verdict.reason))
    return _not_sent(tried, verdict, policy.schedule, now, spread)


def _per_contact(members: Sequence[Member], verdicts: list[Delivered | Unconfirmed]) -> Settlement:
    pairs = list(zip(members, verdicts, strict=True))
    return Settlement(
        delivered=tuple((m.enrollment_id, v.contact_id) for m, v in pairs if isinstance(v, Delivered)),
        doubt=next((v.doubt for _, v in pairs if isinstance(v, Delivered)), None),
        dead=tuple(
            Dead(m.enrollment_id, "unconfirmed", "not_confirmed", v.reason)
            for m, v in pairs
            if isinstance(v, Unconfirmed)
        ),
    )


def _all_dead(members: Sequence[Member], cause: Cause, failure: Failure) -> tuple[Dead, ...]:
    return tuple(Dead(member.enrollment_id, cause, failure.code, failure.reason) for member in members)


def _unknown(tried: Tried, failure: Failure, policy: Policy, now: datetime, spread: float) -> Settlement:
    delay = None
    if policy.on_unknown_outcome == "retry":
        delay = policy.schedule.delay(tried.number, spread, failure.retry_after)
    if delay is None:
        dead = _all_dead(tried.members, "unknown", failure)
        return Settlement(dead=dead, pause=_asked_for(failure, now))
    return Settlement(kept_until=now + timedelta(seconds=delay), pause=_asked_for(failure, now))


def _asked_for(failure: Failure, now: datetime) -> Pause | None:
    """A server that says when to come back means everybody, not this call alone."""
    if not failure.retry_after:
        return None
    until = now + timedelta(seconds=asked(failure.retry_after))
    return Pause(Scope.DESTINATION, until, failure.reason)


def _refused(tried: Tried, failure: Failure) -> Settlement:
    if len(tried.members) == 1:
        return Settlement(dead=_all_dead(tried.members, "refused", failure))
    return Settlement(split=halves(tried.lane, tried.members))


def _once_more(tried: Tried, until: datetime, pause: Pause) -> Settlement:
    """All go out again and no attempt counts: anew, or together where a former try may have done it."""
    if tried.number > 1:
        return Settlement(kept_until=until, counted=False, pause=pause)
    ids = tuple(member.enrollment_id for member in tried.members)
    return Settlement(waiting=ids, counted=False, pause=pause)


def _throttled(tried: Tried, failure: Failure, policy: Policy, now: datetime) -> Settlement:
    """A rate limit is no fault of the contacts, and everything of the organization waits."""
    wait = policy.silent_throttle if failure.retry_after is None else asked(failure.retry_after)
    until = now + timedelta(seconds=max(wait, policy.shortest_throttle))
    return _once_more(tried, until, Pause(Scope.ORGANIZATION, until, failure.reason))


def _not_sent(tried: Tried, failure: Failure, schedule: Schedule, now: datetime, spread: float) -> Settlement:
    """This try did nothing: what has an attempt left waits, and so does what failed.

    A batch of which a former try may have done something goes out again as it is.
    """
    if tried.number > 1:
        delay = schedule.delay(tried.number, spread, failure.retry_after)
        if delay is None:
            return Settlement(dead=_all_dead(tried.members, "unknown", failure))
        until = now + timedelta(seconds=delay)
        return Settlement(kept_until=until, pause=Pause(failure.scope, until, failure.reason))
    left = [member for member in tried.members if member.attempts + 1 < schedule.attempts]
    spent = [member for member in tried.members if member.attempts + 1 >= schedule.attempts]
    failures = max((member.attempts for member in left), default=0) + 1
    delay = schedule.delay(failures, spread, failure.retry_after) or 0.0
    return Settlement(
        dead=_all_dead(spent, "gave_up", failure),
        waiting=tuple(member.enrollment_id for member in left),
        pause=Pause(failure.scope, now + timedelta(seconds=delay), failure.reason),
    )
