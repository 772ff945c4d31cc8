"""A backlog of a million enrollments: `python -m tests.bench.backlog`.

Two ledgers, a small and a large backlog. First a hundred are claimed and settled at a time, in turns from the
one and the other; then the relay drains both.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from relay.cli.options import run
from relay.core.breaker import Health
from relay.core.settlement import Settlement
from relay.store import Store, open_store
from relay.store.base import AttemptRecord, ClaimedBatch
from tests.bench.bench import TIMES, Finding, Result, Setting, command, shown, tell
from tests.bench.big import ledger, size
from tests.bench.charts import Bar, Line, bars, lines
from tests.bench.scene import Sink, configured, polled, serving, sink
from tests.bench.wal import counting
from tests.factories import DAY, NOW_MS

COST, MEMORY, SPARE_CALLS, LOG_BYTES = 1.3, 200.0, 100, 600
"""The limits: times the small size's cost; MB; calls beyond one for each hundred; bytes an enrollment."""

SAME_MEMORY = 1.1
"""How much more memory a large backlog may take than a small one, to be called the same."""

SMALL = 10_000
_TIMED, _COUNTED = 40, 20
_PARALLEL = 4
"""Calls at once to a destination, by default."""
_ANSWER = b'{"data":{"sendingsCreated":100}}' * 200


@dataclass
class Cost:
    """Of claiming, in ms: wall and CPU."""

    claims: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    settles: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Drain:
    calls: int
    seconds: float
    cpu: float
    memory: float
    course: list[tuple[float, float]]
    """Seconds since the first call, and MB."""


def measure(setting: Setting) -> Result:
    sizes = (SMALL, 100_000 if setting.quick else 1_000_000)
    ledgers = [ledger(setting, size(number, waiting=number)) for number in sizes]
    costs = run(lambda: _in_turns(ledgers))
    one_lane = ledger(setting, size(sizes[-1], waiting=sizes[-1], lanes=1))
    log = [_log_of_each(one_lane), _log_of_each(ledgers[-1])]
    tell(f"claims {median(costs[0].claims):.1f} and {median(costs[1].claims):.1f} ms")
    taken = [_TIMED, _TIMED + _COUNTED]
    drains = [
        _drained(setting, path, number, number - 100 * calls)
        for path, number, calls in zip(ledgers, sizes, taken, strict=True)
    ]
    findings = _findings(sizes, costs, drains, log, taken[-1])
    return Result("Backlog", findings, _charts(sizes, costs, drains), _notes(sizes, drains))


async def _in_turns(ledgers: Sequence[Path]) -> list[Cost]:
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(open_store(path, exclusive=True)) for path in ledgers]
        costs = [Cost() for _ in stores]
        for _ in range(_TIMED):
            for store, cost in zip(stores, costs, strict=True):
                await _claim_and_settle(store, cost)
        return costs


