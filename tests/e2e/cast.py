"""A relay in several processes under traffic that lasts for as long as it is wanted."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import chain, cycle, islice, repeat
from pathlib import Path

from tests.e2e.polling import until
from tests.e2e.scene import Scene, scene
from tests.e2e.test_crash import assert_accounted_for, finish, seeded
from tests.e2e.traffic import Delivery, deliveries

AT_A_TIME = 4
TIMES = 8
"""How often each delivery is told."""


class Cast:
    """A scene whose relay has a process on each of its seats, and as many deliveries as are wanted."""

    def __init__(self, act: Scene, all_of_it: list[Delivery], seats: Sequence[str]) -> None:
        self.act = act
        self.seats = seats
        # Vendors tell many things several times.
        told = chain.from_iterable(repeat(delivery, TIMES) for delivery in all_of_it)
        self._waiting = chain(told, cycle(all_of_it))

    def lives(self, seat: str) -> list[int]:
        """The process ids of all who have come to work on a seat, the present one last."""
        lines = self.act.relay.logged()
        begun = (line for line in lines if line["event"] in {"serving", "working"})
        return [line["pid"] for line in begun if line["process"] == seat]

    def count(self, event: str) -> int:
        return sum(line["event"] == event for line in self.act.relay.logged())

    def send(self, count: int) -> None:
        self.act.send(list(islice(self._waiting, count)))

    async def send_until(self, met: Callable[[], bool], what: str, at_a_time: int = AT_A_TIME) -> None:
        """A few deliveries at a time, and always another, until the condition holds."""

        async def sending() -> None:
            for delivery in self._waiting:
                self.act.send([delivery])
                # Not awaited itself: it goes on when this ends.
                await asyncio.wait(self.act.under_way[-1:])

        senders = [asyncio.create_task(sending()) for _ in range(at_a_time)]
        try:
            await until(met, what)
        finally:
            for sender in senders:
                sender.cancel()

    async def send_some(self) -> None:
        """Until a few more were taken."""
        wanted = len(self.act.senders.accepted) + 5
        await self.send_until(lambda: len(self.act.senders.accepted) >= wanted, "little came")

    def kill(self, seat: str) -> int:
        """The process id of whoever was there."""
        pid = self.lives(seat)[-1]
        os.kill(pid, signal.SIGKILL)
        return pid


@asynccontextmanager
async def cast(
    folder: Path,
    seats: Sequence[str],
    each: int,
    *,
    database: str | None = None,
    keeps_connections: Sequence[bool] = (True,),
) -> AsyncIterator[Cast]:
    """`each`: so many deliveries of every case. At the end everybody was enrolled exactly once, and the relay
    stops in peace."""
    all_of_it = deliveries(each)
    async with scene(
        folder,
        all_of_it,
        seeded(),
        words=("--processes", str(len(seats))),
        keeps_connections=keeps_connections,
        database=database,
        hurried=database is not None,
        away_after="1m",
        idempotency=True,
    ) as act:
        await act.relay.start()
        yield Cast(act, all_of_it, seats)
        await finish(act)
        await assert_accounted_for(act)
        assert act.enrolled() == act.expected() != set()
        assert act.sandbox.doubles() == []
