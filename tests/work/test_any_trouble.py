"""Any trouble in any order: what is promised holds, and once it is over everything comes to its end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.clock import milliseconds
from relay.sandbox import Running, running
from relay.sandbox.faults import FAULTS
from relay.sandbox.first import AFTER_VISIT, DOWNTOWN, SPLIT, VARIANT
from tests.factories import FakeClock
from tests.work.behaviours import worlds
from tests.work.behaviours.checks import check_all, check_books
from tests.work.behaviours.play import quick_folder, quiet, repair
from tests.work.behaviours.row import WORLDS, World
from tests.work.behaviours.seen import Seen
from tests.work.behaviours.traffic import SEQUENCES, configuration, guest, purchases
from tests.work.house import Builder, House

Step: TypeAlias = tuple[str, Any]

WEEK = 7 * 86_400
HARMLESS_TO_RETRY = ("refused", "gave_up")
"""Causes that say that nobody was enrolled; whoever retries others decides anew whether it may be twice."""

changes = st.sampled_from(
    [
        worlds.access_off,
        worlds.key_revoked,
        worlds.key_expired,
        worlds.employee_left,
        worlds.location(DOWNTOWN),
        worlds.unknown_location(DOWNTOWN),
        worlds.sequence(AFTER_VISIT, "paused"),
        worlds.sequence(AFTER_VISIT, steps=False),
        worlds.sequence(SPLIT, "archived"),
        worlds.sequence(VARIANT, "draft"),
        worlds.unsubscribed(guest("shop", 0), guest("web", 1), guest("kiosk", 3)),
        worlds.used_up("minute", left=1),
        worlds.used_up("hour", left=2),
        repair,
    ]
)
refusals = st.sampled_from([400, 401, 403, 404, 409, 422])
switches = st.fixed_dictionaries(
    {},
    optional={
        "results_order": st.sampled_from(["sent", "reversed", "shuffled"]),
        "result_email": st.sampled_from(["sent", "stored"]),
        "email_match": st.sampled_from(["exact", "fold"]),
        "skipped": st.sampled_from(["absent", "listed"]),
        "poison": st.sets(st.sampled_from([guest("shop", 1), guest("shop", 4), guest("kiosk", 0)])),
        "first_name_required": st.booleans(),
        "results_missing": st.integers(0, 2),
        "blocked_upserts": st.booleans(),
        "inactive_status": refusals,
        "no_steps_status": refusals,
        "no_contacts_status": refusals,
        "api_access_status": refusals,
        "variant_status": refusals,
        "retry_after": st.sampled_from(["seconds", "http-date", "shorter", "none"]),
        "rate_window": st.sampled_from(["fixed", "sliding"]),
        "rate_headers": st.sampled_from(["hour", "minute", "tighter", "none"]),
        "fault_retry_after": st.sampled_from([0, 1, 600]),
    },
)
steps = st.one_of(
    st.tuples(st.just("buy"), st.tuples(st.sampled_from(sorted(SEQUENCES)), st.integers(1, 6))),
    st.tuples(st.just("strike"), st.sampled_from(sorted(FAULTS - {"slow-after"}))),
    st.tuples(st.just("strike"), st.sampled_from(sorted(FAULTS - {"slow-after"}))),
    st.tuples(st.just("deliver"), st.sampled_from([0, 1, 5, 20, 60, 3600])),
    st.tuples(st.just("deliver"), st.sampled_from([0, 1, 5, 20, 60, 3600])),
    st.tuples(st.just("change"), changes),
    st.tuples(st.just("switch"), switches),
    st.tuples(st.just("outage"), st.sampled_from(["503", "close"])),
    st.tuples(st.just("tend"), st.sampled_from(["look", "resume", "retry"])),
    st.tuples(st.just("restart"), st.just(None)),
)


class Tale:
    """One relay, one sandbox, and what happens to them."""

    def __init__(self, world: World, folder: Path, sandbox: Running, clock: FakeClock) -> None:
        self._world = world
        self._sandbox = sandbox
        self._clock = clock
        self._path = folder / "relay.db"
        self._build = Builder(folder, clock, sandbox.url)
        self._visits: list[tuple[str, range]] = []
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        await self._stack.aclose()
        choice = {"destinations.main.on_unknown_outcome": self._world.on_unknown_outcome}
        self._house: House = await self._stack.enter_async_context(self._build(configuration() | choice))

    async def tell(self, story: Sequence[Step]) -> None:
        await self.open()
        try:
            for what, how in story:
                await self._step(what, how)
                await self._check()
            await self._end()
        finally:
            await self._stack.aclose()

    async def _step(self, what: str, how: Any) -> None:
        match what:
            case "buy":
                await self._buy(*how)
            case "strike":
                self._sandbox.fail_next(how)
            case "deliver":
                self._clock.move(how)
                await self._house.deliver()
            case "change":
                how(self._sandbox)
            case "switch":
                self._sandbox.switch(**how)
            case "outage":
                self._sandbox.begin_outage(300, how)
            case "tend":
                await self._tend(how)
            case "restart":
                await self.open()

    async def _buy(self, source: str, count: int) -> None:
        """New people, and the last one before them again."""
        first = max((numbers.stop - 1 for who, numbers in self._visits if who == source), default=0)
        numbers = range(first, first + count)
        self._visits.append((source, numbers))
        await self._house.receive(purchases(source, numbers, visit=len(self._visits)), source)
        await self._house.translate()

    async def _tend(self, how: str) -> None:
        if how == "look":
            await self._house.watching.tick()
        elif how == "resume":
            for held in await self._house.store.held():
                await self._house.store.resume(held.destination, held.sequence)
        else:
            letters = await self._house.store.dead_letters(1000)
            chosen = [letter.id for letter in letters if letter.cause in HARMLESS_TO_RETRY]
            await self._house.store.retry_dead(chosen, milliseconds(self._clock))

    async def _check(self) -> None:
        await check_books(self._house)
        seen = Seen(self._path, self._sandbox)
        expected = Counter(
            (SEQUENCES[source], guest(source, number))
            for source, numbers in self._visits
            for number in numbers
        )
        await check_all(self._house, seen, expected, repeats=self._world.repeats)

    async def _end(self) -> None:
        """The trouble is over: nothing waits any more, and what is dead says why."""
        self._sandbox.forget_faults()
        repair(self._sandbox)
        await self._tend("resume")
        await quiet(self._house, self._clock)
        await self._check()
        ends = set(Seen(self._path, self._sandbox).ends())
        assert ends <= {"refused", "unconfirmed"} | ({"unknown"} if self._world.holds else set())


async def tell(world: World, story: Sequence[Step]) -> None:
    clock = FakeClock()
    with TemporaryDirectory(dir=quick_folder()) as folder:
        async with running(clock=clock.now) as sandbox:
            sandbox.switch(idempotency=world.idempotency, idempotency_seconds=WEEK)
            await Tale(world, Path(folder), sandbox, clock).tell(story)


@settings(max_examples=settings().max_examples * 3 // 5)
@given(st.sampled_from(WORLDS), st.lists(steps, min_size=4, max_size=16))
def test_nobody_is_lost_and_nobody_is_doubled_whatever_happens(world: World, story: list[Step]) -> None:
    asyncio.run(tell(world, story))
