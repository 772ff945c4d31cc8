"""The console on a real socket, in front of a real ledger, with one session for each role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from relay.cli.making import make_repairing
from relay.clock import milliseconds
from relay.core.access import Caller, Role
from relay.core.credential import Kind
from relay.core.cross_site import FIELD, form_token
from relay.desk.desk import Desk
from relay.registry import Registry
from relay.store import Store, open_store
from relay.web.access import Gate
from relay.web.console.app import make_console
from relay.web.console.navigation import ROOT
from tests.factories import FakeClock, parked_event, quarantined
from tests.installing import installed, settings
from tests.letting_in import credential, link, session
from tests.store.desk import Desk as Clerk
from tests.web.front import listening

NUMBERS = {role: number for number, role in enumerate(Role, 1)}


@dataclass(frozen=True)
class Said:
    """What came back."""

    status: int
    headers: Any
    text: str


@dataclass
class Console:
    """Calls are made in the session of `role`; None shows none."""

    store: Store
    http: aiohttp.ClientSession
    url: str = ""
    role: Role | None = Role.ADMIN

    async def call(self, method: str, path: str, **sent: Any) -> Said:
        cookie = f"relay={self._credential.text}" if self.role else ""
        async with self.http.request(
            method, f"{self.url}{ROOT}{path}", headers={"cookie": cookie}, allow_redirects=False, **sent
        ) as answer:
            return Said(answer.status, answer.headers, await answer.text())

    async def get(self, path: str) -> Said:
        return await self.call("GET", path)

    async def post(self, path: str, **fields: str) -> Said:
        """A form of a page of theirs."""
        return await self.call("POST", path, data={FIELD: form_token(self._credential)} | fields)

    @property
    def _credential(self) -> Any:
        assert self.role is not None
        return credential(Kind.SESSION, NUMBERS[self.role])


@cache
def _registry() -> Registry:
    return Registry()


@pytest.fixture(name="console")
async def _console(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Console]:
    installation = installed(settings(tmp_path) | {"public_url": "http://127.0.0.1:8080"})
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(tmp_path / "relay.db", exclusive=True))
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        console = Console(store, http)
        await _let_in(store)
        desk = Desk(
            store=store,
            config=installation.config,
            install=lambda: installation,
            registry=_registry,
            repairing=make_repairing(installation, store, http, clock),
            caller=Caller("nobody", Role.VIEWER),
            now=lambda: milliseconds(clock),
        )
        app = web.Application()
        app.add_subapp(ROOT, make_console(desk, Gate(store.access, installation.config.public_url)))
        console.url = await stack.enter_async_context(listening(app))
        yield console


async def _let_in(store: Store) -> None:
    for role, number in NUMBERS.items():
        shown = credential(Kind.SESSION, number)
        await store.access.create_link(link(number, role=role), b"")
        await store.access.use_link(link(number).id, session(number, role=role), shown.digest)


@pytest.fixture(name="full")
async def _full(console: Console) -> Console:
    """A console with at least one of everything that has a page."""
    clerk = Clerk(console.store)
    await clerk.refuse("ana@example.com")
    await clerk.lose("lost@example.com")
    await clerk.report(parked_event())
    await clerk.order()
    await console.store.add_quarantined(quarantined(), 100)
    return console
