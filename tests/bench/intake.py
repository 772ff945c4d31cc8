"""What durable intake costs beside a bare handler: `make bench`, or `python -m tests.bench.intake --help`.

Server on one core, load on another, interleaved rounds; every figure is a median over the rounds.
"""

from __future__ import annotations

import argparse
import http.client
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.deliveries import KEY, delivery, write_deliveries
from tests.bench.load import CONNECTIONS, Load, run_load
from tests.bench.machine import (
    LOAD_CORE,
    SERVER_CORE,
    cpu_seconds,
    described,
    free_port,
    pinned,
    resident_megabytes,
)

SERVERS = {
    "bare": "bare aiohttp handler: reads the body, answers",
    "lowest": "the same on the library's lowest level, without a router",
    "intake": "intake: verified, durable (synchronous=FULL), then the 2xx",
    "relay": "`relay serve`: the same, while it translates and delivers",
}
_DELIVERIES = 50_000
_WARM_UP = 1
_STEADY = 2000
_STEADY_SECONDS = 3
_DRAINED_WITHIN = 60.0

CONFIG = """
public_url = "https://relay.example.com"
[server]
port = {port}
[store]
path = "{store}"
[log]
level = "warning"
[egress]
allow = ["127.0.0.1/32"]
[destinations.main]
base_url = "http://127.0.0.1:{sink}"
api_key = "dem_bench"
[sources.shop]
connector = "shopify"
secrets = {{ signing_key = "{key}" }}
settings = {{ default_region = "US" }}
[[routes]]
name = "after-purchase"
sources = ["shop"]
sequence = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
cooldown = 0
"""


@dataclass(frozen=True)
class Bench:
    """What every server is measured with. `sink`: the destination's port; `seconds`: the length of a load."""

    sink: int
    deliveries: Path
    warm_up: Path
    seconds: int


@dataclass(frozen=True)
class Round:
    """One server under load once. CPU in microseconds for each request; memory in MB; `ready` in seconds.

    `steady` is a load that leaves it time.
    """

    load: Load
    steady: Load
    cpu: float
    memory: float
    ready: float
    enrolled: float = 0.0
    """Contacts enrolled per second, from the first request until the ledger was empty."""


def command_of(role: str, port: int, config: Path) -> list[str]:
    if role == "relay":
        return [str(Path(sys.executable).with_name("relay")), "serve", "--config", str(config)]
    return [sys.executable, "-m", "tests.bench.server", role, str(port), str(config)]


@contextmanager
def serving(role: str, port: int, config: Path, core: int) -> Iterator[subprocess.Popen[bytes]]:
    """The server, stopped at the end as its operator would."""
    process = subprocess.Popen(pinned(command_of(role, port, config), core))
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def polled(ready: Callable[[], bool], seconds: float, what: str) -> float:
    """The seconds that it took. Raises `TimeoutError` that names what did not happen."""
    started = time.perf_counter()
    while not ready():
        if time.perf_counter() - started > seconds:
            raise TimeoutError(f"{what} within {seconds:.0f} s")
        time.sleep(0.01)  # polling another process
    return time.perf_counter() - started


def answered(port: int) -> bool:
    """Whether a delivery is accepted."""
    # None of the numbers that the load sends: it would be enrolled only once.
    head, _, body = delivery(2 * _DELIVERIES).partition(b"\r\n\r\n")
    request, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", request.split()[1], body, headers)
        return connection.getresponse().status == 200
    except ConnectionError:
        return False
    finally:
        connection.close()


def listens(port: int) -> bool:
    try:
        enrolled_at(port)
    except ConnectionError:
        return False
    return True


