"""The page at the root: what this is, what has happened, how to make the first call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from relay.sandbox import reports
from relay.sandbox.app_keys import SANDBOX

if TYPE_CHECKING:
    from relay.sandbox.state import Sandbox

_PAGES = Environment(
    loader=PackageLoader("relay.sandbox"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


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
    return _PAGES.get_template("landing.html").render(
        counts=[(name.replace("_", " "), counts[name]) for name in shown],
        keys=keys,
        sequences=sequences,
        example=_example(sandbox, root),
    )


def _names(organization: str, scopes: frozenset[str]) -> str:
    return f"{organization}: {', '.join(sorted(scopes))}"


def _example(sandbox: Sandbox, root: str) -> str:
    key = next(iter(sandbox.world.keys), "dem_…")
    sequence = next(iter(sandbox.world.sequences), "SEQUENCE")
    return (
        f"curl {root}/api/v1/sequences/{sequence}/execute \\\n"
        f"  -H 'X-API-Key: {key}' -H 'Content-Type: application/json' \\\n"
        """  -d '{"contacts": [{"email": "sam@example.com", "firstName": "Sam"}]}'"""
    )
