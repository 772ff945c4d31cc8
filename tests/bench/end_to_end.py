"""From a signed webhook to a contact that the destination has, settled: `python -m tests.bench.end_to_end`.

Load for a minute, as much as is answered; then until the ledger says that nothing waits. Contacts per second
are those of the whole time, so that what was only taken in does not count.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from relay.cli.options import run
from relay.store import Place, open_store
from tests.bench.bench import TIMES, Finding, Result, Setting, command, tell
from tests.bench.charts import Bar, Line, bars, lines
from tests.bench.deliveries import write_signatures
from tests.bench.load import CONNECTIONS, SHARES, Load, Loading, run_load, tool
from tests.bench.scene import Sink, configured, polled, serving, sink

RATE, CPU = 0.25, 300.0
"""The limits: times the bare handler's rate, µs for each contact."""

TWO = {
    "sqlite": ("relay in two", "intake and work in two processes", 1.3),
    "postgres": ("two relays", "two processes", 1.1),
}
"""How each engine is shared by two, and the limit: times the rate of one process."""

N8N = 32.0
"""Contacts per second that n8n, tuned, enrolled on a machine of this kind, durably or not."""

_MOST = 12_000
"""Requests per second for which there are deliveries: each is of another person."""
_DRAINED_WITHIN = 600.0


@dataclass(frozen=True)
class Run:
    """`contacts` settled within `seconds`, of which the load took `load.seconds`; CPU in µs for each contact,
    that of a database server apart.

    `course`: contacts so far and memory in MB, by seconds since the start.
    """

    load: Load
    contacts: int
    seconds: float
    cpu: float
    database: float
    memory: float
    others: float
    course: list[tuple[float, int, float]]

    @property
    def rate(self) -> float:
        return self.contacts / self.seconds


def measure(setting: Setting) -> Result:
    seconds, bare_seconds = (8, 2) if setting.quick else (60, 8)
    folder = setting.own("end-to-end")
    signatures = folder / "signatures"
    write_signatures(signatures, range((seconds + 1) * _MOST))
    runs: dict[str, Run] = {}
    bare: list[Load] = []
    with sink() as destination:
        for role in ("relay", TWO[setting.store][0]):
            bare.append(_bare(setting, signatures, bare_seconds, destination))
            runs[role] = _through(role, setting, signatures, seconds, destination)
            tell(f"{role}: {runs[role].rate:,.0f} contacts/s, bare {bare[-1].rate:,.0f} requests/s")
        bare.append(_bare(setting, signatures, bare_seconds, destination))
    rate = median(one.rate for one in bare)
    return Result(
        "End to end", _findings(setting, runs, rate), _charts(runs, rate), _notes(runs, bare, seconds)
    )


def _bare(setting: Setting, signatures: Path, seconds: int, destination: Sink) -> Load:
    folder = setting.own("bare")
    config, port = configured(folder, folder / "relay.db", destination)
    with serving("bare", config, port) as server:
        run_load(server.url, signatures, 1)
        return run_load(server.url, signatures, seconds)


def _through(role: str, setting: Setting, signatures: Path, seconds: int, destination: Sink) -> Run:
    """The relay on a new ledger, until everything that it accepted is settled."""
    folder = setting.own("relay")
    ledger = setting.ledger(folder)
    config, port = configured(folder, ledger, destination)
    with serving(role, config, port) as server:
        first = destination.contacts() + 1  # the one that asked whether it is up
        polled(lambda: destination.contacts() >= first, 10, "the first contact did not arrive")
        use, database = server.measured(), setting.database.cpu_seconds()
        loading, course = Loading(server.url, signatures, seconds), []
        while not loading.is_over:
            course.append((use.seconds(), destination.contacts() - first, server.resident_megabytes()))
            time.sleep(0.25)  # polling another process
        load = loading.end()
        if load.bad or load.requests > seconds * _MOST:
            raise RuntimeError(f"{role}: {load.bad} of {load.requests} calls failed, or deliveries ran out")
        wanted = first + load.requests
        polled(lambda: destination.contacts() >= wanted, _DRAINED_WITHIN, "the backlog was not drained")
        polled(lambda: _settled(ledger), 30, "the ledger was not settled")
        contacts, took = destination.contacts() - first, use.seconds()
        course.append((took, contacts, server.resident_megabytes()))
        cpu = use.cpu_seconds() / contacts * 1e6
        beside = (setting.database.cpu_seconds() - database) / contacts * 1e6
        return Run(load, contacts, took, cpu, beside, server.peak_megabytes(), use.others(), course)


