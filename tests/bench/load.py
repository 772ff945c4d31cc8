"""Load: 64 keep-alive connections that send the next delivery when the last is answered, or at a steady rate.

wrk, where it is installed, makes the first kind: it leaves most of its core to whoever shares it. The second
kind is always our own, since wrk cannot count from when a request was due.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from pydantic import BaseModel

from relay.cli.options import run
from tests.bench.deliveries import read_deliveries, template
from tests.bench.machine import LOAD_CORE, on_core

CONNECTIONS = 64
SHARES = ("0", "1", "5", "10", "25", "50", "75", "90", "95", "99", "99.9", "100")
"""Per cent of the requests of which a load says within which time they were answered."""


class Load(BaseModel):
    """What a load measured. `took`: ms by share; `bad`: answers that were no 2xx, and broken connections."""

    requests: int
    seconds: float
    bad: int
    took: dict[str, float]

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def p50(self) -> float:
        return self.took["50"]

    @property
    def p99(self) -> float:
        return self.took["99"]


class Loading:
    """A load under way, on the load's core. `rate`: requests per second; 0: as many as are answered."""

    def __init__(self, url: str, signatures: Path, seconds: float, rate: int = 0) -> None:
        wrk = None if rate else shutil.which("wrk")
        mine = [sys.executable, "-m", "tests.bench.load", url, str(signatures), str(seconds), str(rate)]
        command = mine if wrk is None else _wrk(wrk, url, seconds)
        text = signatures.with_suffix(".template")
        text.write_text(template(), "utf-8", newline="")
        told = os.environ | {"SIGNATURES": str(signatures), "TEMPLATE": str(text)}
        with on_core(LOAD_CORE):
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=told, text=True)

    @property
    def is_over(self) -> bool:
        return self._process.poll() is not None

    def end(self) -> Load:
        """Wait for it. Raises `RuntimeError` where it failed."""
        said, _ = self._process.communicate()
        for line in said.splitlines():
            if line.startswith("MEASURED "):
                return Load.model_validate_json(line.removeprefix("MEASURED "))
        raise RuntimeError(f"the load ended with {self._process.returncode}: {said}")


def run_load(url: str, signatures: Path, seconds: float, rate: int = 0) -> Load:
    """Put `url` under load."""
    return Loading(url, signatures, seconds, rate).end()


def tool() -> str:
    return "wrk" if shutil.which("wrk") else "our own client"


def _wrk(wrk: str, url: str, seconds: float) -> list[str]:
    script = str(Path(__file__).with_suffix(".lua"))
    bounds = [f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
    return [wrk, "-t1", *bounds, "-s", script, url]


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
    took = sorted(one * 1000 for connection in connections for one in connection.took)
    last = len(took) - 1
    return Load(
        requests=len(took),
        seconds=time.perf_counter() - started,
        bad=sum(connection.bad for connection in connections),
        took={share: took[min(last, int(len(took) * float(share) / 100))] for share in SHARES},
    )


def _again_and_again(file: Path) -> Iterator[bytes]:
    while True:
        yield from read_deliveries(file)


if __name__ == "__main__":
    address, signed, length, pace = sys.argv[1:]
    measured = run(lambda: _load(address, _again_and_again(Path(signed)), float(length), int(pace)))
    sys.stdout.write(f"MEASURED {measured.model_dump_json()}\n")
