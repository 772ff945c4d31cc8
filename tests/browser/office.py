"""An office: a relay at work in front of a sandbox, and clerks at its console in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
import orjson
from playwright.async_api import Browser
from yarl import URL

from relay.cli.wiring import Relay, running
from relay.core.access import Role
from relay.core.job import Job
from relay.sandbox import Running
from relay.web.api.app import ROOT as API
from relay.web.console.navigation import ROOT
from tests.browser.browsing import DESK, Visitor, visiting
from tests.e2e.polling import until_seen
from tests.installing import TOKEN, installed, settings, with_changes

QUICK = {
    "delivery.linger": 0,
    "delivery.retry": {"initial": "50ms", "longest": "100ms"},
    "destinations.main.on_unknown_outcome": "hold",
    "destinations.main.replay_share": 1,
}


class Office:
    """`changes` are to the configuration, see `with_changes`. It opens at the same place again."""

    def __init__(
        self, browser: Browser, folder: Path, sandbox: Running, changes: Mapping[str, Any] | None = None
    ) -> None:
        self.sandbox = sandbox
        self.path = folder / "relay.db"
        self._browser = browser
        self._data = with_changes(settings(folder, sandbox.url), QUICK | dict(changes or {}))
        self._stack = AsyncExitStack()
        self._relay: Relay | None = None

    @property
    def relay(self) -> Relay:
        assert self._relay is not None
        return self._relay

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        self._relay = await self._stack.enter_async_context(running(installed(self._data)))
        self._data = with_changes(self._data, {"server.port": urlsplit(self._relay.url).port})

    async def close(self) -> None:
        await self._stack.aclose()

    async def receive(self, body: object, token: str = TOKEN, query: str = "", **headers: str) -> None:
        """A webhook of the shop, which the relay takes on, or keeps apart where its token is not right."""
        url = URL(f"{self.relay.url}/hooks/shop/{token}", encoded=True).with_query(query)
        async with (
            aiohttp.ClientSession() as http,
            http.post(url, data=orjson.dumps(body), headers=headers) as answer,
        ):
            assert answer.status == (200 if token == TOKEN else 401)

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """A call of the API by a command on this machine."""
        return await ask(self.relay, method, path, body)

    async def link(self, name: str, role: Role) -> str:
        return await link_of(self.relay, name, role)

    async def dead(self, count: int) -> None:
        """Wait until there are so many dead letters and nothing is on its way."""

        async def so() -> bool:
            ledger = await self.relay.store.ledger()
            at_rest = not {"waiting", "sending"} & {one for one, count in ledger.enrollments.items() if count}
            read = not ledger.requests.get("waiting")
            return read and at_rest and len(await self.relay.store.dead_letters(count + 1)) == count

        await until_seen(so, f"there are not {count} dead letters")

    async def job(self, number: int) -> Job:
        found = await self.relay.store.jobs.find(number)
        assert found is not None
        return found

    @asynccontextmanager
    async def clerk(
        self, role: Role = Role.OPERATOR, name: str = "Mira", **options: Any
    ) -> AsyncIterator[Visitor]:
        """Somebody who has just signed in by a link of theirs; `options` as of a browser context."""
        async with visiting(self._browser, self.relay.url, **(DESK | options)) as visitor:
            await sign_in(visitor, self.relay, role, name)
            yield visitor

    @asynccontextmanager
    async def stranger(self, **options: Any) -> AsyncIterator[Visitor]:
        """Somebody who is not signed in."""
        async with visiting(self._browser, self.relay.url, **(DESK | options)) as visitor:
            yield visitor


async def ask(relay: Relay, method: str, path: str, body: object = None) -> Any:
    headers = {"authorization": f"Bearer {relay._post.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.request(method, f"{relay.url}{API}{path}", json=body) as answer,
    ):
        assert answer.status < 300, await answer.text()
        return await answer.json() if answer.status == 200 else None


async def link_of(relay: Relay, name: str, role: Role) -> str:
    """What `relay login` prints, without its host."""
    made = await ask(relay, "POST", "/login-links", {"name": name, "role": role})
    parts = urlsplit(made["url"])
    return f"{parts.path}?{parts.query}"


async def sign_in(visitor: Visitor, relay: Relay, role: Role, name: str) -> None:
    await visitor.go(await link_of(relay, name, role))
    await visitor.page.get_by_role("button", name="Sign in").click()
    await visitor.page.wait_for_url(f"{visitor.url}{ROOT}")


def purchase(number: int = 1, email: str = "", **more: Any) -> dict[str, Any]:
    """What the shop sends when somebody paid."""
    return {"event": "paid", "id": f"P-{number}", "email": email or f"guest{number}@example.com"} | more
