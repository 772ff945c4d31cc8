"""Tokens that were fetched with a source's secrets, kept while they last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from relay.clock import Clock
from relay.core.auth import Exchange
from relay.core.lookup import Answer

_KEPT = 1_000

_Key = tuple[str, Exchange]
Fetch = Callable[[], Awaitable[tuple[str, float] | Answer]]


class Tokens:
    """One token for each source and exchange; many that wait for it fetch it once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[_Key, tuple[str, float]] = {}
        self._fetching: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

    async def get(self, key: _Key, fetch: Fetch) -> str | Answer:
        """The token, or the answer of a fetch that brought none."""
        lock = self._fetching.setdefault(key, asyncio.Lock())
        async with lock:
            token, until = self._kept.get(key, ("", 0.0))
            if until > self._clock.now():
                return token
            fetched = await fetch()
            if isinstance(fetched, Answer):
                return fetched
            token, seconds = fetched
            self._kept[key] = (token, self._clock.now() + seconds)
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
            return token

    def forget(self, key: _Key, token: str) -> None:
        """Let go of a token that was refused, unless another one has been fetched since."""
        if self._kept.get(key, ("", 0.0))[0] == token:
            del self._kept[key]
