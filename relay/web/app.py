"""The web applications: the public one that senders call, and the private one that monitors read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from relay.telemetry import Metrics
from relay.web.health import Readiness, add_health, always_ready
from relay.web.intake import Intake


def make_app(
    intake: Intake | None,
    max_body: int,
    beside: Mapping[str, web.Application] = MappingProxyType({}),
    readiness: Readiness = always_ready,
) -> web.Application:
    """What senders call, unless another process is there for them, and `beside` it other applications.

    `beside` is by the beginning of their paths.
    """
    app = web.Application(client_max_size=max_body)
    if intake is not None:
        _add_hooks(app, intake)
    add_health(app, readiness)
    for prefix, other in beside.items():
        app.add_subapp(prefix, other)
    return app


def _add_hooks(app: web.Application, intake: Intake) -> None:
    async def receive(call: web.Request) -> web.StreamResponse:
        match = call.match_info
        return await intake.receive(call, match["source"], match.get("token"), call.rel_url.raw_query_string)

    app.router.add_route("*", "/hooks/{source}", receive)
    app.router.add_route("*", "/hooks/{source}/{token}", receive)


def make_metrics_app(metrics: Metrics, readiness: Readiness = always_ready) -> web.Application:
    """For monitors. Health, too: a process that only works has no other port."""

    async def show(_call: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(metrics.registry), headers={"content-type": CONTENT_TYPE_LATEST}
        )

    app = web.Application()
    app.router.add_get("/metrics", show)
    add_health(app, readiness)
    return app
