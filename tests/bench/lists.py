"""What an operator waits for on a large ledger while intake runs: `python -m tests.bench.lists`.

A ledger of a million enrollments and a hundred thousand dead letters. Every list, its first, middle and last
page and each filter, in turn and over and over, so that none has the cache to itself; beside it requests are
accepted, read and enrolled at a steady pace through the same store.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from relay.cli.options import run
from relay.core.letters import LetterFilter
from relay.store import Store, open_store
from relay.store.rows import EnrollmentFilter, LetterPlace, RequestFilter
from tests.bench.bench import Finding, Result, Setting, command
from tests.bench.big import STATES, Size, ledger, sequence, size
from tests.factories import DAY, NOW_MS, incoming, read_event, translation

MEDIAN, P99 = 100, 300
"""The limits, in ms."""

INTAKE = 200
"""Requests per second that arrive meanwhile."""

_PAGE = 50
_TICK = 0.02
"""Seconds between two groups of requests that are accepted."""

Look = Callable[[], Awaitable[object]]
Looks = dict[str, Look]


@dataclass(frozen=True)
class Waits:
    """Of one list, in ms."""

    name: str
    median: float
    p99: float
    longest: float


def letters(store: Store, on: Size) -> Looks:
    """Pages of dead letters."""
    page = partial(store.dead_letters, _PAGE)
    middle = on.start + 45 * DAY
    filters = {
        "a large source": LetterFilter(sources=("source-0",)),
        "a source with none": LetterFilter(sources=("nobody",)),
        "thirty sources": LetterFilter(sources=tuple(f"source-{number}" for number in range(30))),
        "a cause": LetterFilter(causes=("refused",)),
        "every cause": LetterFilter(causes=("unreadable", "refused", "unknown", "unconfirmed", "gave_up")),
        "a code": LetterFilter(codes=("CODE_7",)),
        "a code of none": LetterFilter(codes=("NONE",)),
        "a sequence": LetterFilter(sequences=(sequence(5),)),
        "a route": LetterFilter(routes=("route-3",)),
        "a symptom": LetterFilter(symptom="# X: contacts.#.field-7: Invalid value"),
        "a source and a cause that never meet": LetterFilter(sources=("source-0",), causes=("held",)),
        "a person": LetterFilter(person="guest7777@example.com"),
        "a person who is not there": LetterFilter(person="nobody@example.org"),
        "words": LetterFilter(text="field-7:"),
        "words that are nowhere": LetterFilter(text="zebra"),
        "a day": LetterFilter(since=middle, until=middle + DAY),
    }
    return {
        "letters, first page": page,
        "letters, middle": partial(page, after=LetterPlace(middle, "dead", 0)),
        "letters, last page": partial(page, after=LetterPlace(on.start + 200 * on.pace, "dead", 0)),
        **{f"letters of {name}": partial(page, wanted) for name, wanted in filters.items()},
    }


def groups(store: Store, on: Size) -> Looks:
    """Groups of dead letters."""
    filters = {
        "all letters": LetterFilter(),
        "a large source": LetterFilter(sources=("source-0",)),
        "a code": LetterFilter(codes=("CODE_7",)),
        "a route": LetterFilter(routes=("route-3",)),
        "a day": LetterFilter(since=on.start + 45 * DAY, until=on.start + 46 * DAY),
        "words": LetterFilter(text="field-7:"),
        "words that are nowhere": LetterFilter(text="zebra"),
    }
    return {
        f"groups of {name}": partial(store.letter_groups, wanted, _PAGE) for name, wanted in filters.items()
    }


def requests(store: Store, on: Size) -> Looks:
    """Pages of requests."""
    page = partial(store.requests_page, _PAGE)
    middle = on.start + 45 * DAY
    rare = RequestFilter(sources=("source-rare",))
    return {
        "requests, first page": page,
        "requests, middle": partial(page, before=on.requests // 2),
        "requests, last page": partial(page, before=_PAGE),
        "requests of a large source": partial(page, RequestFilter(sources=("source-0",))),
        "requests of a rare source": partial(page, rare),
        "requests of a rare source, middle": partial(page, rare, on.requests // 2),
        "requests that wait": partial(page, RequestFilter(states=("waiting",))),
        "requests that wait, middle": partial(page, RequestFilter(states=("waiting",)), on.requests // 2),
        "requests of a day": partial(page, RequestFilter(since=middle, until=middle + DAY)),
    }


def enrollments(store: Store, on: Size) -> Looks:
    """Pages of enrollments."""
    page = partial(store.enrollments_page, _PAGE)
    middle = on.start + 45 * DAY
    filters = {
        **{state: EnrollmentFilter(states=(state,)) for state in STATES},
        "dead or merged": EnrollmentFilter(states=("dead", "merged")),
        "a large source": EnrollmentFilter(sources=("source-0",)),
        "a rare source": EnrollmentFilter(sources=("source-rare",)),
        "a route": EnrollmentFilter(routes=("route-3",)),
        "a rare route": EnrollmentFilter(routes=("route-rare",)),
        "a sequence": EnrollmentFilter(sequences=(sequence(5),)),
        "an address": EnrollmentFilter(email="guest7777@example.com"),
        "a day": EnrollmentFilter(since=middle, until=middle + DAY),
        "delivered and a rare source": EnrollmentFilter(states=("delivered",), sources=("source-rare",)),
    }
    nowhere = EnrollmentFilter(routes=("none",))
    return {
        "enrollments, first page": page,
        "enrollments, middle": partial(page, before=on.enrollments // 2),
        "enrollments, last page": partial(page, before=_PAGE),
        **{f"enrollments: {name}": partial(page, wanted) for name, wanted in filters.items()},
        "enrollments: a route of none, middle": partial(page, nowhere, on.enrollments // 2),
    }


def stories(store: Store, on: Size) -> Looks:
    """One thing with all that became of it."""
    return {
        "a request": partial(store.request_story, on.requests // 2),
        "an enrollment": partial(store.enrollment_story, on.enrollments // 2),
        "a person by address": partial(store.person, "guest7777@example.com", 200, NOW_MS),
        "a person by phone number": partial(store.person, "+12020007777", 200, NOW_MS),
        "the tail": partial(store.tail, on.requests // 2, 100),
    }


async def _arrive(store: Store, each: int, stopped: asyncio.Event) -> None:
    """Accept this many requests at every tick, and enrol somebody for each of them."""
    number, now = 0, NOW_MS
    while not stopped.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _TICK)
        now += round(_TICK * 1000)
        await asyncio.gather(*(store.add_request(incoming(received_at=now)) for _ in range(each)))
        records = []
        for claimed in await store.claim_requests(now, now + DAY, each):
            number += 1
            event = read_event(f"new{number}@example.com", key=f"new-{number}")
            records.append(translation(claimed, event))
        await store.save_translations(records, now)


@contextlib.asynccontextmanager
async def traffic(store: Store, per_second: int) -> AsyncIterator[None]:
    """Requests that arrive while something else is done."""
    stopped = asyncio.Event()
    arriving = asyncio.create_task(_arrive(store, max(1, round(per_second * _TICK)), stopped))
    try:
        yield
    finally:
        stopped.set()
        await arriving


@contextlib.contextmanager
def standstill() -> Iterator[list[float]]:
    """The longest that a thread which does nothing was kept from it, in ms: so much is the machine's."""
    longest, stopped = [0.0], threading.Event()

    def wait() -> None:
        last = time.perf_counter()
        while not stopped.wait(0.01):
            now = time.perf_counter()
            longest[0], last = max(longest[0], (now - last) * 1000 - 10), now

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    try:
        yield longest
    finally:
        stopped.set()
        thread.join()


