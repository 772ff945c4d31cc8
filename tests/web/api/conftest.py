"""The API on a real socket, in front of a real ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from relay.cli.making import make_repairing
from relay.clock import milliseconds
from relay.core.access import Caller, Role
from relay.desk.catalogue import OPERATIONS
from relay.desk.desk import Desk
from relay.desk.problems import Unauthorized
from relay.registry import Registry
from relay.store import Store, open_store
from relay.web.api.app import ROOT, make_api
from tests.factories import FakeClock
from tests.installing import installed, settings


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Api:
    """Calls carry the role of `role`; None shows no token."""

    store: Store
    clock: FakeClock
    url: str
    http: aiohttp.ClientSession
    role: str | None = "admin"
    woken: list[str] = field(default_factory=list)

    async def call(self, method: str, path: str, body: object = None, **query: Any) -> Answer:
        headers = {} if self.role is None else {"authorization": f"Bearer {self.role}"}
        sent = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        data = BytesIO(sent) if sent else None
        async with self.http.request(
            method, self.url + ROOT + path, data=data, params=query, headers=headers
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **query: Any) -> Answer:
        return await self.call("GET", path, **query)

    async def post(self, path: str, body: object = None) -> Answer:
        return await self.call("POST", path, {} if body is None else body)


@cache
def _registry() -> Registry:
    return Registry()


async def _who(call: web.Request) -> Caller:
    """A token is a role here; how people get theirs is tested elsewhere."""
    shown = call.headers.get("authorization", "").removeprefix("Bearer ")
    if shown not in set(Role):
        raise Unauthorized("this token is not known")
    return Caller("ana", Role(shown))


def moving(clock: FakeClock) -> Callable[[float], Awaitable[None]]:
    """Whoever waits finds the clock moved and has not waited."""

    async def pause(seconds: float) -> None:
        clock.move(seconds)
        await asyncio.sleep(0)

    return pause


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path) as made:
        yield made


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Api]:
    installation = installed(settings(folder))
    clock = FakeClock()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(folder / "relay.db", exclusive=True))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = Api(store, clock, "", http)
        desk = Desk(
            store=store,
            config=installation.config,
            install=lambda: installation,
            registry=_registry,
            repairing=make_repairing(installation, store, http, clock),
            caller=Caller("nobody", Role.VIEWER),
            now=lambda: milliseconds(clock),
            wake=made.woken.append,
            pause=moving(clock),
        )
        app = web.Application()
        app.add_subapp(ROOT, make_api(OPERATIONS, desk, _who))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
