"""Upkeep of a ledger's place: what is in it is told, and what is free is given back, while others work."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import closing

import apsw
import pytest

from relay.core.growth import PARTS, PartSize, Size, parts
from relay.core.retention import Kept
from relay.store import Store, open_upkeep
from relay.store.base import InUse, StoreFault
from relay.store.sqlite import compacting
from relay.store.sqlite import size as sizing
from relay.store.upkeep import Upkeep
from tests.factories import DAY, NOW_MS, incoming, read_event
from tests.store.conftest import Engine
from tests.store.desk import Desk

WIDE = random.Random(1).randbytes(30_000)  # what no engine can make smaller
KEPT = Kept(bodies=DAY, records=0)


def quietly(_done: int, _of: int, _what: str) -> None:
    """Tells nobody."""


@pytest.fixture(name="upkeep")
async def _upkeep(engine: Engine, store: Store) -> AsyncIterator[Upkeep]:
    """Beside a store that is at work."""
    async with open_upkeep(engine.place) as upkeep:
        yield upkeep


async def filled(desk: Desk, requests: int) -> None:
    for number in range(requests):
        await desk.store.add_request(incoming(body=WIDE, received_at=desk.now))
        await desk.save(await desk.claim_one(), read_event(f"guest{number}@example.com", key=f"P-{number}"))
        await desk.deliver(await desk.freeze())


async def cut(desk: Desk) -> None:
    """Bodies go."""
    desk.move(2 * DAY)
    while (await desk.store.retention.step(KEPT, desk.now)).next_due <= desk.now:
        pass


def rows_of(size: Size) -> dict[str, int]:
    return {part.name: part.rows for part in parts(size) if part.rows and part.name != "all other"}


def requests_in(size: Size) -> PartSize:
    return next(part for part in parts(size) if part.name == "requests")


async def test_an_empty_ledger_has_no_rows_of_what_grows(upkeep: Upkeep) -> None:
    found = await upkeep.size()
    assert {part.rows for part in parts(found) if part.name in PARTS} == {0}
    assert (found.oldest, found.is_exact) == ({}, True)


async def test_rows_and_bytes_of_each_part_are_told_and_since_when(desk: Desk, upkeep: Upkeep) -> None:
    await filled(desk, 5)
    desk.move(DAY)
    await desk.refuse("ana@example.com")
    found = await upkeep.size()
    told = {"requests": 6, "events": 6, "enrollments": 6, "calls": 6, "dead letters": 1}
    assert told.items() <= rows_of(found).items()
    assert sum(table.size for table in found.tables) <= found.total
    assert found.oldest["request"] == NOW_MS
    assert found.oldest["dead_letter"] == NOW_MS + DAY


async def test_a_larger_body_makes_requests_larger(desk: Desk, upkeep: Upkeep) -> None:
    before = requests_in(await upkeep.size()).size
    await filled(desk, 10)
    assert requests_in(await upkeep.size()).size - before >= 10 * len(WIDE)


async def test_what_is_in_a_large_file_is_estimated_and_that_is_said(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sqlite.open() as store:
        await filled(Desk(store), 60)
        async with open_upkeep(sqlite.place) as upkeep:
            monkeypatch.setattr(sizing, "QUICKLY_READ", 0)
            about, exact = await upkeep.size(), await upkeep.size(exact=True)
    assert (about.is_exact, exact.is_exact) == (False, True)
    assert rows_of(about) == rows_of(exact)
    (largest, *_), (really, *_) = parts(about), parts(exact)
    assert largest.name == really.name == "requests"
    assert largest.size == pytest.approx(really.size, rel=0.25)


async def test_a_ledger_shrinks_while_a_store_works_on_it(engine: Engine, desk: Desk, upkeep: Upkeep) -> None:
    await filled(desk, 40)
    await cut(desk)
    told: list[tuple[int, int]] = []
    done, _ = await asyncio.gather(
        upkeep.compact(lambda done, of, _what: told.append((done, of))), desk.enrol("ana@example.com")
    )
    assert done.before - done.after > 20 * len(WIDE)
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] > 0
    assert sum((await desk.counts()).values()) == 41


async def test_dead_rows_of_a_database_are_vacuumed(database: str) -> None:
    async with Engine(database).open() as store, open_upkeep(database) as upkeep:
        await filled(Desk(store), 10)
        await upkeep.compact(quietly)
        found = {table.name: table for table in (await upkeep.size()).tables}
    assert {table.dead for table in found.values()} == {0}
    assert found["delivery"].vacuumed_at is not None


async def test_what_is_free_in_a_file_and_its_log_are_given_back(sqlite: Engine) -> None:
    async with sqlite.open() as store, open_upkeep(sqlite.place) as upkeep:
        desk = Desk(store)
        await filled(desk, 40)
        await cut(desk)
        assert ((await upkeep.size()).free or 0) > 20 * len(WIDE)
        await upkeep.compact(quietly)
        found = await upkeep.size()
        assert (found.free, found.log) == (0, 0)
        assert found.total == sqlite.path.stat().st_size
        await desk.enrol("ana@example.com", key="later")


async def test_what_many_small_requests_said_leaves_room_that_is_used_again(sqlite: Engine) -> None:
    small = 1_000
    async with sqlite.open() as store, open_upkeep(sqlite.place) as upkeep:
        desk = Desk(store)
        for _ in range(300):
            await store.add_request(incoming(body=WIDE[:small], received_at=desk.now))
        while claimed := await desk.claim():
            for each in claimed:
                await desk.save(each)
        await cut(desk)
        assert ((await upkeep.size()).free or 0) > 300 * small * 3 // 4


async def test_a_log_that_somebody_reads_in_is_left_and_that_is_said(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compacting, "_TRIES", 1)
    async with sqlite.open() as store, open_upkeep(sqlite.place) as upkeep:
        await filled(Desk(store), 3)
        with closing(apsw.Connection(str(sqlite.path))) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM request").fetchall()
            await store.add_request(incoming())
            done = await upkeep.compact(quietly)
    assert "somebody reads in it" in done.notes[0]


@pytest.fixture(name="former")
async def _former(sqlite: Engine) -> Engine:
    """A file as earlier versions made it, half of it free."""
    with closing(apsw.Connection(str(sqlite.path))) as db:
        db.execute("PRAGMA page_size = 8192")
        db.execute("PRAGMA application_id = 0x52454C59")
        db.execute("CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT, checksum TEXT) STRICT")
    async with sqlite.open() as store:
        desk = Desk(store)
        await filled(desk, 40)
        await cut(desk)
    return sqlite


async def test_a_former_file_is_written_anew_and_shrinks_in_steps_from_then_on(former: Engine) -> None:
    async with open_upkeep(former.place) as upkeep:
        assert ((await upkeep.size()).free or 0) > 20 * len(WIDE)
        done = await upkeep.compact(quietly)
        assert done.after < done.before // 2
        assert (await upkeep.size()).free == 0
    with closing(apsw.Connection(str(former.path))) as db:
        assert db.execute("PRAGMA auto_vacuum").fetchall() == [(2,)]
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    async with former.open() as store:
        assert sum((await Desk(store).counts()).values()) == 40
    assert {path.name for path in former.path.parent.iterdir()} <= {
        "relay.db",
        "relay.db.lock",
        "relay.db.turn",
    }


async def test_a_former_file_is_left_alone_while_somebody_works_on_it(former: Engine) -> None:
    async with former.open() as store, open_upkeep(former.place) as upkeep:
        with pytest.raises(InUse, match="has to be written anew, this once, while nobody works on it"):
            await upkeep.compact(quietly)
        await Desk(store).enrol("ana@example.com", key="later")


async def test_a_former_file_is_not_begun_where_the_disk_has_no_room(
    former: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = former.path.read_bytes()
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 1 << 16}))
    async with open_upkeep(former.place) as upkeep:
        with pytest.raises(StoreFault, match=r"needs \d+ MB free and has 0 MB: make room"):
            await upkeep.compact(quietly)
    assert former.path.read_bytes() == before


async def test_a_ledger_that_is_not_there_is_not_made(sqlite: Engine) -> None:
    with pytest.raises(StoreFault, match="does not exist yet"):
        async with open_upkeep(sqlite.place):
            pass
    assert not sqlite.path.exists()


async def test_a_database_that_cannot_be_reached_is_told() -> None:
    with pytest.raises(StoreFault, match="cannot be used"):
        async with open_upkeep("postgresql://relay@127.0.0.1:1/relay"):
            pass
