"""What durable intake costs beside a bare handler: `python -m tests.bench.intake --help`.

Server on one core, load on another, interleaved rounds; every figure is a median over the rounds, and every
ratio is taken within a round.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.bench import TIMES, Finding, Result, Setting, command, tell
from tests.bench.charts import Bar, Line, bars, lines
from tests.bench.deliveries import body_size, write_signatures
from tests.bench.load import CONNECTIONS, SHARES, Load, run_load, tool
from tests.bench.scene import Sink, configured, serving, sink

SERVERS = {
    "bare": "bare aiohttp handler: reads the body, answers",
    "lowest": "the same on the library's lowest level, without a router",
    "intake": "intake: verified, durable, then the 2xx",
}
RATE = {"sqlite": 0.75, "postgres": 0.85}
P99, STEADY_P99 = 2.5, 5.0
"""The limits: times bare, times bare, and ms at the steady rate."""

STEADY = 2000
_MOST = 40_000
"""Requests per second for which there are deliveries; beyond them they come again."""


@dataclass(frozen=True)
class Round:
    """One server under load once; CPU in microseconds for each request, memory in MB.

    `others`: the share of its core that others had.
    """

    load: Load
    steady: Load
    cpu: float
    memory: float
    others: float


def measure(setting: Setting) -> Result:
    seconds, rounds = (2, 1) if setting.quick else (6, setting.rounds)
    found: dict[str, list[Round]] = {name: [] for name in SERVERS}
    folder = setting.own("intake")
    signatures = folder / "signatures"
    write_signatures(signatures, range(seconds * _MOST))
    with sink() as destination:
        for number in range(rounds):
            for name, done in found.items():
                done.append(_round(name, setting, signatures, seconds, destination))
                tell(f"round {number + 1}, {name}: {done[-1].load.rate:,.0f} requests/s")
    return Result(
        "Intake", _findings(setting, found), _charts(found, setting.store), _notes(found, rounds, seconds)
    )


def _round(role: str, setting: Setting, signatures: Path, seconds: int, destination: Sink) -> Round:
    """The server on a new ledger: warmed up, then under load, then with time left."""
    folder = setting.own(role)
    config, port = configured(folder, setting.ledger(folder), destination)
    with serving(role, config, port) as server:
        warmed = run_load(server.url, signatures, 1)
        use = server.measured()
        load = run_load(server.url, signatures, seconds)
        cpu, others = use.cpu_seconds() / load.requests * 1e6, use.others()
        memory = server.resident_megabytes()
        steady = run_load(server.url, signatures, seconds, STEADY)
        if bad := load.bad + warmed.bad + steady.bad:
            raise RuntimeError(f"{role}: {bad} calls failed")
        return Round(load, steady, cpu, memory, others)


def _findings(setting: Setting, found: dict[str, list[Round]]) -> list[Finding]:
    pairs = list(zip(found["intake"], found["bare"], strict=True))
    rate = median(a.load.rate / b.load.rate for a, b in pairs)
    p99 = median(a.load.p99 / b.load.p99 for a, b in pairs)
    steady = median(a.steady.p99 for a, _ in pairs)
    others = median(max(a.others, b.others) for a, b in pairs)
    return [
        Finding("intake, requests/s ÷ bare", rate, TIMES, RATE[setting.store], floor=True, others=others),
        Finding("intake, p99 at saturation ÷ bare", p99, TIMES, P99, others=others),
        Finding(f"intake, p99 at a steady {STEADY:,}/s", steady, "ms", STEADY_P99, others=others),
        Finding("bare ÷ intake, CPU of each request", median(b.cpu / a.cpu for a, b in pairs), TIMES),
        Finding("intake, CPU of each request", median(a.cpu for a, _ in pairs), "µs"),
        Finding("intake, memory after the load", median(a.memory for a, _ in pairs), "MB"),
    ]


def _charts(found: dict[str, list[Round]], store: str) -> dict[str, str]:
    rates = {name: median(one.load.rate for one in done) for name, done in found.items()}
    limits = {"intake": RATE[store] * rates["bare"]}
    across = [(place, f"{share} %") for place, share in enumerate(SHARES[1:])]
    return {
        "intake-rate.svg": bars(
            "Requests per second, one process on one core",
            f"{CONNECTIONS} connections",
            [Bar(name, rate, limits.get(name), int(name == "intake")) for name, rate in rates.items()],
        ),
        "intake-latency.svg": lines(
            "How long senders wait, all connections busy",
            "ms",
            [_latency(name, [one.load for one in found[name]]) for name in ("bare", "intake")],
            across,
        ),
        "intake-steady.svg": lines(
            f"How long senders wait at a steady {STEADY:,} requests/s",
            "ms",
            [_latency(name, [one.steady for one in found[name]]) for name in ("bare", "intake")],
            across,
        ),
    }


def _latency(name: str, loads: list[Load]) -> Line:
    return Line(
        name,
        [(place, median(load.took[share] for load in loads)) for place, share in enumerate(SHARES[1:])],
    )


def _notes(found: dict[str, list[Round]], rounds: int, seconds: int) -> str:
    """The medians of every server."""
    rows = [
        "| server | requests/s (min-max) | CPU µs each | p50 ms | p99 ms | steady p50 | steady p99 | MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, done in found.items():
        rates = [one.load.rate for one in done]
        times = zip(
            *((one.load.p50, one.load.p99, one.steady.p50, one.steady.p99) for one in done), strict=True
        )
        figures = [
            f"{median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})",
            f"{median(one.cpu for one in done):.0f}",
            *(f"{median(each):.1f}" for each in times),
            f"{median(one.memory for one in done):.0f}",
        ]
        rows.append(f"| {SERVERS[name]} | {' | '.join(figures)} |")
    said = (
        f"{rounds} interleaved rounds of {seconds} s; {CONNECTIONS} keep-alive connections by {tool()}; "
        f"bodies of {body_size():,} bytes."
    )
    return "\n".join(rows) + f"\n\n{said}"


if __name__ == "__main__":
    command(measure, __doc__)
