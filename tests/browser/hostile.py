"""A sender, a destination and colleagues who put markup and invisible characters wherever they can."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from aiohttp import web
from playwright.async_api import Browser

from relay.sandbox import Running
from relay.sandbox.first import AFTER_VISIT, KEY
from tests.browser.office import Office
from tests.web.front import listening

MARKUP = '</pre></td><img src=x onerror="window.ran=1"><script>window.ran=1</script>\'"&{{7*7}}'
HIDDEN = "\x07\u202egnp\u2066\u200b"
HOSTILE = MARKUP + HIDDEN
ADDRESS = "o'{{7*7}}&x`$@example.com"
"""The most that an address may hold."""


def _routed_to(url: str) -> Mapping[str, Any]:
    """The configuration: one kind of event is refused, another ends in the unknown."""
    rude = {"base_url": url, "api_key": KEY, "on_unknown_outcome": "hold", "breaker_failures": 1000}
    kinds = {HOSTILE: "purchase.completed", "booked": "appointment.booked", "seen": "appointment.completed"}
    routes = {"sources": ["shop"], "sequence": AFTER_VISIT, "cooldown": 0}
    return MappingProxyType(
        {
            "destinations.rude": rude,
            "destinations.main.unknown_location": "dead",
            "sources.shop.settings": {"kind": kinds},
            "routes": [
                routes | {"name": "sold", "events": ["purchase.completed"], "destination": "main"},
                routes | {"name": "booked", "events": ["appointment.booked"], "destination": "rude"},
                routes | {"name": "seen", "events": ["appointment.completed"], "destination": "rude"},
            ],
        }
    )


@asynccontextmanager
async def hostile_office(browser: Browser, folder: Path, sandbox: Running) -> AsyncIterator[Office]:
    async with _rude_destination() as url, Office(browser, folder, sandbox, _routed_to(url)) as office:
        await _fill(office)
        yield office


@asynccontextmanager
async def _rude_destination() -> AsyncIterator[str]:
    """Refuses everybody in its own words, and breaks down for every second call; its address."""
    calls = 0

    async def answer(call: web.Request) -> web.Response:
        nonlocal calls
        await call.read()
        calls += 1
        told = {"success": False, "error": {"code": f"E{MARKUP}", "message": HOSTILE, "details": [HOSTILE]}}
        return web.json_response(told, status=500 if calls % 2 else 400)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with listening(app) as url:
        yield url


def _event(number: int, kind: str, **more: Any) -> dict[str, Any]:
    who = {"email": ADDRESS, "first_name": HOSTILE, "last_name": HOSTILE, "phone": HOSTILE}
    return {"event": kind, "id": f"{number} {HOSTILE}", HOSTILE: {HOSTILE: HOSTILE}} | who | more


async def _fill(office: Office) -> None:
    """Every kind of thing that the console shows, made by strangers and colleagues who mean ill."""
    header = {"X-Note": MARKUP, "User-Agent": MARKUP}
    for number, kind in enumerate((HOSTILE, HOSTILE, "booked", "seen", "booked", HOSTILE + "?")):
        await office.receive(_event(number, kind), query=MARKUP, **header)
    await office.receive(_event(7, HOSTILE, location_id=HOSTILE), **header)
    await office.receive(_event(8, HOSTILE, email=HOSTILE), **header)
    await office.receive(_event(9, HOSTILE), token=quote(re.sub("[/{}]", "", MARKUP)), query=MARKUP, **header)
    await office.receive(_event(10, HOSTILE), token="wrong")
    await office.dead(6)
    (letter, *_) = (await office.ask("GET", "/letters?cause=refused"))["items"]
    fields = {"first_name": HOSTILE, "phone": "+46 70 123 45 67"}
    await office.ask("POST", f"/letters/{letter['id']}/send", {"fields": fields, "why": MARKUP})
    await office.dead(6)
    await office.ask("POST", "/suppressions", {"values": ["mallory@example.com"], "reason": MARKUP})
    await office.ask("POST", "/tokens", {"name": MARKUP[:60], "role": "viewer"})
    order = {"kind": "correct", "filter": {"text": MARKUP}, "fields": fields, "reason": MARKUP}
    await office.ask("POST", "/jobs", order)
