"""Alerts as rows: what is open, and the messages that are to be told, each by one node at a time."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from typing import Any

from relay.core.alert_life import Alert
from relay.core.alerts import AlertKind, Condition, Place, Severity
from relay.store.alerts import AlertStore, ClaimedMessage, Look, Outgoing, Overdue, Saved, Untold
from relay.store.queries import queries
from relay.store.sql.database import Database, Row, json_list, one, row, rows
from relay.store.sql.engine import Run

SQL = queries("relay.store.sql", "alerts")

KEPT = 90 * 86_400_000
"""So long an alert is kept after it is over."""

EXPIRY = 3 * 86_400_000
"""A message that nobody could tell by then tells nothing any more."""

MOST_UNTOLD = 1000
"""Messages that wait for one channel."""


class SqlAlerts(AlertStore):
    def __init__(self, read: Run, write: Run) -> None:
        self._read = read
        self._write = write

    async def claim_look(self, now: int, lease_until: int, absent: int) -> Look | None:
        return await self._write(lambda db: _claim_look(db, now, lease_until, absent))

    async def save_look(self, look: Look, saved: Sequence[Saved]) -> bool:
        return await self._write(lambda db: _save_look(db, look, saved))

    async def live(self) -> list[Alert]:
        return await self._read(lambda db: [_alert(found) for found in rows(db, SQL["live"])])

    async def last_over(self, keys: Collection[str]) -> dict[str, Alert]:
        found = await self._read(lambda db: rows(db, SQL["last_over"], (json_list(keys),)))
        return {alert.condition.key: alert for alert in map(_alert, found)}

    async def past(self, limit: int, before: int | None = None) -> list[Alert]:
        values = (sys.maxsize if before is None else before, limit)
        return await self._read(lambda db: [_alert(found) for found in rows(db, SQL["past"], values)])

    async def overdue(self, now: int) -> Overdue:
        return await self._read(lambda db: _overdue(db, now))

    async def next_message(self, channels: Collection[str]) -> int | None:
        (due,) = await self._read(lambda db: one(db, SQL["next_message"], (json_list(channels),)))
        return None if due is None else int(due)

    async def claim_messages(
        self, channels: Collection[str], now: int, lease_until: int
    ) -> list[ClaimedMessage]:
        values = {"channels": json_list(channels), "now": now, "lease_until": lease_until}
        found = await self._write(lambda db: rows(db, SQL["claim_messages"], values))
        return [ClaimedMessage(*each) for each in found]

    async def end_message(self, message: ClaimedMessage, now: int, fault: str | None = None) -> None:
        values = {"id": message.id, "attempt": message.attempt, "now": now, "fault": fault}
        await self._write(lambda db: rows(db, SQL["end_message"], values))

    async def put_off_message(self, message: ClaimedMessage, due_at: int, fault: str) -> None:
        values = {"id": message.id, "attempt": message.attempt, "due_at": due_at, "fault": fault}
        await self._write(lambda db: rows(db, SQL["put_off_message"], values))

    async def untold(self) -> list[Untold]:
        return await self._read(lambda db: [Untold(*found) for found in rows(db, SQL["untold"])])


def _claim_look(db: Database, now: int, lease_until: int, absent: int) -> Look | None:
    last_at, up_since = row(db, SQL["last_look"]) or (now, now)
    claimed = row(db, SQL["claim_look"], {"now": now, "lease_until": lease_until})
    if claimed is None:
        return None
    return Look(claimed[0], now, last_at, now if now - last_at > absent else up_since)


def _save_look(db: Database, look: Look, saved: Sequence[Saved]) -> bool:
    values = {"number": look.number, "at": look.at, "up_since": look.up_since}
    if row(db, SQL["end_look"], values) is None:
        return False
    for each in saved:
        _save(db, each, look.at)
    db.execute(SQL["expire_messages"], {"now": look.at, "old": look.at - EXPIRY})
    for statement in ("forget_messages", "forget"):
        db.execute(SQL[statement], (look.at - KEPT,))
    return True


def _save(db: Database, saved: Saved, now: int) -> None:
    step = saved.step
    if step.gone:
        db.execute(SQL["remove"], (step.alert.id,))
        return
    number = _put(db, step.alert)
    for outgoing in saved.messages:
        _add_message(db, number, outgoing, step.told, now)


def _put(db: Database, alert: Alert) -> int:
    """The id of the alert."""
    condition = alert.condition
    values: dict[str, Any] = {
        "key": condition.key,
        "kind": condition.kind.value,
        "severity": condition.severity.value,
        "text": condition.text,
        "command": condition.command,
        "page": condition.page,
        "since": alert.since,
        "seen_at": alert.seen_at,
        "opened_at": alert.opened_at,
        "told_at": alert.told_at,
        "closed_at": alert.closed_at,
        "returns": alert.returns,
        "before": alert.before,
        "id": alert.id,
    }
    if alert.id is None:
        return int(one(db, SQL["add"], values)[0])
    db.execute(SQL["change"], values)
    return alert.id


def _add_message(db: Database, alert_id: int, outgoing: Outgoing, told: str | None, now: int) -> None:
    values = {
        "alert_id": alert_id,
        "channel": outgoing.channel,
        "what": told,
        "body": outgoing.body,
        "now": now,
        "most": MOST_UNTOLD,
    }
    db.execute(SQL["add_message"], values)


def _alert(found: Row) -> Alert:
    key, kind, severity, text, command, page, since, seen_at, opened_at, told_at, closed_at, *rest = found
    returns, before, number = rest
    return Alert(
        condition=Condition(
            key=key, kind=AlertKind(kind), severity=Severity(severity), text=text, command=command, page=page
        ),
        since=since,
        seen_at=seen_at,
        opened_at=opened_at,
        told_at=told_at,
        closed_at=closed_at,
        returns=returns,
        before=before,
        id=number,
    )


def _overdue(db: Database, now: int) -> Overdue:
    enrollments = rows(db, SQL["overdue_enrollments"], (now,))
    return Overdue(
        {Place(destination, sequence): at for destination, sequence, at in enrollments},
        dict(rows(db, SQL["overdue_requests"])),
    )
