"""The providers' APIs: performs look-ups with the source's credentials and remembers what they brought."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import aiohttp
import orjson
import structlog

from relay.clock import Clock, moment
from relay.core.auth import Exchange
from relay.core.authorising import authorised, by_token, call_for_token, is_outlived, token_in
from relay.core.lookup import Answer, LookUp, settled
from relay.core.outcome import retry_after
from relay.core.payload import Node
from relay.core.source import Source
from relay.http import Refused, read_bounded, why
from relay.tokens import Tokens

log = structlog.get_logger()

_REMEMBERED = 10_000

_Key = tuple[str, LookUp]


class Providers:
    """Makes look-ups, a bounded number at a time for each source, so that one that hangs has only its own.

    `origins` sends those of an origin elsewhere.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        clock: Clock,
        *,
        parallel: int,
        timeout: float,  # handed to the HTTP client, which keeps it
        remember: float,
        origins: Mapping[str, str],
    ) -> None:
        self._http = http
        self._clock = clock
        self._slots = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(parallel))
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._remember = remember
        self._origins = origins
        self._known: dict[_Key, tuple[float, Answer]] = {}
        self._tokens = Tokens(clock)

    async def answer(self, source: Source, calls: Sequence[LookUp], since: float) -> list[Answer]:
        """The answers in the order of the calls, none from before `since`, when the request arrived.

        What was asked before does not know what the request reports. Never raises for what the network does.
        """
        return list(await asyncio.gather(*(self._one(source, call, since) for call in calls)))

    async def _one(self, source: Source, call: LookUp, since: float) -> Answer:
        key = (source.name, call)
        async with self._slots[source.name]:
            asked_at = self._clock.now()
            known = self._known.get(key)
            if known is not None and known[0] >= max(since, asked_at - self._remember):
                return known[1]
            answer = await self._ask(source, call)
        if answer.found and self._remember > 0:
            self._known.pop(key, None)
            self._known[key] = (asked_at, answer)
        self._forget(asked_at - self._remember)
        return answer

    def _forget(self, before: float) -> None:
        """Let go of what is too old or too much: it names people."""
        while self._known:
            key, (asked_at, _) = next(iter(self._known.items()))
            if asked_at >= before and len(self._known) <= _REMEMBERED:
                return
            del self._known[key]

    async def _ask(self, source: Source, call: LookUp) -> Answer:
        """The answer to a call, authorised; with a fresh token once where the one at hand is refused."""
        if not isinstance(call.auth, Exchange):
            return await self._send(source, authorised(call, source, (call.auth,) if call.auth else ()))
        token = await self._token(source, call.auth)
        if isinstance(token, Answer):
            return token
        answer = await self._send(source, by_token(call, call.auth, token))
        if not is_outlived(answer):
            return answer
        self._tokens.forget((source.name, call.auth), token)
        token = await self._token(source, call.auth)
        if isinstance(token, Answer):
            return token
        return await self._send(source, by_token(call, call.auth, token))

    async def _token(self, source: Source, exchange: Exchange) -> str | Answer:
        """A token, or the answer that tells why there is none."""

        async def fetch() -> tuple[str, float] | Answer:
            return token_in(exchange, await self._send(source, call_for_token(exchange, source)))

        return await self._tokens.get((source.name, exchange), fetch)

    async def _send(self, source: Source, call: LookUp) -> Answer:
        try:
            async with self._http.request(
                call.method,
                placed(call.url, self._origins),
                headers={"accept": "application/json", **call.headers},
                data=call.body,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                folded = {name.lower(): value for name, value in response.headers.items()}
                answer = self._read(response.status, folded, await read_bounded(response))
                return settled(call, answer)
        except Refused as error:
            log.warning("egress refused", source=source.name, reason=why(error))
            return Answer(0, Node(None), trouble=why(error))
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Answer(0, Node(None))

    def _read(self, status: int, headers: Mapping[str, str], body: bytes | None) -> Answer:
        wait = retry_after(headers, {}, moment(self._clock))
        try:
            return Answer(status, Node(orjson.loads(body or b"null")), wait)
        except orjson.JSONDecodeError:
            # A page in place of an answer comes from something in between: it is asked again.
            return Answer(502 if 200 <= status < 300 else status, Node(None), wait)


def placed(url: str, origins: Mapping[str, str]) -> str:
    """The address with its origin replaced where it is called elsewhere."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return origins.get(origin, origin) + url.removeprefix(origin)
