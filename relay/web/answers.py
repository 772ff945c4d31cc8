"""Answers as they are sent: what connectors reply, problems, and the one that nearly everybody gets."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from types import MappingProxyType

import orjson
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import SERVER_SOFTWARE, HttpVersion11

from relay.core.request import Reply

RETRY_AFTER_SECONDS = 10


def problem(status: int, detail: str, headers: Mapping[str, str] = MappingProxyType({})) -> Reply:
    """An error as `application/problem+json` (RFC 9457)."""
    content = orjson.dumps({"status": status, "detail": detail})
    return Reply(status, content, {"content-type": "application/problem+json", **headers})


def busy(status: int, detail: str) -> Reply:
    """Our own fault: the sender shall come again."""
    return problem(status, detail, {"retry-after": str(RETRY_AFTER_SECONDS)})


def response(call: web.BaseRequest, reply: Reply, now: float) -> web.StreamResponse:
    """`now`: Unix seconds, the date of the answer."""
    if reply.status == 200 and not reply.body and not reply.headers and _is_plain(call):
        return _empty_ok(int(now))
    return as_response(reply)


def as_response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body or None, headers=reply.headers)


def _is_plain(call: web.BaseRequest) -> bool:
    """Whether nothing of how it was sent changes the lines of its answer."""
    return call.method == "POST" and call.version == HttpVersion11 and call.keep_alive


@lru_cache(maxsize=1)
def _empty_ok(second: int) -> EmptyOk:
    date = formatdate(second, usegmt=True)
    lines = ("HTTP/1.1 200 OK", "Content-Length: 0", f"Date: {date}", f"Server: {SERVER_SOFTWARE}", "", "")
    return EmptyOk("\r\n".join(lines).encode())


class EmptyOk(web.StreamResponse):
    """The bytes that the library would put together from a dictionary of headers, anew for every answer.

    One object answers many calls.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = content

    @property
    def keep_alive(self) -> bool:
        return True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        await request.writer.write_eof(self._content)
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""
