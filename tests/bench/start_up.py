"""How soon a relay takes requests, and what it needs when idle: `python -m tests.bench.start_up`.

From the start of the process to the first 2xx, with an empty ledger and with a large one, in turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.bench import Finding, Result, Setting, command, tell
from tests.bench.big import ledger, size
from tests.bench.charts import Bar, bars
from tests.bench.scene import Sink, configured, serving, sink

EMPTY, LARGE, IDLE = 1.5, 3.0, 110.0
"""The limits: s, s, MB."""

_IDLE_SECONDS = 3.0


@dataclass(frozen=True)
class Start:
    """Seconds to the first 2xx, CPU of them, and MB when nothing has happened for a while."""

    ready: float
    cpu: float
    idle: float
    others: float


def measure(setting: Setting) -> Result:
    rows, rounds = (100_000, 2) if setting.quick else (1_000_000, 2 * setting.rounds + 1)
    large = ledger(setting, size(rows, waiting=0))
    ledgers: dict[str, Callable[[], Path]] = {
        "empty": lambda: setting.own("empty") / "relay.db",
        f"{rows:,} enrollments": lambda: large,
    }
    starts: dict[str, list[Start]] = {name: [] for name in ledgers}
    with sink() as destination:
        for _ in range(rounds):
            for name, path in ledgers.items():
                starts[name].append(_start(setting, path(), destination))
                tell(f"{name}: {starts[name][-1].ready:.2f} s")
    empty, full = starts.values()
    others = median(one.others for one in [*empty, *full])
    ready = median(one.ready for one in empty), median(one.ready for one in full)
    idle = median(one.idle for one in empty), median(one.idle for one in full)
    findings = [
        Finding("start to first 2xx, empty ledger", ready[0], "s", EMPTY, others=others),
        Finding(f"start to first 2xx, {rows:,} enrollments", ready[1], "s", LARGE, others=others),
        Finding("start to first 2xx, CPU of it, empty ledger", median(one.cpu for one in empty), "s"),
        Finding(f"start to first 2xx, CPU of it, {rows:,} enrollments", median(one.cpu for one in full), "s"),
        Finding("idle memory, empty ledger", idle[0], "MB", IDLE),
        Finding(f"idle memory, {rows:,} enrollments", idle[1], "MB", IDLE),
    ]
    chart = bars(
        "From the start of the process to the first 2xx",
        "seconds",
        [Bar("empty ledger", ready[0], EMPTY), Bar(f"{rows:,}", ready[1], LARGE, 1)],
    )
    return Result("Start-up", findings, {"start-up.svg": chart}, f"Medians of {rounds} starts of each kind.")


def _start(setting: Setting, path: Path, destination: Sink) -> Start:
    config, port = configured(setting.own("start"), path, destination)
    with serving("relay", config, port) as server:
        use, cpu = server.measured(), server.cpu_seconds()
        time.sleep(_IDLE_SECONDS)  # nothing is polled: what a process does of its own accord is waited for
        return Start(server.ready, cpu, server.resident_megabytes(), use.others())


if __name__ == "__main__":
    command(measure, __doc__)
