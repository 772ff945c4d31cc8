"""Set-up: sources with their health, connectors with their pages, and routes."""

from __future__ import annotations

from itertools import groupby

from aiohttp import web

from relay.core.hours import HOUR
from relay.desk.connectors import list_connectors, show_connector
from relay.desk.overview import HoursQuery, show_hours
from relay.desk.routes import list_routes
from relay.desk.sources import list_sources, show_source
from relay.web.console.charts import Series
from relay.web.console.markdown import rendered
from relay.web.console.navigation import ROOT
from relay.web.console.page import At, page
from relay.web.console.rendering import Crumb
from relay.web.console.wording import clock_time, in_milliseconds

SOURCES = f"{ROOT}/sources"
_WEEK = 168
_GROUPS = {
    "booking": "Booking",
    "pos": "Shops, payments and points of sale",
    "crm": "Customer relations",
    "forms": "Forms",
    "generic": "Anything else",
}


@page("GET", "/sources")
async def sources(at: At) -> web.Response:
    found = await list_sources(at.desk)
    return at.show("sources.html", "sources", Crumb("Sources"), sources=found.items)


@page("GET", "/sources/{name}")
async def source(at: At) -> web.Response:
    name = at.place("name")
    found = await show_source(at.desk, name)
    history = await show_hours(at.desk, HoursQuery(hours=_WEEK))
    first = at.desk.now() // HOUR - _WEEK + 1
    read, parked, unverified = ([0] * 7 for _ in range(3))
    for one in history.sources:
        day = (in_milliseconds(one.at) // HOUR - first) // 24
        if one.source == name and 0 <= day < 7:
            read[day] += one.events - one.parked
            parked[day] += one.parked
            unverified[day] += one.unverified
    return at.show(
        "source.html",
        "sources",
        Crumb("Sources", SOURCES),
        Crumb(name),
        source=found,
        labels=[clock_time((first + 24 * day) * HOUR)[:10] for day in range(7)],
        series=(
            Series("read", "good", read),
            Series("could not be read", "bad", parked),
            Series("not verified", "warn", unverified),
        ),
    )


@page("GET", "/connectors")
async def connectors(at: At) -> web.Response:
    found = await list_connectors(at.desk)
    sought = at.call.query.get("search", "").strip().casefold()
    shown = [
        one for one in found.items if sought in f"{one.name} {one.label} {' '.join(one.kinds)}".casefold()
    ]
    grouped = [
        (_GROUPS.get(name, name), list(those)) for name, those in groupby(shown, lambda one: one.group)
    ]
    crumbs = (Crumb("Sources", SOURCES), Crumb("Connectors"))
    return at.show("connectors.html", "sources", *crumbs, groups=grouped, broken=found.broken, search=sought)


@page("GET", "/connectors/{name}")
async def connector(at: At) -> web.Response:
    found = await show_connector(at.desk, at.place("name"))
    crumbs = (Crumb("Sources", SOURCES), Crumb("Connectors", f"{ROOT}/connectors"), Crumb(found.label))
    return at.show("connector.html", "sources", *crumbs, connector=found, text=rendered(found.page))


@page("GET", "/routes")
async def routes(at: At) -> web.Response:
    found = await list_routes(at.desk)
    return at.show("routes.html", "routes", Crumb("Routes"), routes=found.items)
