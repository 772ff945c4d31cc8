"""A destination that confirms every contact at once and counts them: `python -m tests.bench.sink PORT`.

As cheap as can be, since it shares the load's core: a protocol on the event loop, no server around it.
`GET /` tells how many contacts came, `GET /calls` when each call came and with how many.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import cast

import orjson

from relay.cli.options import run

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


class Counts:
    """What came so far."""

    def __init__(self) -> None:
        self.contacts = 0
        self.calls: list[tuple[float, int]] = []

    def answer(self, target: bytes, body: bytes) -> bytes:
        if target == b"/":
            return b"%d" % self.contacts
        if target == b"/calls":
            return orjson.dumps(self.calls)
        came = time.time()
        contacts = orjson.loads(body)["contacts"]
        self.contacts += len(contacts)
        self.calls.append((came, len(contacts)))
        results = [{"email": contact["email"], "contactId": "c", "status": "queued"} for contact in contacts]
        return orjson.dumps({"data": {"sendingsCreated": len(results), "results": results}})


class Connection(asyncio.Protocol):
    """One keep-alive connection, whose caller waits for each answer."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_ends = self._buffer.find(b"\r\n\r\n")
        if head_ends < 0:
            return
        head = bytes(self._buffer[:head_ends])
        ends = head_ends + 4 + _length(head)
        if len(self._buffer) >= ends:
            body = bytes(self._buffer[head_ends + 4 : ends])
            del self._buffer[:ends]
            answer = self._counts.answer(head.split(b" ", 2)[1], body)
            self._transport.write(_HEAD % (len(answer), answer))


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def serve(port: int) -> None:
    counts = Counts()
    await asyncio.get_running_loop().create_server(lambda: Connection(counts), "127.0.0.1", port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    listen = int(sys.argv[1])
    run(lambda: serve(listen))
