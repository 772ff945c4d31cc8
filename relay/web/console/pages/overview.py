"""The overview: is everything all right, and if not, where?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from relay.core.hours import HOUR
from relay.desk.alerts import list_alerts
from relay.desk.destinations import Resume, list_destinations, resume_destination
from relay.desk.nodes import list_nodes
from relay.desk.overview import History, HoursQuery, Overview, show_hours, show_overview
from relay.desk.sources import list_sources
from relay.web.console.charts import Part, Series
from relay.web.console.navigation import ROOT
from relay.web.console.page import At, go, page
from relay.web.console.rendering import Crumb, with_query
from relay.web.console.wording import in_milliseconds

_SHOWN = 24
_LOOKS = (
    ("delivered", "good"),
    ("waiting", "wait"),
    ("sending", "wait"),
    ("dead", "bad"),
    ("withdrawn", "quiet"),
    ("suppressed", "quiet-2"),
    ("merged", "quiet-3"),
    ("discarded", "quiet-2"),
)


@page("GET", "")
async def overview(at: At) -> web.Response:
    found = await show_overview(at.desk)
    history = await show_hours(at.desk, HoursQuery(hours=_SHOWN))
    hours = _hours(at.desk.now())
    return at.show(
        "overview.html",
        "overview",
        Crumb("Overview"),
        overview=found,
        alerts=(await list_alerts(at.desk)).items,
        destinations=(await list_destinations(at.desk)).items,
        sources=(await list_sources(at.desk)).items,
        nodes=(await list_nodes(at.desk)).items,
        labels=[f"{hour % 24:02}:00" for hour in hours],
        came=_came(history, hours),
        went=_went(history, hours),
        by_source=_by_source(history, hours),
        parts=_parts(found),
    )


def _hours(now: int) -> range:
    return range(now // HOUR - _SHOWN + 1, now // HOUR + 1)


def _came(history: History, hours: range) -> tuple[Series, ...]:
    read = dict.fromkeys(hours, 0)
    parked, unverified = dict(read), dict(read)
    for one in history.sources:
        hour = in_milliseconds(one.at) // HOUR
        if hour in read:
            read[hour] += one.events - one.parked
            parked[hour] += one.parked
            unverified[hour] += one.unverified
    return (
        Series("read", "good", list(read.values())),
        Series("could not be read", "bad", list(parked.values())),
        Series("not verified", "warn", list(unverified.values())),
    )


def _went(history: History, hours: range) -> tuple[Series, ...]:
    delivered = dict.fromkeys(hours, 0)
    dead = dict(delivered)
    for one in history.destinations:
        hour = in_milliseconds(one.at) // HOUR
        if hour in delivered:
            delivered[hour] += one.delivered
            dead[hour] += one.dead
    return (
        Series("delivered", "good", list(delivered.values())),
        Series("dead", "bad", list(dead.values())),
    )


def _by_source(history: History, hours: range) -> Mapping[str, Sequence[int]]:
    found: dict[str, list[int]] = {}
    for one in history.sources:
        hour = in_milliseconds(one.at) // HOUR
        if hour in hours:
            found.setdefault(one.source, [0] * _SHOWN)[hour - hours[0]] += one.events
    return found


def _parts(found: Overview) -> list[Part]:
    counts = found.identity.enrollments
    return [
        Part(state, look, counts[state], with_query(f"{ROOT}/enrollments", {"state": state}))
        for state, look in _LOOKS
        if counts.get(state)
    ]


@page("POST", "/destinations/{name}/resume")
async def resume(at: At) -> web.Response:
    name = at.place("name")
    done = await resume_destination(at.desk, name, Resume(sequence=at.said("sequence") or None))
    if not done.ended:
        return go(ROOT, f"{name} was not held.", "warn")
    return go(ROOT, f"{name} goes on.")
