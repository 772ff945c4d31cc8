"""What a delivery waits for, and how full calls are: `python -m tests.bench.delivery`.

Idle: single webhooks, one after the other; from the sender's 2xx until the call reaches the destination.
Backlog: webhooks that were accepted while nothing was delivered; calls until everybody is enrolled.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from tests.bench.deliveries import KEY, delivery, read_deliveries, write_deliveries
from tests.bench.intake import CONFIG, answered, enrolled_at, listens, polled, serving
from tests.bench.load import send_all
from tests.bench.machine import LOAD_CORE, SERVER_CORE, described, free_port


def _send(port: int, number: int) -> float:
    """Send one webhook; when its 2xx came (Unix seconds)."""
    head, _, body = delivery(number).partition(b"\r\n\r\n")
    request, *lines = head.decode().split("\r\n")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", request.split()[1], body, dict(line.split(": ", 1) for line in lines))
    answer = connection.getresponse()
    came = time.time()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"answered {answer.status}")
    return came


def _calls(sink: int) -> list[tuple[float, int]]:
    connection = http.client.HTTPConnection("127.0.0.1", sink, timeout=10)
    connection.request("GET", "/calls")
    calls: list[tuple[float, int]] = json.loads(connection.getresponse().read())
    connection.close()
    return calls


def _has_more(sink: int, calls: int) -> bool:
    return len(_calls(sink)) > calls


def idle(port: int, sink: int, count: int) -> list[float]:
    """Milliseconds from each 2xx until its contact reached the destination."""
    waits = []
    for number in range(count):
        before = len(_calls(sink))
        answered_at = _send(port, number)
        polled(partial(_has_more, sink, before), 10, "the contact did not arrive")
        waits.append((_calls(sink)[before][0] - answered_at) * 1000)
    return waits


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--single", type=int, default=100, help="webhooks sent to an idle relay")
    options.add_argument("--backlog", type=int, default=10_000, help="webhooks that wait for the start")
    given = options.parse_args()
    sys.stdout.write(f"{described()}\n\n")
    with tempfile.TemporaryDirectory(dir=Path(), prefix=".bench-") as name:
        folder, sink, port = Path(name), free_port(), free_port()
        config = folder / "config.toml"
        config.write_text(CONFIG.format(port=port, store=folder / "relay.db", sink=sink, key=KEY), "utf-8")
        first = given.single
        write_deliveries(folder / "backlog", range(first, first + given.backlog))
        with serving("sink", sink, folder, LOAD_CORE):
            polled(lambda: listens(sink), 30, "the destination did not answer")
            with serving("relay", port, config, SERVER_CORE):
                polled(lambda: answered(port), 30, "the relay did not answer")
                waits = idle(port, sink, given.single)
            with serving("intake", port, config, SERVER_CORE):
                polled(lambda: answered(port), 30, "intake did not answer")
                send_all(port, read_deliveries(folder / "backlog"))
            enrolled, calls = enrolled_at(sink), len(_calls(sink))
            with serving("relay", port, config, SERVER_CORE):
                started = time.perf_counter()
                polled(
                    lambda: enrolled_at(sink) >= enrolled + given.backlog, 120, "the backlog was not drained"
                )
                seconds = time.perf_counter() - started
            made = len(_calls(sink)) - calls
    sys.stdout.write(
        f"idle: {given.single} single contacts, from the 2xx to the call: p50 {median(waits):.0f} ms, "
        f"p99 {quantiles(waits, n=100)[98]:.0f} ms, most {max(waits):.0f} ms\n"
        f"backlog: {given.backlog:,} contacts of one sequence in {made} calls, "
        f"{seconds:.1f} s with the start\n"
    )


if __name__ == "__main__":
    main()