async def _wait_for(looks: Looks, rounds: int) -> list[Waits]:
    took: dict[str, list[float]] = {name: [] for name in looks}
    for _ in range(rounds):
        for name, look in looks.items():
            before = time.perf_counter()
            await look()
            took[name].append((time.perf_counter() - before) * 1000)
    return [
        Waits(name, median(each), quantiles(each, n=100, method="inclusive")[98], max(each))
        for name, each in took.items()
    ]


def waits(found: list[Waits]) -> str:
    lines = [
        f"| list | median ms (at most {MEDIAN}) | p99 ms (at most {P99}) | longest ms |",
        "|---|---|---|---|",
    ]
    for one in found:
        over = " **over**" if one.median > MEDIAN or one.p99 > P99 else ""
        lines.append(f"| {one.name} | {one.median:.1f} | {one.p99:.1f}{over} | {one.longest:.1f} |")
    return "\n".join(lines)


async def look(path: Path, on: Size, rounds: int, per_second: int) -> list[Waits]:
    async with open_store(path, exclusive=True) as store:
        looks: Looks = {}
        for kind in (letters, groups, requests, enrollments, stories):
            looks |= kind(store, on)
        async with traffic(store, per_second):
            return await _wait_for(looks, rounds)


def measure(setting: Setting) -> Result:
    on, rounds = (size(100_000), 5) if setting.quick else (size(1_000_000), 50)
    path = ledger(setting, on)
    with standstill() as longest:
        found = run(lambda: look(path, on, rounds, INTAKE))
    slowest, latest = max(found, key=lambda one: one.median), max(found, key=lambda one: one.p99)
    findings = [
        Finding(f"lists, median of the slowest ({slowest.name})", slowest.median, "ms", MEDIAN),
        Finding(f"lists, p99 of the latest ({latest.name})", latest.p99, "ms", P99),
    ]
    said = (
        f"{rounds} rounds on {on.enrollments:,} enrollments, {on.requests:,} requests and about "
        f"{on.enrollments // 10:,} dead letters, while {INTAKE} requests/s arrived. A thread that does "
        f"nothing stood still for {longest[0]:.0f} ms at the longest."
    )
    return Result("Lists", findings, notes=f"{waits(found)}\n\n{said}")


if __name__ == "__main__":
    command(measure, __doc__)
