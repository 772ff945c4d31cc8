"""Rate budgets as rows: what was spent in the windows, what an API said, and what may still be spent."""

from __future__ import annotations

from dataclasses import asdict

from relay.core.budget import HOUR, MINUTE, SLACK, UNKNOWN_LIMITS, Budget, Limits, Spare, Used, spare
from relay.core.limits import merged
from relay.store.base import Rate
from relay.store.queries import queries
from relay.store.sql.database import Database, one, row, rows

SQL = queries("relay.store.sql", "limits")


def known(db: Database, organization: str) -> Limits:
    found = row(db, SQL["known"], (organization,))
    if found is None:
        return UNKNOWN_LIMITS
    per_minute, per_hour, allowed, remaining, resets_at, rests_until = found
    return Limits(
        per_minute=per_minute,
        per_hour=per_hour,
        allowed=allowed,
        remaining=remaining,
        resets_at=resets_at,
        rests_until=rests_until,
    )


def left(db: Database, budget: Budget, now: int) -> Spare:
    """What one destination may still send at `now`."""
    second = now // 1000

    def used(length: int) -> Used:
        return Used(*one(db, SQL["window"], (budget.organization, second - length)))

    return spare(budget, known(db, budget.organization), used, now)


def spend(db: Database, organization: str, calls: int, replays: int, now: int) -> None:
    """Count calls that are about to be made."""
    second = now // 1000
    db.execute(SQL["spend"], (organization, second, calls, replays))
    db.execute(SQL["use_up"], (calls, organization))
    db.execute(SQL["forget"], (organization, second - HOUR - SLACK))


def learn(db: Database, organization: str, said: Limits, others_under_way: int) -> None:
    """Keep what an answer said of the limits; what it left open stays as it was."""
    if said == UNKNOWN_LIMITS:
        return
    now_known = merged(known(db, organization), said, others_under_way)
    db.execute(SQL["learn"], {"organization": organization, **asdict(now_known)})


def rest(db: Database, organization: str, until: int, reason: str) -> None:
    """No call of the organization before `until`."""
    db.execute(SQL["rest"], (organization, until, reason))


def rates(db: Database, now: int) -> list[Rate]:
    """Every organization that was called within the hour or has said something, with what was used."""
    second = now // 1000
    found = rows(db, SQL["all"], {"minute": second - MINUTE, "hour": second - HOUR})
    return [
        Rate(organization, known(db, organization), used_minute, used_hour, reason)
        for organization, reason, used_minute, used_hour in found
    ]
