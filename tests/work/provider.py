"""A provider's API on a real socket: what a test says it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
from aiohttp import web


@dataclass(frozen=True)
class Said:
    """One answer. `body` becomes JSON unless it is bytes."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_response(self) -> web.Response:
        content = self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)
        return web.Response(status=self.status, body=content, headers=self.headers)


class Provider:
    """Gives the answers in turn, the last one for ever, but for paths that always get their own.

    `asked` has every call with its authorization.
    """

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[Said] = [Said()]
        self.by_path: Mapping[str, Said] = {}
        self.asked: list[tuple[str, str | None]] = []

    async def answer(self, call: web.Request) -> web.Response:
        self.asked.append((call.path_qs, call.headers.get("authorization")))
        if call.path in self.by_path:
            return self.by_path[call.path].as_response()
        said = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        return said.as_response()


@asynccontextmanager
async def listening(provider: Provider) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield
    finally:
        await runner.cleanup()