def enrolled_at(sink: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", sink, timeout=10)
    connection.request("GET", "/")
    count = int(connection.getresponse().read())
    connection.close()
    return count


def measure(role: str, folder: Path, bench: Bench) -> Round:
    """Start the server on a new ledger, warm it up, put it under load."""
    port, config = free_port(), folder / "config.toml"
    store = folder / "relay.db"
    config.write_text(CONFIG.format(port=port, store=store, sink=bench.sink, key=KEY), "utf-8")
    with serving(role, port, config, SERVER_CORE) as process:
        ready = polled(lambda: answered(port), 30, f"{role} did not answer")
        url = f"http://127.0.0.1:{port}"
        before = enrolled_at(bench.sink)
        warmed = run_load(url, bench.warm_up, _WARM_UP)
        if role == "relay":
            before = _drained(bench.sink, before + warmed.requests)
        used, started = cpu_seconds(process.pid), time.perf_counter()
        load = run_load(url, bench.deliveries, bench.seconds)
        cpu = (cpu_seconds(process.pid) - used) / load.requests * 1e6
        memory = resident_megabytes(process.pid)
        enrolled = 0.0
        if role == "relay":
            enrolled = _drained(bench.sink, before + min(load.requests, _DELIVERIES)) - before
            enrolled /= time.perf_counter() - started
        steady = run_load(url, bench.warm_up, _STEADY_SECONDS, _STEADY)
        if bad := load.bad + warmed.bad + steady.bad:
            sys.stderr.write(f"{role}: {bad} calls failed; its figures are worthless\n")
        return Round(load, steady, cpu, memory, ready, enrolled)


def _drained(sink: int, wanted: int) -> int:
    """How many contacts are enrolled once there are as many as wanted."""
    polled(
        lambda: enrolled_at(sink) >= wanted, _DRAINED_WITHIN, f"fewer than {wanted} contacts were enrolled"
    )
    return enrolled_at(sink)


def run(bench: Bench, rounds: int, folder: Path) -> dict[str, list[Round]]:
    """Every server once in each round, in turn, so that noise strikes them alike."""
    results: dict[str, list[Round]] = {role: [] for role in SERVERS}
    for number in range(rounds):
        for role, done in results.items():
            with tempfile.TemporaryDirectory(dir=folder) as own:
                done.append(measure(role, Path(own), bench))
            sys.stderr.write(f"round {number + 1}, {role}: {done[-1].load.rate:,.0f} requests/s\n")
    return results


def table(results: dict[str, list[Round]]) -> str:
    """The medians as a table in Markdown.

    Beside the ratio of rates stands that of CPU, which others on the same machine disturb less.
    """
    titles = (
        *("server", "requests/s (min-max)", "x bare", "CPU us each", "x bare", "p50 ms", "p99 ms"),
        *(f"at {_STEADY:,}/s: p50", "p99 ms", "MB", "ready, s"),
    )
    rows = [titles, ("---",) * len(titles)]
    bare = results["bare"]
    for role, rounds in results.items():
        rates = [one.load.rate for one in rounds]
        speed = median(rates) / median(one.load.rate for one in bare)
        cpu = median(one.cpu for one in rounds)
        thrift = median(one.cpu for one in bare) / cpu
        times = zip(
            *((one.load.p50, one.load.p99, one.steady.p50, one.steady.p99) for one in rounds), strict=True
        )
        rows.append(
            (
                SERVERS[role],
                f"{median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})",
                *(f"{speed:.2f}", f"{cpu:.0f}", f"{thrift:.2f}"),
                *(f"{median(each):.1f}" for each in times),
                f"{median(one.memory for one in rounds):.0f}",
                f"{median(one.ready for one in rounds):.1f}",
            )
        )
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=int, default=6, help="length of each load")
    options.add_argument(
        "--dir", type=Path, default=Path(), help="folder on the disk that ledgers are written to"
    )
    given = options.parse_args()
    sys.stdout.write(f"{described()}; {CONNECTIONS} keep-alive connections\n\n")
    with tempfile.TemporaryDirectory(dir=given.dir, prefix=".bench-") as name:
        folder, sink = Path(name), free_port()
        deliveries, warm_up = folder / "deliveries", folder / "warm-up"
        size = write_deliveries(deliveries, range(_DELIVERIES))
        write_deliveries(warm_up, range(_DELIVERIES, 2 * _DELIVERIES))
        bench = Bench(sink, deliveries, warm_up, given.seconds)
        with serving("sink", sink, folder, LOAD_CORE):
            polled(lambda: listens(sink), 30, "the destination did not answer")
            results = run(bench, given.rounds, folder)
    enrolled = median(one.enrolled for one in results["relay"])
    sys.stdout.write(
        f"{table(results)}\n\nMedians of {given.rounds} interleaved rounds of {given.seconds} s; bodies of "
        f"{size:,} bytes. `relay serve` enrolled {enrolled:,.0f} contacts/s until the last was enrolled.\n"
    )


if __name__ == "__main__":
    main()
