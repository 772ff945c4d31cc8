"""The body of a call: nearly always there with its head, and otherwise waited for within bounds."""

from __future__ import annotations

import asyncio

from aiohttp import web

BODY_SECONDS = 30.0
"""Nobody needs longer for a body of the largest size; who sends byte by byte holds a connection."""


class NoBody(Exception):
    """The body did not come, or not as it should: the sender's fault, with the status that says so."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def at_hand(call: web.BaseRequest) -> bytes | None:
    """The body if it came with its head: reading it this way costs less than a timer or a coroutine."""
    content = call.content
    if not content.is_eof() or content.exception() or content.total_bytes > call.client_max_size:
        return None
    return content.read_nowait()


async def arriving(call: web.BaseRequest) -> bytes:
    """The whole body. Raises `NoBody`."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await call.read()
    except TimeoutError:
        raise NoBody(408, "the request body did not arrive in time") from None
    except web.HTTPRequestEntityTooLarge:
        raise NoBody(413, "the request body is larger than this relay takes") from None
    except (web.RequestPayloadError, ConnectionError):
        problem = "the request body did not arrive whole, or not in the encoding it names"
        raise NoBody(400, problem) from None