def _log_of_each(path: Path) -> float:
    """Bytes of the write-ahead log for each enrollment that is claimed and settled."""
    with counting() as written:
        run(lambda: _taken(path, _COUNTED // _PARALLEL))
    return written["log"] / (_COUNTED * 100)


async def _taken(path: Path, times: int) -> None:
    """As many at once as the relay sends: they share their commits as its own do."""
    async with open_store(path, exclusive=True) as store:
        for _ in range(times):
            room = {"main": _PARALLEL, "second": 0}
            claimed = await store.claim_batches(NOW_MS + DAY, NOW_MS + 2 * DAY, 50, room)
            await asyncio.gather(*(settle_delivered(store, batch) for batch in claimed.batches))


async def _claim_and_settle(store: Store, cost: Cost) -> None:
    cpu, started = time.process_time(), time.perf_counter()
    claimed = await store.claim_batches(NOW_MS + DAY, NOW_MS + 2 * DAY, 50, {"main": 1, "second": 0})
    cost.claims.append((time.perf_counter() - started) * 1000)
    cost.cpu.append((time.process_time() - cpu) * 1000)
    (batch,) = claimed.batches
    started = time.perf_counter()
    await settle_delivered(store, batch)
    cost.settles.append((time.perf_counter() - started) * 1000)


async def settle_delivered(store: Store, batch: ClaimedBatch) -> None:
    await store.settle(batch, _attempt(batch), _delivered(batch), NOW_MS + DAY)


def _attempt(batch: ClaimedBatch) -> AttemptRecord:
    return AttemptRecord(
        batch_id=batch.id,
        number=batch.attempt,
        started_at=NOW_MS + DAY,
        took=3,
        status=200,
        certainty=None,
        error=None,
        answer=_ANSWER,
    )


def _delivered(batch: ClaimedBatch) -> Settlement:
    ids = tuple((member.enrollment_id, f"contact-{member.enrollment_id}") for member in batch.members)
    return Settlement(delivered=ids, health=Health(up=True))


def _drained(setting: Setting, path: Path, backlog: int, left: int) -> Drain:
    """The relay on a ledger until everybody is enrolled, with nothing else to do."""
    with sink() as destination:
        config, port = configured(setting.own("drain"), path, destination)
        with serving("relay", config, port) as server:
            use, course, came = server.measured(), [], 0
            while (came := destination.contacts()) < left:
                course.append((use.seconds(), server.resident_megabytes()))
                if use.seconds() > 60 + backlog / 500:
                    raise TimeoutError(f"only {came:,} of {left:,} were drained")
                time.sleep(0.1)  # polling another process
            seconds, cpu = use.seconds(), use.cpu_seconds() / left * 1e6
            polled(lambda: destination.contacts() > left, 30, "the probe was not enrolled")
            drain = Drain(_calls(destination), seconds, cpu, server.peak_megabytes(), course)
    tell(f"backlog of {backlog:,}: {left:,} in {drain.calls:,} calls, {drain.seconds:.0f} s")
    return drain


def _calls(destination: Sink) -> int:
    """Without the one of the delivery that asked whether the relay is up."""
    return len(destination.calls()) - 1


def _findings(
    sizes: Sequence[int], costs: Sequence[Cost], drains: Sequence[Drain], log: Sequence[float], taken: int
) -> list[Finding]:
    small, large = costs
    name = f"backlog of {sizes[-1]:,}"
    ratio = median(large.claims) / median(small.claims)
    memory = [drain.memory for drain in drains]
    return [
        Finding(f"{name}, claim of 100 ÷ that of {sizes[0]:,}", ratio, TIMES, COST),
        Finding(f"{name}, the same in CPU", median(large.cpu) / median(small.cpu), TIMES),
        Finding(f"{name}, claim of 100", median(large.claims), "ms"),
        Finding(f"{name}, settling 100", median(large.settles), "ms"),
        Finding(f"{name}, most memory", memory[-1], "MB", MEMORY),
        Finding(f"{name}, memory ÷ that of {sizes[0]:,}", memory[-1] / memory[0], TIMES, SAME_MEMORY),
        Finding(f"{name}, calls to drain it", drains[-1].calls + taken, "", sizes[-1] // 100 + SPARE_CALLS),
        Finding(f"{name}, log for each settled, one sequence", log[0], "bytes", LOG_BYTES),
        Finding(f"{name}, log for each settled, forty sequences", log[1], "bytes", LOG_BYTES),
        Finding(f"{name}, CPU of each contact", drains[-1].cpu, "µs"),
    ]


def _charts(sizes: Sequence[int], costs: Sequence[Cost], drains: Sequence[Drain]) -> dict[str, str]:
    return {
        "backlog-claim.svg": bars(
            "Claiming a hundred",
            "ms, median",
            [
                Bar(f"of {sizes[0]:,}", median(costs[0].claims)),
                Bar(f"of {sizes[1]:,}", median(costs[1].claims), COST * median(costs[0].claims), 1),
            ],
        ),
        "backlog-memory.svg": lines(
            "Resident memory while a backlog is drained",
            "MB",
            [
                Line(f"{number:,}", [(at / drain.seconds, memory) for at, memory in drain.course])
                for number, drain in zip(sizes, drains, strict=True)
            ],
            [(0, "start"), (0.5, "half"), (1, "drained")],
            MEMORY,
        ),
    }


def _notes(sizes: Sequence[int], drains: Sequence[Drain]) -> str:
    return "\n".join(
        f"{number:,}: drained in {drain.seconds:.1f} s with the start, {shown(drain.memory)} MB at most."
        for number, drain in zip(sizes, drains, strict=True)
    )


if __name__ == "__main__":
    command(measure, __doc__)
