"""Who answers while the store is not open yet: come again soon, or webhooks are taken and the rest is not."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from relay.config.installation import ActiveSource
from relay.web.answers import as_response, busy
from relay.web.app import make_app
from relay.web.health import Readiness, State, add_health
from relay.web.intake import Intake

_WHY = "the relay is starting"


def make_waiting_room(sources: Mapping[str, ActiveSource]) -> web.Application:
    """Takes nothing on, and tells each sender so in the way that lets it come again."""

    async def come_again(call: web.Request) -> web.Response:
        active = sources.get(call.match_info.get("source", ""))
        answer = as_response(busy(active.connector.busy_status if active else 503, _WHY))
        # Its next call belongs to whoever answers then.
        answer.force_close()
        return answer

    async def starting() -> State:
        return State(is_ready=False, detail=_WHY)

    app = web.Application()
    add_health(app, starting)
    app.router.add_route("*", "/hooks/{source}", come_again)
    app.router.add_route("*", "/hooks/{source}/{token}", come_again)
    app.router.add_route("*", "/{rest:.*}", come_again)
    return app


def make_vestibule(intake: Intake, max_body: int, readiness: Readiness) -> web.Application:
    """Takes webhooks; the console and the API are not there yet."""

    async def come_again(_call: web.Request) -> web.Response:
        answer = as_response(busy(503, _WHY))
        answer.force_close()
        return answer

    app = make_app(intake, max_body, readiness=readiness)
    app.router.add_route("*", "/{rest:.*}", come_again)
    return app
