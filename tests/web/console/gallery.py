"""Every component of the console on one page, with data that is hard to show: long, hostile, empty."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import FileSystemLoader

from relay.web.console.charts import Part, Series
from relay.web.console.navigation import ROOT
from relay.web.console.rendering import Crumb, Flash, Frame, Pages
from relay.web.console.static_files import StaticFiles, read_static

NOW = round(datetime(2026, 3, 14, 18, 0, tzinfo=UTC).timestamp() * 1000)
HOSTILE = "<img src=x onerror=alert(1)>\"'&\x07\u202egnp.exe{{ 7*7 }}"
BODY = (
    '{"event":"appointment.completed","data":{"id":1842,"total":10.50,"customer":{"name":"Anna Lindqvist",'
    '"email":"anna@example.com","phone":null},"services":[{"name":"Cut & colour","minutes":90},'
    '{"name":"Care","minutes":15}],"note":"<script>alert(1)</script>"}}'
)
HOURS = tuple(f"{hour:02}:00" for hour in range(24))
ARRIVED = (3, 2, 0, 0, 1, 4, 12, 38, 71, 88, 93, 101, 97, 84, 92, 110, 118, 96, 61, 33, 21, 14, 9, 5)
DEAD = (0, 0, 0, 0, 0, 0, 1, 2, 9, 17, 6, 2, 1, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0)


def frame(**changes: Any) -> Frame:
    """Around a page that an operator sees a second after `NOW`."""
    told: dict[str, Any] = {
        "section": "dead",
        "now": NOW,
        "who": "mira",
        "role": "operator",
        "form_token": "c5rf",
        "crumbs": (Crumb("Dead letters", f"{ROOT}/dead"), Crumb("Gallery")),
        "counts": {"dead": 1204, "alerts": 2},
    }
    return Frame(**(told | changes))


def values() -> dict[str, Any]:
    return {
        "hostile": HOSTILE,
        "body": BODY,
        "hours": HOURS,
        "arrived": (
            Series("delivered", "good", ARRIVED),
            Series("dead", "bad", DEAD),
        ),
        "steady": ARRIVED,
        "nothing": [0] * 24,
        "parts": (
            Part("delivered", "good", 48_211, f"{ROOT}/enrollments?state=delivered"),
            Part("waiting", "wait", 310, f"{ROOT}/enrollments?state=waiting"),
            Part("dead", "bad", 1_204, f"{ROOT}/dead"),
            Part("parked", "warn", 17),
            Part("withdrawn", "quiet", 920),
            Part("suppressed", "quiet-2", 144),
            Part("merged", "quiet-3", 2_960),
            Part("discarded", "quiet-2", 31),
        ),
    }


def make_gallery() -> web.Application:
    static = StaticFiles(read_static())
    pages = Pages(static, FileSystemLoader(Path(__file__).parent))
    live = {"done": 0}

    async def show(call: web.Request) -> web.Response:
        live["done"] += 250
        flashes = (
            Flash("good", "3 dead letters are on their way again."),
            Flash("bad", f"dead-18 could not be sent: {HOSTILE}"),
        )
        around = frame(flashes=flashes)
        return pages.respond("gallery.html", around, done=live["done"], **values())

    async def change(call: web.Request) -> web.Response:
        crumbs = (Crumb("Gallery", "/gallery"), Crumb("Discard"))
        return pages.respond("gallery_change.html", frame(crumbs=crumbs))

    async def section(_call: web.Request) -> web.Response:
        return pages.respond("gallery_empty.html", frame(section="jobs", crumbs=(Crumb("Jobs"),)))

    app = web.Application()
    app.router.add_get("/gallery", show)
    app.router.add_route("*", "/gallery/change", change)
    app.router.add_get(f"{ROOT}/jobs", section)
    app.router.add_get(f"{ROOT}/static/{{name}}", static.serve)
    return app
