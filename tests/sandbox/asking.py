"""Speaking to a sandbox over a real socket."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson

from relay.sandbox.first import AFTER_VISIT, KEY

if TYPE_CHECKING:
    from relay.sandbox import Running
    from relay.sandbox.records import Contact


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Api:
    """A client of one sandbox."""

    session: aiohttp.ClientSession
    sandbox: Running
    clock: Clock

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = KEY,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        seconds: float = 10,
    ) -> Reply:
        """One call; `path` is from the root, or from `/api/v1` when it has no leading slash."""
        url = self.sandbox.url + (path if path.startswith("/") else f"/api/v1/{path}")
        sent = {"Content-Type": "application/json", **({"X-API-Key": key} if key else {})}
        data = io.BytesIO(raw) if raw is not None else _encoded(body)
        async with self.session.request(
            method,
            url,
            data=data,
            headers={**sent, **(headers or {})},
            timeout=aiohttp.ClientTimeout(total=seconds),
        ) as response:
            return Reply(response.status, await response.read(), response.headers)

    async def execute(
        self,
        contacts: object,
        sequence: str = AFTER_VISIT,
        *,
        key: str | None = KEY,
        headers: Mapping[str, str] | None = None,
        seconds: float = 10,
        **members: object,
    ) -> Reply:
        """One v1 execute call."""
        path = f"sequences/{sequence}/execute"
        body = {"contacts": contacts, **members}
        return await self.call("POST", path, body, key=key, headers=headers, seconds=seconds)

    def contact(self, email: str) -> Contact:
        """The stored contact with exactly this address."""
        return next(each for each in self.sandbox.world.contacts.values() if each.email == email)

    def reached(self) -> list[str]:
        """The addresses of all sendings, in order."""
        world = self.sandbox.world
        return [world.contacts[each.contact_id].email for each in self.sandbox.sendings()]


def _encoded(body: object) -> bytes | None:
    return None if body is None else orjson.dumps(body)


def people(*names: str) -> list[dict[str, str]]:
    """A contact for each name."""
    return [{"email": f"{name}@example.com", "firstName": name.title()} for name in names]


def crowd(count: int) -> list[dict[str, str]]:
    """Many contacts."""
    return people(*(f"guest{number}" for number in range(count)))
