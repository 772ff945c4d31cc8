"""The move of one ledger: passes while a relay is at work, and the last one, for which it stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from relay.core.audit import change
from relay.store.base import StoreFault
from relay.store.moving.ranges import Range, gaps
from relay.store.moving.source import Chunk, Source
from relay.store.moving.tables import Table
from relay.store.moving.target import Clash, Copied, Target, open_target
from relay.store.sqlite.moved import work_stopped

_FEW = 20_000
_MOST_PASSES = 5
"""A pass is followed by another while it copies much, and much less than the one before: the last one,
for which the relay stands still, shall be short."""

T = TypeVar("T")
U = TypeVar("U")

Known = Mapping[Table, list[Copied]]


class Progress(NamedTuple):
    """Rows that are done, of about so many. `step`: `checking` what is copied, `copying`, or `comparing`."""

    step: str
    table: str
    done: int
    of: int


Tell = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is to move: about how many rows by table, bytes of the file, and rows copied before."""

    tables: dict[str, int]
    size: int
    copied: int


@dataclass(frozen=True, slots=True)
class Done:
    """Rows that were copied in each pass.

    `left`: ranges that changed too fast, for the next pass. `warnings`: what was wrong in the file before.
    """

    passes: tuple[int, ...]
    left: int = 0
    warnings: tuple[str, ...] = ()


class Move:
    """From a file to a database, both open. Whatever ends a method, it can be run again.

    Methods raise `StoreFault`.
    """

    def __init__(self, path: Path, source: Source, target: Target, tell: Tell) -> None:
        self._path = path
        self._name = str(path.resolve())
        self._source = source
        self._target = target
        self._tell = tell

    async def survey(self) -> Survey:
        """Look at both; nothing is changed."""
        place = await self._source.moved_to()
        if place is not None and (place != self._target.place or not await self._target.is_unfinished()):
            raise StoreFault(
                f"the ledger store.path {self._path} was moved to {place} already: set store.url to it"
            )
        copied = await self._target.survey(self._name, self._source.tables)
        tables = {table.name: await self._source.estimate(table) for table in self._source.tables}
        return Survey(tables, self._path.stat().st_size, copied)

    async def catch_up(self) -> Done:
        """Copy what is not copied yet, or has changed since; a relay may be at work."""
        await self._begin()
        passes: list[int] = []
        while len(passes) < _MOST_PASSES:
            known = await self._known()
            await self._forget(await self._stale(known))
            copied, left = await self._fill()
            passes.append(copied)
            if copied < _FEW or (len(passes) > 1 and copied > passes[-2] // 2):
                break
        await self._target.analyze()
        return Done(tuple(passes), len(left))

    async def finish(self, who: str, at: int) -> Done:
        """Copy the rest, compare everything, and let relays work on the database and not on the file.

        `at` is in milliseconds since 1970. Raises `InUse` where a relay is at work.
        """
        with work_stopped(self._path):
            await self._begin()
            await self._source.hold()
            known = await self._known()
            stale, _ = await _both(self._stale(known), self._compare_rows(known))
            await self._forget(stale)
            copied, left = await self._fill()
            if left:
                raise StoreFault(left[0])
            if copied >= _FEW:
                await self._target.analyze()
            warnings = await self._compare_accounts()
            # The file goes first: were both at work, each would lack what the other took in.
            if await self._source.moved_to() is None:
                await self._source.give_up(self._target.place, at)
            await self._target.end(change(who, at, "store.migrate", source=self._name))
        return Done((copied,), warnings=warnings)

    async def _begin(self) -> None:
        await self.survey()
        await self._target.begin(self._name, self._source.tables)

    async def _known(self) -> Known:
        return {table: await self._target.copied(table) for table in self._source.tables}

    async def _stale(self, known: Known) -> list[tuple[Table, Range]]:
        """Ranges whose rows are others now than when they were copied."""
        found = []
        count = _Count(self._tell, "checking", _rows(known))
        for table, copied in known.items():
            for one in copied:
                if await self._source.digest(table, one.span) != (one.rows, one.digest):
                    found.append((table, one.span))
                count.add(table, one.rows)
        return found

    async def _forget(self, stale: list[tuple[Table, Range]]) -> None:
        # All of them before anything is copied: what is unique may have gone from one range to another.
        for table, span in stale:
            await self._target.forget(table, span)

    async def _fill(self) -> tuple[int, list[str]]:
        """Copy what lies between the ranges that are copied; how many rows, and which ranges are left."""
        known = await self._known()
        there = sum([await self._source.estimate(table) for table in known])
        count = _Count(self._tell, "copying", there - _rows(known))
        left = []
        for table, copied in known.items():
            async for chunk in self._chunks(table, [one.span for one in copied]):
                try:
                    await self._target.put(table, chunk)
                except Clash as clash:
                    # Another range held till a moment ago what is unique: its digest will tell.
                    left.append(str(clash))
                else:
                    count.add(table, len(chunk.rows))
        return count.done, left

    async def _chunks(self, table: Table, copied: list[Range]) -> AsyncIterator[Chunk]:
        for gap in gaps(copied):
            rest = gap
            while True:
                chunk = await self._source.chunk(table, rest)
                yield chunk
                if chunk.span.until == gap.until:
                    break
                rest = Range(chunk.span.until, gap.until)

    async def _compare_rows(self, known: Known) -> None:
        """Raises `StoreFault` where the database does not hold what was copied and compared."""
        count = _Count(self._tell, "comparing", _rows(known))
        for table, copied in known.items():
            if where := await self._target.difference(table, copied):
                raise self._differs(where)
            count.add(table, sum(one.rows for one in copied))

    async def _compare_accounts(self) -> tuple[str, ...]:
        """What was wrong before. Raises `StoreFault` where the two ledgers are not the same."""
        ours, theirs = await _both(self._source.ledger(), self._target.ledger())
        # Pauses have reasons, whose texts may not be the same to the last character, and come in any order.
        if replace(ours, pauses=()) != replace(theirs, pauses=()):
            raise self._differs("the accounts")
        return (*ours.faults(), *await self._source.broken_seals())

    def _differs(self, where: str) -> StoreFault:
        return StoreFault(
            f"{where}: {self._target.place} does not hold what was copied, so something else wrote there; "
            "begin anew with an empty database"
        )


class _Count:
    """How far one step is, over all tables."""

    def __init__(self, tell: Tell, step: str, of: int) -> None:
        self._tell = tell
        self._step = step
        self._of = of
        self.done = 0

    def add(self, table: Table, rows: int) -> None:
        self.done += rows
        self._tell(Progress(self._step, table.name, self.done, max(self._of, self.done)))


def _rows(known: Known) -> int:
    return sum(one.rows for copied in known.values() for one in copied)


async def _both(one: Coroutine[Any, Any, T], other: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """What both return; the fault of one ends the other."""
    try:
        async with asyncio.TaskGroup() as group:
            first, second = group.create_task(one), group.create_task(other)
    except ExceptionGroup as faults:
        raise faults.exceptions[0] from None
    return first.result(), second.result()


@asynccontextmanager
async def moving(path: Path, url: str, tell: Tell) -> AsyncIterator[Move]:
    """Raises `StoreFault` where one of the two cannot be opened, or is lost on the way."""
    source = Source(path)
    try:
        async with open_target(url) as target:
            yield Move(path, source, target, tell)
    finally:
        await source.close()
