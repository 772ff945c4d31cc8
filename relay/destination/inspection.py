"""What can be seen of a destination without enrolling anybody: its answer, the key, the sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import aiohttp
import orjson

from relay.core.destination import Destination
from relay.destination.client import authentication
from relay.http import read_bounded, why

State = Literal["ok", "warning", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. A warning is something that could not be told."""

    key: str
    state: State
    message: str


class Inspector:
    """Asks with GET only: an execute call would enrol."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def destination(self, destination: Destination) -> Finding:
        """Whether the API answers and knows the key."""
        key = f"destinations.{destination.name}"
        try:
            status, body = await self._get(destination, "/api/v1/sequences?limit=1")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Finding(
                f"{key}.base_url", "fault", f"{destination.base_url} cannot be reached: {why(error)}"
            )
        if status == 401:
            return Finding(f"{key}.api_key", "fault", f"the key is refused: {_message(body)}")
        if status == 403:
            return Finding(
                f"{key}.api_key", "warning", "the key is known, but may not read sequences (sequences:read)"
            )
        if 200 <= status < 300:
            return Finding(key, "ok", f"{destination.base_url} answers and knows the key")
        return Finding(
            key, "warning", f"{destination.base_url} answered {status}, so the key was not checked"
        )

    async def sequence(self, destination: Destination, sequence: str, key: str) -> Finding:
        """Whether a sequence exists and is active, as far as the key may see."""
        try:
            status, body = await self._get(destination, f"/api/v1/sequences/{sequence}")
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Finding(key, "warning", "could not be looked up: the destination does not answer")
        if status == 404:
            return Finding(key, "fault", f"{destination.name} has no sequence {sequence}")
        if not 200 <= status < 300:
            return Finding(key, "warning", f"could not be looked up: {destination.name} answered {status}")
        return _activity(key, body.get("data"))

    async def knows_key(self, destination: Destination) -> bool:
        """Whether the key is accepted again, whatever it may do."""
        try:
            status, _ = await self._get(destination, "/api/v1/sequences?limit=1")
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        return status == 403 or 200 <= status < 300

    async def answers(self, destination: Destination, sequence: str | None) -> bool:
        """Whether the API is there, whatever it thinks of the question; a refusal is an answer, too."""
        path = "/api/v1/sequences?limit=1" if sequence is None else f"/api/v1/sequences/{sequence}"
        try:
            status, _ = await self._get(destination, path)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        return status < 500

    async def is_active(self, destination: Destination, sequence: str) -> bool:
        """Whether a sequence is seen to be active; false where the key may not look."""
        try:
            status, body = await self._get(destination, f"/api/v1/sequences/{sequence}")
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        data = body.get("data")
        return 200 <= status < 300 and isinstance(data, dict) and data.get("status") == "active"

    async def origin(self, url: str, key: str, timeout: timedelta) -> Finding:  # noqa: ASYNC109  # the client keeps it
        """Whether anything answers where look-ups are sent instead of the provider's own API."""
        limit = aiohttp.ClientTimeout(total=timeout.total_seconds())
        try:
            async with self._http.get(url, timeout=limit, allow_redirects=False):
                return Finding(key, "ok", f"{url} answers")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Finding(key, "fault", f"{url} cannot be reached: {why(error)}")

    async def _get(self, destination: Destination, path: str) -> tuple[int, Mapping[str, Any]]:
        async with self._http.get(
            destination.base_url.rstrip("/") + path,
            headers=authentication(destination),
            timeout=aiohttp.ClientTimeout(total=min(10.0, destination.timeout.total_seconds())),
            allow_redirects=False,
        ) as response:
            return response.status, _object(await read_bounded(response))


def _object(body: bytes | None) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body or b"")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _activity(key: str, sequence: object) -> Finding:
    shown: Mapping[str, Any] = sequence if isinstance(sequence, dict) else {}
    name, status = shown.get("name") or "the sequence", shown.get("status")
    if status is None:
        return Finding(key, "ok", f"{name} exists; whether it is active cannot be told")
    if status != "active":
        return Finding(key, "fault", f"{name} is {status}: it takes nobody until it is active")
    return Finding(key, "ok", f"{name} is active")


def _message(body: Mapping[str, Any]) -> str:
    error = body.get("error")
    return str(error.get("message") or error.get("code")) if isinstance(error, dict) else "no reason given"
