"""Plays a row in a world: purchases come in, the destination misbehaves, somebody mends it, more come in."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from relay.clock import milliseconds
from relay.core.breaker import State
from relay.sandbox import Running, running
from relay.sandbox.records import Step
from relay.work.watching import LOOK_SECONDS
from tests.factories import FakeClock
from tests.work.behaviours.checks import check_all
from tests.work.behaviours.row import Row, Strikes, World
from tests.work.behaviours.seen import Seen
from tests.work.behaviours.traffic import Traffic, configuration
from tests.work.house import Builder, House

LONGEST_WAIT = 2 * 86_400.0
"""Seconds; what waits longer is held."""

MOST_ROUNDS = 500
MOST_RETRIES = 5


def quick_folder() -> Path | None:
    """In memory where there is such a place: this is about what is sent, not about what a disk keeps."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None


async def translated(folder: Path, traffic: Traffic) -> Path:
    """A ledger into which the first purchases have come."""
    async with Builder(folder, FakeClock(), "http://127.0.0.1:9")(configuration()) as house:
        await traffic.begin(house)
    return folder / "relay.db"


async def play(row: Row, world: World, ledger: Path, folder: Path) -> None:
    """Everything from the first call to the last, and then the checks."""
    clock = FakeClock()
    shutil.copy(ledger, folder / "relay.db")
    async with running(clock=clock.now) as sandbox:
        sandbox.switch(**{"idempotency": world.idempotency, **row.switches})
        sandbox._sandbox.faults = Strikes(row.strikes)
        row.given(sandbox)
        await _Play(row, world, sandbox, clock, folder).run()


class _Play:
    def __init__(self, row: Row, world: World, sandbox: Running, clock: FakeClock, folder: Path) -> None:
        self._row = row
        self._world = world
        self._sandbox = sandbox
        self._clock = clock
        self._path = folder / "relay.db"
        self._build = Builder(folder, clock, sandbox.url)
        self._config: dict[str, Any] = {
            **configuration(),
            "destinations.main.on_unknown_outcome": world.on_unknown_outcome,
            **row.config,
        }

    async def run(self) -> None:
        row = self._row
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(self._build(self._config))
            soon = await self._deliver(house, "first")
            # Whoever comes now waits beside what is due again.
            self._clock.move(min(soon or 0.0, LOOK_SECONDS))
            await row.traffic.go_on(house)
            await self._deliver(house, "later")
            await quiet(house, self._clock)
            await self._check_holds(house)
            repair(self._sandbox)
            row.mended(self._sandbox)
            if row.restarted is not None:
                await stack.aclose()
                house = await stack.enter_async_context(self._build(self._config | dict(row.restarted)))
            await self._resume(house)
            if row.retried:
                await self._retry(house)
            await self._check(house)

    async def _deliver(self, house: House, when: str) -> float | None:
        if self._row.unreachable == when:
            async with self._sandbox.unreachable():
                await house.deliver()
        return await house.deliver()

    async def _check_holds(self, house: House) -> None:
        """Nothing is held but what should be, and nobody else waits."""
        held = {held.sequence for held in await house.store.held()}
        assert held == set(self._row.holds(self._world)), f"held: {held}"
        states = await house.counts()
        assert held or states.keys() <= {"delivered", "dead", "merged"}, f"{states} and nothing is held"

    async def _resume(self, house: House) -> None:
        self._clock.move(LOOK_SECONDS)
        await house.watching.tick()
        held = await house.store.held()
        assert not (held and self._row.looked), f"still held after a look: {held}"
        for one in held:
            await house.store.resume(one.destination, one.sequence)
        await quiet(house, self._clock)

    async def _retry(self, house: House) -> None:
        """A person sends every dead letter again, until there is none."""
        for _ in range(MOST_RETRIES):
            letters = [letter.id for letter in await house.store.dead_letters(1000) if letter.kind == "dead"]
            if not letters:
                return
            await house.store.retry_dead(letters, milliseconds(self._clock))
            await quiet(house, self._clock)

    async def _check(self, house: House) -> None:
        seen = Seen(self._path, self._sandbox)
        repeats = self._world.repeats or self._row.forgetful or (self._row.retried and self._world.holds)
        await check_all(house, seen, self._row.traffic.expected(), repeats=repeats)
        assert await house.store.held() == []
        wanted = Counter(self._row.left(seen)) + self._unsure(seen)
        assert seen.ends() == wanted, f"left over: {seen.ends()} instead of {wanted}"

    def _unsure(self, seen: Seen) -> Counter[str]:
        """Everybody in a call of unknown end, where such calls are held and nobody retried them."""
        held = self._world.holds and not self._row.retried
        return Counter(unknown=seen.unknown_calls().total() if held else 0)


def repair(sandbox: Running) -> None:
    """Somebody sees to it that keys count, sequences run and the service is up."""
    world = sandbox.world
    for key in world.keys.values():
        key.active, key.expires_at = True, None
    for organization in world.organizations.values():
        organization.api_access = True
    for place in world.employees.values():
        place.active = True
    for sequence in world.sequences.values():
        sequence.status, sequence.trigger = "active", "api"
        sequence.steps = sequence.steps or [Step("step-again")]
    sandbox.end_outage()


async def quiet(house: House, clock: FakeClock) -> None:
    """Send whatever becomes due, however late, until only what is held is left."""
    for _ in range(MOST_ROUNDS):
        wait = await house.deliver()
        if await _looks_decide(house):
            wait = min(wait or LONGEST_WAIT, await house.watching.tick())
        if wait is None or wait >= LONGEST_WAIT:
            return
        clock.move(wait)
    raise AssertionError(f"still calling after {MOST_ROUNDS} rounds: {await house.counts()}")


async def _looks_decide(house: House) -> bool:
    """Whether somebody waits behind an open breaker."""
    unsent = {"waiting", "sending"} & (await house.counts()).keys()
    breakers = await house.store.open_breakers()
    return bool(unsent) and any(found.breaker.state is State.OPEN for found in breakers)
