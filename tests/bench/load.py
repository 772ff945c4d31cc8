"""Load: keep-alive connections that send the next delivery when the last is answered, or at a steady rate.

It needs no more of its core than a bare aiohttp handler needs of the other, so it is never what limits the
figures; wrk, where it was compared, showed the same.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from pydantic import BaseModel

from relay.cli.options import run
from tests.bench.deliveries import read_deliveries
from tests.bench.machine import LOAD_CORE, pinned

CONNECTIONS = 64


class Load(BaseModel):
    """What a load measured: latencies in ms; `bad` counts answers that were no 2xx and broken connections."""

    requests: int
    seconds: float
    p50: float
    p99: float
    bad: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def run_load(url: str, deliveries: Path, seconds: int, rate: int = 0) -> Load:
    """Put `url` under load from the load's core. `rate`: requests per second; 0: as many as are answered."""
    command = [sys.executable, "-m", "tests.bench.load", url, str(deliveries), str(seconds), str(rate)]
    done = subprocess.run(pinned(command, LOAD_CORE), capture_output=True, check=True)
    return Load.model_validate_json(done.stdout)


class _Connection(asyncio.Protocol):
    """One keep-alive connection; an answer is whole once as many bytes came as it announced."""

    def __init__(self, requests: Iterator[bytes], begin: float, until: float, pace: float) -> None:
        """`pace`: seconds from one request to the next; 0: when the last is answered."""
        self._requests = requests
        self._due_at = begin
        self._until = until
        self._pace = pace
        self._buffer = b""
        self._sent_at = 0.0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.took: list[float] = []
        self.bad = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._next(time.perf_counter())

    def _next(self, now: float) -> None:
        """Who is still waiting for an answer when the next is due waits from then on."""
        self._sent_at = self._due_at if self._pace else now
        early = self._sent_at - now
        self._due_at += self._pace
        if early > 0:
            asyncio.get_running_loop().call_later(early, self._send_punctually)
        else:
            self._send()

    def _send_punctually(self) -> None:
        # The loop's clock counts milliseconds.
        self._sent_at = time.perf_counter()
        self._send()

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, mark, body = self._buffer.partition(b"\r\n\r\n")
        if not mark or len(body) < _length(head):
            return
        now = time.perf_counter()
        self.took.append(now - self._sent_at)
        self.bad += not head.startswith(b"HTTP/1.1 2")
        self._buffer = b""
        if now < self._until:
            self._next(now)
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.bad += error is not None or bool(self._buffer)
        self.ended.set_result(None)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def _itself(connection: _Connection) -> _Connection:
    return connection


def send_all(port: int, deliveries: Sequence[bytes]) -> None:
    """Send each delivery once. Raises `RuntimeError` where one was not answered 2xx."""
    load = run(lambda: _load(f"http://127.0.0.1:{port}", iter(deliveries), float("inf")))
    if load.bad or load.requests != len(deliveries):
        raise RuntimeError(f"{load.bad} of {len(deliveries)} deliveries were not accepted")


async def _load(url: str, requests: Iterator[bytes], seconds: float, rate: int = 0) -> Load:
    loop, port = asyncio.get_running_loop(), urlsplit(url).port or 80
    started = time.perf_counter()
    connections = []
    pace, step = (CONNECTIONS / rate, 1 / rate) if rate else (0, 0)
    for number in range(CONNECTIONS):
        connection = _Connection(requests, started + number * step, started + seconds, pace)
        await loop.create_connection(partial(_itself, connection), "127.0.0.1", port)
        connections.append(connection)
    await asyncio.wait([connection.ended for connection in connections])
    took = sorted(one for connection in connections for one in connection.took)
    return Load(
        requests=len(took),
        seconds=time.perf_counter() - started,
        p50=took[len(took) // 2] * 1000,
        p99=took[len(took) * 99 // 100] * 1000,
        bad=sum(connection.bad for connection in connections),
    )


if __name__ == "__main__":
    address, file, length, rate = sys.argv[1:]
    measured = run(lambda: _load(address, cycle(read_deliveries(Path(file))), float(length), int(rate)))
    sys.stdout.write(measured.model_dump_json())
