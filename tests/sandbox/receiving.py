"""A server for what the sandbox posts."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiohttp import web


class Receiver:
    """A server that keeps what is posted to it and answers with `status`."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.hang = asyncio.Event()
        self.hang.set()
        self.posts: list[tuple[dict[str, str], bytes]] = []

    @property
    def bodies(self) -> list[Any]:
        return [orjson.loads(body) for _, body in self.posts]

    async def take(self, request: web.Request) -> web.Response:
        self.posts.append((dict(request.headers), await request.read()))
        await self.hang.wait()
        return web.Response(status=self.status)
