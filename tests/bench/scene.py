"""Where everything is measured: a server on one core, the destination and the load on another."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relay.store import Place
from tests.bench.deliveries import KEY, delivery
from tests.bench.machine import (
    CORES,
    LOAD_CORE,
    SERVER_CORE,
    busy_seconds,
    cpu_seconds,
    descendants,
    on_core,
    peak_megabytes,
    resident_megabytes,
)
from tests.ports import free_port

STORES = ("sqlite", "postgres")

PROBE = 999_999_999
"""The number of the delivery that asks whether a server is up; no load sends it."""

_CONFIG = """
public_url = "https://relay.example.com"
[server]
port = {port}
[store]
{store}
[log]
level = "error"
[egress]
allow = ["127.0.0.1/32"]
[destinations.main]
base_url = "http://127.0.0.1:{sink}"
api_key = "dem_bench"
[destinations.second]
base_url = "http://127.0.0.1:{sink}"
api_key = "dem_second"
[sources.shop]
connector = "shopify"
secrets = {{ signing_key = "{key}" }}
settings = {{ default_region = "US" }}
[[routes]]
name = "after-purchase"
sources = ["shop"]
destination = "main"
sequence = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
"""


@dataclass(frozen=True)
class Sink:
    """The destination, a process of its own."""

    port: int

    def contacts(self) -> int:
        """How many came."""
        return int(_asked(self.port, "/"))

    def calls(self) -> list[tuple[float, int]]:
        """When each call came (Unix seconds), and with how many contacts."""
        return [(came, size) for came, size in json.loads(_asked(self.port, "/calls"))]


def _asked(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


@contextmanager
def sink() -> Iterator[Sink]:
    port = free_port()
    with _running([[sys.executable, "-m", "tests.bench.sink", str(port)]], LOAD_CORE):
        found = Sink(port)
        polled(lambda: _listens(found), 30, "the destination did not answer")
        yield found


def _listens(destination: Sink) -> bool:
    try:
        destination.contacts()
    except ConnectionError:
        return False
    return True


@dataclass(frozen=True)
class Server:
    """A server that answers. `ready`: seconds from its start to its first 2xx."""

    port: int
    processes: Sequence[subprocess.Popen[bytes]]
    ready: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        return sum(cpu_seconds(pid) for pid in self._pids())

    def _pids(self) -> list[int]:
        return [pid for process in self.processes for pid in descendants(process.pid)]

    def measured(self) -> Use:
        """What is used from now on."""
        return Use(self)

    def resident_megabytes(self) -> float:
        return max(map(resident_megabytes, self._pids()))

    def peak_megabytes(self) -> float:
        return max(map(peak_megabytes, self._pids()))


class Use:
    """What a server has used since this was made."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._started = time.perf_counter()
        self._cpu = server.cpu_seconds()
        self._busy = busy_seconds(SERVER_CORE)

    def seconds(self) -> float:
        return time.perf_counter() - self._started

    def cpu_seconds(self) -> float:
        return self._server.cpu_seconds() - self._cpu

    def others(self) -> float:
        """The share of the server's core that others had. Rates and latencies say less by it."""
        busy = busy_seconds(SERVER_CORE) - self._busy
        return max(0.0, busy - self.cpu_seconds()) / self.seconds()


def configured(folder: Path, ledger: Place, to: Sink) -> tuple[Path, int]:
    """A configuration with a port of its own."""
    port, config = free_port(), folder / "config.toml"
    # What is kept beside a ledger is kept beside that path, also where it is a database.
    path = folder / "relay.db" if isinstance(ledger, str) else ledger
    store = f'path = "{path}"' + (f'\nurl = "{ledger}"' if isinstance(ledger, str) else "")
    config.write_text(_CONFIG.format(port=port, store=store, sink=to.port, key=KEY), "utf-8")
    return config, port


@contextmanager
def serving(role: str, config: Path, port: int) -> Iterator[Server]:
    """The server of this role (see `commands`), stopped at the end as its operator would."""
    started = time.perf_counter()
    lines = commands(role, config, port)
    with _running(lines, *(CORES if "two" in role else [SERVER_CORE])) as processes:
        polled(lambda: answered(port), 60, f"{role} did not answer")
        yield Server(port, processes, time.perf_counter() - started)


def commands(role: str, config: Path, port: int) -> list[list[str]]:
    """One process on the server's core; several share all cores with the load."""
    serve = [str(Path(sys.executable).with_name("relay")), "serve", "--config", str(config)]
    match role:
        case "relay":
            return [serve]
        case "relay in two":
            return [[*serve, "--role", "intake"], [*serve, "--role", "work"]]
        case "two relays":
            return [[*serve, "--processes", "2"]]
    return [[sys.executable, "-m", "tests.bench.server", role, str(port), str(config)]]


@contextmanager
def _running(lines: list[list[str]], *cores: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    with on_core(*cores):
        processes = [subprocess.Popen(line) for line in lines]
    try:
        yield processes
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(60)


def polled(ready: Callable[[], bool], seconds: float, what: str) -> float:
    """The seconds that it took. Raises `TimeoutError` that names what did not happen."""
    started = time.perf_counter()
    while not ready():
        if time.perf_counter() - started > seconds:
            raise TimeoutError(f"{what} within {seconds:.0f} s")
        time.sleep(0.01)  # polling another process
    return time.perf_counter() - started


def send(port: int, number: int) -> float:
    """Send one delivery; when its 2xx came (Unix seconds). Raises `RuntimeError` for other answers."""
    head, _, body = delivery(number).partition(b"\r\n\r\n")
    request, *lines = head.decode().split("\r\n")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", request.split()[1], body, dict(line.split(": ", 1) for line in lines))
        answer = connection.getresponse()
        came = time.time()
        if answer.status == 503:
            raise ConnectionError("it waits for its store")
        if answer.status != 200:
            raise RuntimeError(f"answered {answer.status}")
        return came
    finally:
        connection.close()


def answered(port: int) -> bool:
    """Whether a delivery is accepted."""
    try:
        send(port, PROBE)
    except ConnectionError:
        return False
    return True
