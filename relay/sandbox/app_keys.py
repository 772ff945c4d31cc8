"""Where the application keeps its own."""

from __future__ import annotations

from aiohttp import web

from relay.sandbox.runner import Runner
from relay.sandbox.state import Sandbox

SANDBOX = web.AppKey("SANDBOX", Sandbox)
RUNNER = web.AppKey("RUNNER", Runner)
