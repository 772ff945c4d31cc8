"""A console and an API of a few lines behind the gate, on a real socket, with a real ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from relay.clock import milliseconds
from relay.core.access import LINK_LASTS, LOGIN, Role
from relay.core.credential import Kind
from relay.core.cross_site import FIELD
from relay.store import Store, open_store
from relay.web.access import Gate, Refusal, Visit
from tests.factories import FakeClock
from tests.installing import installed, settings, with_changes
from tests.letting_in import credential, link, token
from tests.web.front import listening


@dataclass(frozen=True)
class Said:
    """What came back; `cookie` is the value of Set-Cookie."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def cookie(self) -> str:
        return self.headers.get("Set-Cookie", "")


@dataclass
class Door:
    """Somebody in front of the gate. What they show is given with each call: there is no jar of cookies."""

    store: Store
    gate: Gate
    clock: FakeClock
    http: aiohttp.ClientSession
    url: str = ""
    made: int = field(default=0)

    async def call(self, method: str, path: str, headers: Mapping[str, str], **sent: str) -> Said:
        async with self.http.request(
            method, self.url + path, data=sent or None, headers=headers, allow_redirects=False
        ) as answer:
            return Said(answer.status, await answer.text(), answer.headers)

    async def api(self, shown: str | None, **headers: str) -> Said:
        """A program that shows this token, or none."""
        proof = {} if shown is None else {"Authorization": f"Bearer {shown}"}
        return await self.call("GET", "/api/me", proof | named(headers))

    async def page(self, cookie: str, **headers: str) -> Said:
        return await self.call("GET", "/console", {"Cookie": cookie} | named(headers))

    async def send(self, cookie: str, form_token: str, path: str = "/console/change", **headers: str) -> Said:
        """A form of the console."""
        return await self.call("POST", path, {"Cookie": cookie} | named(headers), **{FIELD: form_token})

    async def open(self, shown: str, **headers: str) -> Said:
        """Press the button on the page that a link leads to."""
        return await self.call("POST", LOGIN, named(headers), link=shown)

    async def token(self, role: Role = Role.VIEWER, lasts: int | None = None) -> str:
        """Make a token; what its holder shows."""
        self.made += 1
        proof, now = credential(Kind.TOKEN, self.made), milliseconds(self.clock)
        end = None if lasts is None else now + lasts
        await self.store.access.create_token(
            token(self.made, role=role, created_at=now, expires_at=end), proof.digest
        )
        return proof.text

    async def link(self, role: Role = Role.OPERATOR) -> str:
        """Make a link; what its holder shows."""
        self.made += 1
        proof, now = credential(Kind.LINK, self.made), milliseconds(self.clock)
        made = link(self.made, role=role, created_at=now, expires_at=now + LINK_LASTS)
        await self.store.access.create_link(made, proof.digest)
        return proof.text

    async def log_in(self) -> str:
        """What a browser shows from then on."""
        return (await self.open(await self.link())).cookie.partition(";")[0]

    async def form_token(self, cookie: str) -> str:
        """What the forms on a page carry."""
        return (await self.page(cookie)).text.rpartition(" ")[2]


def named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class DoorOpener:
    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.path = folder / "relay.db"
        self._data = settings(folder)
        self._clock = clock

    @asynccontextmanager
    async def __call__(self, **changes: object) -> AsyncIterator[Door]:
        """`trusted_proxies` and `public_url` are what the gate knows of the configuration."""
        renamed = {name.replace("trusted", "server.trusted"): value for name, value in changes.items()}
        config = installed(with_changes(self._data, renamed)).config
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(open_store(self.path, exclusive=True))
            http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
            await stack.enter_async_context(http)
            gate = Gate(store.access, config.public_url, config.server.trusted_proxies)
            door = Door(store, gate, self._clock, http)
            door.url = await stack.enter_async_context(listening(_app(gate, self._clock)))
            yield door


def _app(gate: Gate, clock: FakeClock) -> web.Application:
    pages = _Pages(gate, clock)
    app = web.Application()
    app.router.add_get("/api/me", pages.me)
    app.router.add_get("/console", pages.page)
    app.router.add_post("/console/change", pages.change)
    app.router.add_post("/console/logout", pages.logout)
    app.router.add_get(LOGIN, pages.ask)
    app.router.add_post(LOGIN, pages.login)
    return app


class _Pages:
    """What the real pages do with the gate, without their looks."""

    def __init__(self, gate: Gate, clock: FakeClock) -> None:
        self._gate = gate
        self._clock = clock

    def _visit(self, call: web.Request) -> Visit:
        return self._gate.visit(call.headers.items(), call.remote, milliseconds(self._clock))

    async def me(self, call: web.Request) -> web.Response:
        caller = await self._gate.caller_of(self._visit(call))
        return _refused(caller) if isinstance(caller, Refusal) else web.Response(text=f"{caller}")

    async def page(self, call: web.Request) -> web.Response:
        entry = await self._gate.session_of(self._visit(call))
        if isinstance(entry, Refusal):
            return _refused(entry)
        return web.Response(text=f"{entry.caller} {entry.form_token}")

    async def change(self, call: web.Request) -> web.Response:
        visit, shown = self._visit(call), str((await call.post()).get(FIELD, ""))
        entry = await self._gate.session_of(visit)
        refusal = entry if isinstance(entry, Refusal) else self._gate.check_form(visit, entry, shown)
        return _refused(refusal) if refusal else web.Response(text="changed")

    async def logout(self, call: web.Request) -> web.Response:
        visit = self._visit(call)
        entry = await self._gate.session_of(visit)
        if isinstance(entry, Refusal):
            return _refused(entry)
        return web.Response(headers={"set-cookie": await self._gate.log_out(visit, entry)})

    async def ask(self, call: web.Request) -> web.Response:
        return web.Response(text=f"a button that sends {call.query.get('link', '')}")

    async def login(self, call: web.Request) -> web.Response:
        opened = await self._gate.log_in(self._visit(call), str((await call.post()).get("link", "")))
        if isinstance(opened, Refusal):
            return _refused(opened)
        headers = CIMultiDict({"set-cookie": opened[1], "location": "/console"})
        return web.Response(status=303, headers=headers)


def _refused(refusal: Refusal) -> web.Response:
    text = f"{refusal.detail}: {refusal.hint}"
    return web.Response(status=refusal.status, text=text, headers=refusal.headers)
