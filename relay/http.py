"""What every outbound HTTP call keeps to."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from contextvars import ContextVar

import aiohttp
from aiohttp.abc import AbstractResolver

from relay.core.egress import Address, Network, address, allowing, described, refusal

LARGEST_ANSWER = 1 << 20

_DIALLED: ContextVar[dict[Address, bool]] = ContextVar("dialled")
"""The addresses that the call under way came to, each with whether it was refused."""


class Refused(aiohttp.ClientConnectionError):
    """Nothing was sent: the egress guard refused the address. Says what to configure where it is meant."""


class _Guard:
    """Sees the address that is dialled, however it was come by: a name, a literal, a redirect."""

    def __init__(self, allow: Sequence[Network]) -> None:
        self._allow = allow

    def socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, (host, *_) = info
        try:
            dialled = address(host)
        except ValueError:
            # What is no literal would be resolved once more, past this check.
            raise OSError(errno.EACCES, "the egress guard cannot read the address") from None
        refused = refusal(dialled, self._allow) is not None
        _DIALLED.get({})[dialled] = refused
        if refused:
            raise OSError(errno.EACCES, "the egress guard refuses the address")
        return socket.socket(family, kind, protocol)

    async def explain(
        self, request: aiohttp.ClientRequest, call: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """The library tries every address of a name and tells one failure; this says what was refused."""
        dialled: dict[Address, bool] = {}
        token = _DIALLED.set(dialled)
        try:
            return await call(request)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            refused = [one for one, was in dialled.items() if was]
            if not refused or isinstance(error, aiohttp.ClientSSLError):
                raise
            others = ", ".join(str(one) for one, was in dialled.items() if not was)
            raise Refused(
                f"the egress guard refuses {request.url.host} at {described(refused)}"
                + (f", and {others} failed" if others else "")
                + f"; if it is meant, set egress.allow = {allowing(refused, self._allow)}"
            ) from None
        finally:
            _DIALLED.reset(token)


def outbound_session(
    allow: Sequence[Network] = (), *, resolver: AbstractResolver | None = None
) -> aiohttp.ClientSession:
    """A session that calls public addresses and those in `allow`; others raise `Refused`.

    It keeps no cookies and uses no proxy of the environment, which would dial in its place.
    """
    guard = _Guard(allow)
    # Each destination and the look-ups have bounds of their own; a common one would let some starve others.
    connector = aiohttp.TCPConnector(socket_factory=guard.socket, resolver=resolver, limit=0)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(guard.explain,),
        trust_env=False,
    )


def why(error: BaseException) -> str:
    """Why a call failed, in words that hold nothing of what was sent."""
    if isinstance(error, Refused):
        return str(error)
    cause = getattr(error, "os_error", None) or error
    return str(getattr(cause, "strerror", None) or type(cause).__name__)


async def read_bounded(response: aiohttp.ClientResponse, limit: int = LARGEST_ANSWER) -> bytes | None:
    """The whole body, or None where it is larger than `limit` bytes."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
