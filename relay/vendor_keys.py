"""Public keys that stand at an address of the vendor's: fetched once, kept for an hour."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp
import structlog

from relay.clock import Clock
from relay.core.public_keys import load_key
from relay.http import read_bounded, why
from relay.providers import placed

log = structlog.get_logger()

_KEPT = 200
_LASTS = 3600.0
_FAILED = 30.0
"""After a failure the vendor is left alone for so long; the address comes from a request not yet proven."""
_PARALLEL = 2
_WAITING = 20
"""Strangers can name any address below the vendor's: more of them at once are told to come again."""
_SECONDS = 5.0
_LARGEST = 1 << 16


class VendorKeys:
    """Gives the text of the key at an address, None where there is none to be had."""

    def __init__(self, http: aiohttp.ClientSession, clock: Clock, origins: Mapping[str, str]) -> None:
        self._http = http
        self._clock = clock
        self._origins = origins
        self._known: dict[str, tuple[float, str | None]] = {}
        self._slots = asyncio.Semaphore(_PARALLEL)
        self._waiting = 0

    async def get(self, url: str) -> str | None:
        until, key = self._known.get(url, (0.0, None))
        if until > self._clock.now():
            return key
        if self._waiting >= _WAITING:
            return None
        self._waiting += 1
        try:
            async with self._slots:
                key = await self._fetch(url)
        finally:
            self._waiting -= 1
        self._known.pop(url, None)
        self._known[url] = (self._clock.now() + (_LASTS if key else _FAILED), key)
        while len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
        return key

    async def _fetch(self, url: str) -> str | None:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with self._http.get(
                placed(url, self._origins), timeout=timeout, allow_redirects=False
            ) as answer:
                content = await read_bounded(answer, _LARGEST) if answer.status == 200 else None
            key = (content or b"").decode("ascii")
            load_key(key)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.warning("cannot fetch a vendor's key", url=url, reason=why(error))
            return None
        return key
