"""Who is told of alerts, on a real socket: checks every signature with the library of Standard Webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
import standardwebhooks
from aiohttp import web

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Call(NamedTuple):
    """One call as it came, with the names of headers in lower case."""

    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """Keeps what it was told. `answers` are given in turn, then 204 for ever; 0 hangs up without any."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[int] = []
        self.headers: Mapping[str, str] = {}
        self.calls = 0
        self.ids: list[str] = []
        self.told: list[Any] = []
        self.raw: list[Call] = []

    async def receive(self, call: web.Request) -> web.StreamResponse:
        body = await call.read()
        self.calls += 1
        self.raw.append(Call({name.lower(): value for name, value in call.headers.items()}, body))
        answer = self.answers.pop(0) if self.answers else 204
        if answer == 0:
            assert call.transport is not None
            call.transport.abort()
        elif 200 <= answer < 300:
            if "webhook-signature" in call.headers:
                self.ids.append(checked(call.headers, body))
            self.told.append(orjson.loads(body))
        return web.Response(status=answer or 500, headers=self.headers)

    @property
    def types(self) -> list[str]:
        return [one["type"] for one in self.told]

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Type and key of each message, the type without `alert.`"""
        return [(one["type"].removeprefix("alert."), one["data"]["key"]) for one in self.told]


def checked(headers: Mapping[str, str], body: bytes) -> str:
    """The id of a message whose signature is right."""
    stamp = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    library = standardwebhooks.Webhook(SECRET)
    assert headers["webhook-signature"] == library.sign(headers["webhook-id"], stamp, body.decode())
    return headers["webhook-id"]


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield
    finally:
        await runner.cleanup()


def team(receiver: Receiver, **more: Any) -> dict[str, Any]:
    """Changes to the configuration that tell the receiver by signed webhooks."""
    channel = {"name": "team", "kind": "webhook", "url": f"{receiver.url}/alerts", "secret": SECRET}
    return {"alerts.channels": [channel | more]}