def _settled(ledger: Place) -> bool:
    """Whether the books balance and nothing is left to do."""

    async def read() -> bool:
        async with open_store(ledger) as store:
            found = await store.ledger()
        if faults := found.faults():
            raise RuntimeError("; ".join(faults))
        return not found.requests.get("waiting") and found.enrollments.keys() == {"delivered"}

    return run(read)


def _findings(setting: Setting, runs: dict[str, Run], bare: float) -> list[Finding]:
    relay = runs["relay"]
    wanted, most = (RATE, CPU) if setting.store == "sqlite" else (None, None)
    others = relay.others
    found = [
        Finding(
            "end to end, contacts/s ÷ bare requests/s",
            relay.rate / bare,
            TIMES,
            wanted,
            floor=True,
            others=others,
        ),
        Finding("end to end, CPU of each contact", relay.cpu, "µs", most),
        Finding("end to end, contacts/s", relay.rate, "/s", others=others),
        Finding("end to end, contacts/s ÷ n8n's 32", relay.rate / N8N, TIMES, 100, floor=True, others=others),
        Finding("end to end, p99 of the 2xx under full load", relay.load.p99, "ms", others=others),
        Finding("end to end, most memory", relay.memory, "MB"),
    ]
    role, what, least = TWO[setting.store]
    two = runs[role]
    found += [
        Finding(f"{what} ÷ one", two.rate / relay.rate, TIMES, least, floor=True, others=others),
        Finding("two processes, CPU of each contact", two.cpu, "µs"),
    ]
    if setting.store == "postgres":
        found += [
            Finding("database, CPU of each contact beside one process", relay.database, "µs"),
            Finding("database, CPU of each contact beside two processes", two.database, "µs"),
        ]
    return found


def _charts(runs: dict[str, Run], bare: float) -> dict[str, str]:
    relay = runs["relay"]
    end = max(run.seconds for run in runs.values())
    across = [(end * part / 4, f"{end * part / 4:.0f} s") for part in range(5)]
    return {
        "end-to-end-rate.svg": bars(
            "Contacts per second, from webhook to settled",
            f"limit: {RATE} times bare",
            [
                Bar("bare handler, requests/s", bare),
                *(Bar(n, r.rate, RATE * bare, 1) for n, r in runs.items()),
            ],
        ),
        "end-to-end-course.svg": lines(
            "Contacts that the destination has, over time",
            f"load for {relay.load.seconds:.0f} s",
            [Line(name, [(at, float(count)) for at, count, _ in run.course]) for name, run in runs.items()],
            across,
        ),
        "end-to-end-memory.svg": lines(
            "Resident memory, over time",
            "MB",
            [Line(name, [(at, memory) for at, _, memory in run.course]) for name, run in runs.items()],
            across,
        ),
        "end-to-end-latency.svg": lines(
            "How long senders wait while everything is delivered",
            "ms",
            [Line(n, [(p, r.load.took[s]) for p, s in enumerate(SHARES[1:])]) for n, r in runs.items()],
            [(place, f"{share} %") for place, share in enumerate(SHARES[1:])],
        ),
    }


def _notes(runs: dict[str, Run], bare: list[Load], seconds: int) -> str:
    said = [
        f"{name}: {run.load.requests:,} requests accepted in {run.load.seconds:.0f} s, {run.contacts:,} "
        f"contacts settled after {run.seconds:.0f} s; p50 of the 2xx {run.load.p50:.1f} ms."
        for name, run in runs.items()
    ]
    rates = ", ".join(f"{one.rate:,.0f}" for one in bare)
    said.append(f"Bare before, between and after: {rates} requests/s. {CONNECTIONS} connections by {tool()}.")
    return "\n".join(said)


if __name__ == "__main__":
    command(measure, __doc__)
