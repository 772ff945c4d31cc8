"""Moves while a relay works on the ledger, and moves that are interrupted: nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import ClassVar

import apsw
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from relay.store import open_store
from relay.store.base import StoreFault
from relay.store.moving import Done, Progress, move
from relay.store.moving.source import Source
from relay.store.moving.target import Target
from tests.factories import LANE, incoming, quarantined
from tests.postgres import Databases
from tests.store.conftest import Engine, Engines
from tests.store.desk import LEASE, Desk
from tests.store.everything import Contents, contents
from tests.store.moves import copy, finish
from tests.store.test_machine_with_jobs import MachineWithJobs
from tests.store.test_machine_with_retention import RetiringMachine
from tests.store.test_machine_with_rules import RuledMachine


class Pulled(BaseException):
    """Somebody pulled the plug."""


def without_the_move(found: Contents) -> Contents:
    """The ledger but for the entry that tells of its move."""
    rows = [row for row in found["audit"] if row["action"] != "store.migrate"]
    return found | {"audit": rows}


class MovingMachine(RuledMachine, RetiringMachine, MachineWithJobs):
    """What the other machines do, while the ledger is copied now and then; then it is moved, and goes on."""

    databases: ClassVar[Databases]

    def __init__(self) -> None:
        self._url = ""
        super().__init__()
        self._url = self._do(self._ledger.enter_async_context(self.databases.new()))

    @rule(again=st.booleans())
    def the_ledger_is_copied(self, again: bool) -> None:
        for _ in range(1 + again):
            self._do(copy(self._engine.path, self._url))

    async def _finish(self) -> None:
        await self._open.aclose()
        before = await contents(self._engine.path)
        await finish(self._engine.path, self._url)
        assert without_the_move(await contents(self._url)) == before
        now = self._desk.now + LEASE
        self._open = AsyncExitStack()
        self._store = await self._open.enter_async_context(open_store(self._url))
        self._desk = Desk(self._store)
        self._desk.now = now
        for batch in await self._store.rescue_batches(now, now + LEASE):
            self._note(batch)
        await super()._finish()


@pytest.mark.usefixtures("small_ranges")
def test_whatever_is_done_to_a_ledger_while_it_is_copied_is_moved_and_goes_on(databases: Databases) -> None:
    class Machine(MovingMachine):
        pass

    Machine.engines = Engines("sqlite", databases)
    Machine.databases = databases
    # A copy is some hundred statements on a real server.
    examples = max(1, settings().max_examples // 14)
    run_state_machine_as_test(Machine, settings=settings(max_examples=examples, stateful_step_count=30))


@pytest.mark.usefixtures("small_ranges")
async def test_a_move_that_is_interrupted_at_every_step_goes_on_where_it_was(
    ledger: Path, database: str
) -> None:
    before = await contents(ledger)
    told: list[Progress] = []

    def pull(step: Progress) -> None:
        """One step further than the last time."""
        told.append(step)
        if step.step == "copying" and step.done:
            raise Pulled

    runs = 0
    for work in (copy, finish):
        while True:
            try:
                await work(ledger, database, pull)
            except Pulled:
                runs += 1
            else:
                break
    assert runs > 50
    assert without_the_move(await contents(database)) == before


@pytest.mark.usefixtures("small_ranges")
@pytest.mark.parametrize(
    ("step", "lost"),
    [
        *((copy, lost) for lost in ("begin", "forget", "put", "analyze")),
        *((finish, lost) for lost in ("begin", "forget", "put", "difference", "ledger", "analyze", "end")),
    ],
)
async def test_where_the_database_is_lost_the_file_stays_a_ledger_until_all_is_there(
    sqlite: Engine,
    ledger: Path,
    database: str,
    step: Callable[[Path, str], Awaitable[Done]],
    lost: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await copy(ledger, database)
    with closing(apsw.Connection(str(ledger))) as db:
        db.execute("UPDATE delivery SET attempts = attempts + 1 WHERE enrollment_id = 2")
    before = await contents(ledger)

    async def lose(*_: object) -> None:
        raise ConnectionResetError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(move, "_FEW", 0)
        patch.setattr(Target, lost, lose)
        with pytest.raises(StoreFault, match="cannot be used: gone"):
            await step(ledger, database)
    if lost != "end":
        async with sqlite.open():
            pass
    await finish(ledger, database)
    assert without_the_move(await contents(database)) == before


async def test_between_the_two_halves_of_the_switch_nobody_works_and_the_next_run_ends_it(
    ledger: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise Pulled

    with monkeypatch.context() as patch:
        patch.setattr(Target, "end", die)
        with pytest.raises(Pulled):
            await finish(ledger, database)
    for place, told in ((ledger, "was moved to"), (database, "is being moved here")):
        with pytest.raises(StoreFault, match=told):
            async with open_store(place):
                pass
    await finish(ledger, database)
    async with open_store(database) as store:
        assert (await store.ledger()).accepted == 21


async def test_before_the_switch_the_file_is_as_it_was(
    sqlite: Engine, ledger: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise Pulled

    with monkeypatch.context() as patch:
        patch.setattr(Source, "give_up", die)
        with pytest.raises(Pulled):
            await finish(ledger, database)
    async with sqlite.open() as store:
        await store.add_request(incoming())


@pytest.mark.usefixtures("small_ranges")
async def test_rows_that_vanish_while_it_is_copied_are_gone_afterwards(ledger: Path, database: str) -> None:
    await copy(ledger, database)
    with closing(apsw.Connection(str(ledger))) as db:
        db.execute("DELETE FROM source_hour")
        db.execute("DELETE FROM quarantine")
        db.execute("DELETE FROM alert_message WHERE id = 1")
    await copy(ledger, database)
    await finish(ledger, database)
    after = await contents(database)
    assert [after[table] for table in ("source_hour", "quarantine", "alert_message")] == [[], [], []]


@pytest.mark.usefixtures("small_ranges")
@pytest.mark.parametrize(("giver", "taker"), [(1, 12), (12, 1)])
async def test_what_is_unique_may_go_from_one_row_to_another_between_two_copies(
    ledger: Path, database: str, giver: int, taker: int
) -> None:
    with closing(apsw.Connection(str(ledger))) as db:
        alike(db, giver, taker)
        await copy(ledger, database)
        pass_on(db, giver, taker)
    await finish(ledger, database)
    keys = {row["id"]: row["dedupe_key"] for row in (await contents(database))["enrollment"]}
    assert (keys[giver], keys[taker]) == (None, b"\x01")


def alike(db: apsw.Connection, giver: int, taker: int) -> None:
    """Two enrollments of one person for one reason, of which the first goes out."""
    db.execute("UPDATE enrollment SET contact_key = x'02', dedupe_key = NULL WHERE id = ?", (taker,))
    db.execute("UPDATE enrollment SET contact_key = x'02', dedupe_key = x'01' WHERE id = ?", (giver,))


def pass_on(db: apsw.Connection, giver: int, taker: int) -> None:
    db.execute("UPDATE enrollment SET dedupe_key = NULL WHERE id = ?", (giver,))
    db.execute("UPDATE enrollment SET dedupe_key = x'01' WHERE id = ?", (taker,))


@pytest.mark.usefixtures("small_ranges")
async def test_a_range_that_clashes_with_one_that_is_old_by_now_is_left_for_the_next_pass(
    ledger: Path, database: str
) -> None:
    with closing(apsw.Connection(str(ledger))) as db:
        alike(db, 1, 12)
        moved: list[Progress] = []

        def tell(step: Progress) -> None:
            if step.table == "enrollment" and not moved:  # the first range has just been copied
                moved.append(step)
                pass_on(db, 1, 12)

        done = await copy(ledger, database, tell)
    assert (moved[0].step, done.left) == ("copying", 1)
    assert (await copy(ledger, database)).left == 0
    before = await contents(ledger)
    await finish(ledger, database)
    assert without_the_move(await contents(database)) == before


@pytest.mark.parametrize(("arriving", "passes"), [((30, 0, 0), 3), ((99, 99, 99), 2), ((5, 0, 0), 2)])
async def test_a_pass_follows_while_there_is_much_to_copy_and_much_less_than_before(
    sqlite: Engine,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    arriving: tuple[int, ...],
    passes: int,
) -> None:
    monkeypatch.setattr(move, "_FEW", 10)
    requests = iter(arriving)
    async with sqlite.open() as store:
        for _ in range(100):
            await store.add_quarantined(quarantined(), keep=1000)
    with closing(apsw.Connection(str(sqlite.path))) as db:

        def tell(step: Progress) -> None:
            """So many come in the meantime, just before a pass ends with the last table."""
            if (step.step, step.table) == ("copying", "token"):
                db.executemany(
                    "INSERT INTO destination (name) VALUES (hex(randomblob(9)))", [()] * next(requests)
                )

        done = await copy(sqlite.path, database, tell)
    assert len(done.passes) == passes


@pytest.mark.usefixtures("small_ranges")
async def test_a_relay_may_be_at_work_all_the_while(sqlite: Engine, database: str) -> None:
    async with sqlite.open() as store:
        desk = Desk(store)
        copying = asyncio.create_task(copy(sqlite.path, database))
        for number in range(40):
            await desk.enrol_at(LANE, f"guest{number}@example.com")
            await desk.deliver(await desk.freeze())
        await copying
        await copy(sqlite.path, database)
        await desk.refuse("ana@example.com")
    before = await contents(sqlite.path)
    await finish(sqlite.path, database)
    assert without_the_move(await contents(database)) == before


async def test_a_second_copy_of_what_has_not_changed_copies_nothing(ledger: Path, database: str) -> None:
    first = await copy(ledger, database)
    assert first.passes[0] > 100
    assert (await copy(ledger, database)).passes == (0,)
