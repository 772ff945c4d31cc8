"""The page at the root: what this is, what has happened, how to make the first call."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from aiohttp import web

from relay.sandbox import reports
from relay.sandbox.app_keys import SANDBOX

if TYPE_CHECKING:
    from relay.sandbox.state import Sandbox

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .2rem 1.2rem .2rem 0 }
code, pre { font-size: .9em } pre { overflow-x: auto; padding: .8rem; background: #8881 }
:root { color-scheme: light dark }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sandbox of the destination</title><style>{style}</style></head>
<body>
<h1>Sandbox of the destination</h1>
<p>This server behaves as the documents say the destination does, and sends nothing to anybody.
Point a relay at it, watch what arrives, make it fail.</p>
<h2>So far</h2>
<table>{counts}</table>
<p>In detail: <a href="/sandbox/sendings">sendings</a>, <a href="/sandbox/doubles">doubles</a>,
<a href="/sandbox/requests">requests</a>, <a href="/sandbox/switches">switches</a>,
<a href="/sandbox/world">world</a>.</p>
<h2>Keys</h2>
<table>{keys}</table>
<h2>Sequences</h2>
<table>{sequences}</table>
<h2>A first call</h2>
<pre>{example}</pre>
</body>
</html>
"""


async def page(request: web.Request) -> web.Response:
    """`GET /`."""
    sandbox = request.app[SANDBOX]
    root = f"{request.scheme}://{request.host}"
    return web.Response(text=render(sandbox, root), content_type="text/html")


def render(sandbox: Sandbox, root: str) -> str:
    """The page; `root` is the address under which its reader sees the sandbox."""
    world = sandbox.world
    counts = reports.counts(sandbox)
    shown = ("requests", "contacts", "sendings", "enrolled", "doubles", "steps_waiting")
    keys = [
        (key.secret, _names(world.organizations[key.organization_id].name, key.scopes))
        for key in world.keys.values()
    ]
    sequences = [
        (one.id, one.name, one.status, f"steps: {len(one.steps)}") for one in world.sequences.values()
    ]
    return _PAGE.format(
        style=_STYLE,
        counts=_rows([(name.replace("_", " "), str(counts[name])) for name in shown]),
        keys=_rows(keys),
        sequences=_rows(sequences),
        example=escape(_example(sandbox, root)),
    )


def _names(organization: str, scopes: frozenset[str]) -> str:
    return f"{organization}: {', '.join(sorted(scopes))}"


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    return "".join(f"<tr>{each}</tr>" for each in cells)


def _example(sandbox: Sandbox, root: str) -> str:
    key = next(iter(sandbox.world.keys), "dem_…")
    sequence = next(iter(sandbox.world.sequences), "SEQUENCE")
    return (
        f"curl {root}/api/v1/sequences/{sequence}/execute \\\n"
        f"  -H 'X-API-Key: {key}' -H 'Content-Type: application/json' \\\n"
        """  -d '{"contacts": [{"email": "sam@example.com", "firstName": "Sam"}]}'"""
    )
