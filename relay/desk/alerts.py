"""Alerts: what a person should know of, what was, and what could not be told yet."""

from __future__ import annotations

from relay.core.alert_life import Alert
from relay.core.alerts import AlertKind, Severity
from relay.desk.cursors import number_in, to_cursor
from relay.desk.desk import Desk
from relay.desk.model import Model, Moment, Page, PageQuery, maybe, moment
from relay.desk.operation import operation


class AlertModel(Model):
    """Something that was found wrong, and until when."""

    key: str
    """The same as long as the same is wrong with the same."""
    kind: AlertKind
    severity: Severity
    text: str
    command: str
    """What helps at a terminal."""
    page: str
    """The console's page that does."""
    opened_at: Moment
    seen_at: Moment
    """When it was last seen to be wrong."""
    closed_at: Moment | None


class Untold(Model):
    """Messages that one channel has not been told yet."""

    channel: str
    count: int
    since: Moment
    fault: str | None
    """What went wrong the last time."""


class OpenAlerts(Model):
    """What is wrong now, and messages that are still on their way."""

    items: tuple[AlertModel, ...]
    untold: tuple[Untold, ...]


class PastAlerts(Page):
    """Alerts that are over, the newest first."""

    items: tuple[AlertModel, ...]


@operation("GET", "/alerts")
async def list_alerts(desk: Desk) -> OpenAlerts:
    """What is wrong now that a person should know of."""
    live = await desk.store.alerts.live()
    untold = await desk.store.alerts.untold()
    return OpenAlerts(
        items=tuple(_alert(one) for one in live if one.is_open),
        untold=tuple(
            Untold(channel=one.channel, count=one.count, since=moment(one.since), fault=one.fault)
            for one in untold
        ),
    )


@operation("GET", "/alerts/past")
async def list_past_alerts(desk: Desk, query: PageQuery) -> PastAlerts:
    """What was wrong in the last three months."""
    found = await desk.store.alerts.past(query.limit, number_in(query.after))
    more = len(found) == query.limit
    return PastAlerts(
        items=tuple(_alert(one) for one in found), next=to_cursor(found[-1].id or 0) if more else None
    )


def _alert(one: Alert) -> AlertModel:
    condition = one.condition
    return AlertModel(
        key=condition.key,
        kind=condition.kind,
        severity=condition.severity,
        text=condition.text,
        command=condition.command,
        page=condition.page,
        opened_at=moment(one.opened_at or one.since),
        seen_at=moment(one.seen_at),
        closed_at=maybe(one.closed_at),
    )
