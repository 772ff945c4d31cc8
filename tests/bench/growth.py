"""What each step costs as the ledger grows: `python -m tests.bench.growth`.

Ledgers of several sizes, whose rows are all settled, through the store's own methods, in turns: a hundred
requests are taken in, claimed and saved with their enrollments, which are claimed to be sent, and settled.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from statistics import median
from typing import TypeVar

from relay.cli.options import run
from relay.store import Store, open_store
from tests.bench.backlog import settle_delivered
from tests.bench.bench import TIMES, Finding, Result, Setting, command
from tests.bench.big import ledger, size
from tests.bench.charts import Line, lines
from tests.factories import DAY, NOW_MS, incoming, read_event, translation

COST = 1.3
"""The limit: times the cost in the smallest ledger."""

STEPS = ("intake", "claim requests", "save", "claim enrollments", "settle")
_GROUP, _EACH = 100, 40
_LATER = NOW_MS + DAY

T = TypeVar("T")
Costs = dict[str, list[float]]


def measure(setting: Setting) -> Result:
    sizes = (1_000, 10_000, 100_000) if setting.quick else (1_000, 10_000, 100_000, 1_000_000)
    ledgers = [ledger(setting, size(number, waiting=0)) for number in sizes]
    found = run(lambda: _in_turns(ledgers))
    costs = {step: [median(each[step]) for each in found] for step in STEPS}
    total = [sum(each) for each in zip(*costs.values(), strict=True)]
    name = f"{sizes[-1]:,} rows ÷ {sizes[0]:,}"
    findings = [Finding(f"growth, {name}, all steps", total[-1] / total[0], TIMES, COST)]
    findings += [
        Finding(f"growth, {name}, {step}", cost[-1] / cost[0], TIMES) for step, cost in costs.items()
    ]
    chart = lines(
        "CPU of each step for a hundred, as the ledger grows",
        "ms",
        [Line(step, [(place, one) for place, one in enumerate(cost)]) for step, cost in costs.items()],
        [(place, f"{number:,}") for place, number in enumerate(sizes)],
    )
    return Result("Growth", findings, {"growth.svg": chart}, f"Medians of {_EACH} turns, CPU of all threads.")


async def _in_turns(ledgers: Sequence[Path]) -> list[Costs]:
    numbers = count()
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(open_store(path, exclusive=True)) for path in ledgers]
        costs: list[Costs] = [defaultdict(list) for _ in stores]
        for store in stores:
            await _turn(store, defaultdict(list), numbers)  # what was left waiting, and cold caches
        for _ in range(_EACH):
            for store, cost in zip(stores, costs, strict=True):
                await _turn(store, cost, numbers)
        return costs


async def _turn(store: Store, cost: Costs, numbers: count[int]) -> None:
    requests = (store.add_request(incoming(received_at=NOW_MS)) for _ in range(_GROUP))
    await _timed(cost["intake"], asyncio.gather(*requests))
    claimed = await _timed(cost["claim requests"], store.claim_requests(_LATER, _LATER + DAY, _GROUP))
    people = [f"new{next(numbers)}@example.com" for _ in claimed]
    records = [translation(one, read_event(who, key=who)) for one, who in zip(claimed, people, strict=True)]
    await _timed(cost["save"], store.save_translations(records, _LATER))
    room = {"main": 1, "second": 0}
    sent = await _timed(cost["claim enrollments"], store.claim_batches(_LATER + 1000, _LATER + DAY, 50, room))
    (batch,) = sent.batches
    await _timed(cost["settle"], settle_delivered(store, batch))


async def _timed(costs: list[float], work: Awaitable[T]) -> T:
    """Milliseconds of CPU, which waiting for a disk that others use does not change."""
    before = time.process_time()
    result = await work
    costs.append((time.process_time() - before) * 1000)
    return result


if __name__ == "__main__":
    command(measure, __doc__)
