"""Sources: the accounts at providers, what each of them sends, and what changed in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field

from relay.core.drift import BEFORE, Drift, drifts
from relay.core.traffic import EventType, day_of
from relay.desk.desk import Desk
from relay.desk.model import Model, Moment, moment
from relay.desk.operation import NotFound, operation

WEEK = 7

Name = Annotated[str, Field(min_length=1, max_length=100, examples=["shop"])]


class Traffic(Model):
    """Events of one type in a span of days."""

    events: int
    ignored: int
    parked: int
    email: int
    """With an e-mail address."""


class EventTypeModel(Model):
    """What a source sends of one type."""

    name: str
    first_at: Moment
    last_at: Moment
    today: Traffic
    last_7_days: Traffic
    before: Traffic
    """In the four weeks before those seven days."""


class DriftModel(Model):
    """Something that is not as it was: `what` is a field, `parked`, `ignored` or `new`."""

    event_type: str
    what: str
    days: int
    """Compared are the last so many days with the four weeks before."""
    now: float
    """Share of the events that lack the field, are parked, or are ignored."""
    before: float


class SourceSummary(Model):
    """An account at a provider."""

    name: str
    connector: str
    label: str
    url: str
    """As registered at the vendor."""
    last_at: Moment | None
    """When its last event was read; None: never."""
    last_7_days: Traffic
    changes: int
    """How many things in it are not as they were."""


class SourceModel(SourceSummary):
    """An account at a provider, with all that it sends."""

    event_types: tuple[EventTypeModel, ...]
    drift: tuple[DriftModel, ...]
    routes: tuple[str, ...]
    """Routes that may take its events, by name."""


class Sources(Model):
    """Every source that is configured."""

    items: tuple[SourceSummary, ...]


@operation("GET", "/sources")
async def list_sources(desk: Desk) -> Sources:
    """Every source: its connector, its URL, and what it sent lately."""
    traffic, today = await desk.store.traffic(), day_of(desk.now())
    return Sources(items=tuple(_summary(desk, name, traffic, today) for name in desk.config.sources))


@operation("GET", "/sources/{name}", problems=(NotFound,))
async def show_source(desk: Desk, name: Name) -> SourceModel:
    """One source: every type of event that it sends, what changed in them, and the routes that take them."""
    if name not in desk.config.sources:
        raise NotFound("there is no source of this name", "GET /sources tells which there are")
    traffic, today = await desk.store.traffic(), day_of(desk.now())
    own = [one for one in traffic if one.source == name]
    return SourceModel(
        **_summary(desk, name, traffic, today).model_dump(),
        event_types=tuple(_event_type(one, today) for one in own),
        drift=tuple(_drift(one) for one in drifts(own, today)),
        routes=tuple(one.name for one in desk.config.routes if not one.sources or name in one.sources),
    )


def _summary(desk: Desk, name: str, traffic: Iterable[EventType], today: int) -> SourceSummary:
    section = desk.config.sources[name]
    own = [one for one in traffic if one.source == name]
    last = max((one.last_at for one in own), default=None)
    return SourceSummary(
        name=name,
        connector=section.connector,
        label=desk.label_of(section.connector),
        url=section.public_url or f"{desk.config.public_url}/hooks/{name}",
        last_at=None if last is None else moment(last),
        last_7_days=_between(own, today - WEEK + 1, today),
        changes=len(drifts(own, today)),
    )


def _event_type(one: EventType, today: int) -> EventTypeModel:
    start = today - WEEK + 1
    return EventTypeModel(
        name=one.name,
        first_at=moment(one.first_at),
        last_at=moment(one.last_at),
        today=_between([one], today, today),
        last_7_days=_between([one], start, today),
        before=_between([one], start - BEFORE, start - 1),
    )


def _between(event_types: Sequence[EventType], first: int, last: int) -> Traffic:
    counts = [one.between(first, last) for one in event_types]
    return Traffic(
        events=sum(one.events for one in counts),
        ignored=sum(one.ignored for one in counts),
        parked=sum(one.parked for one in counts),
        email=sum(one.email for one in counts),
    )


def _drift(one: Drift) -> DriftModel:
    return DriftModel(
        event_type=one.event_type, what=one.what, days=one.days, now=one.now.share, before=one.before.share
    )
