"""A ledger that is moved from its file to a database: whole, once, and with everything that was under way."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import asyncpg
import pytest

from relay.core.audit import broken
from relay.store import open_store
from relay.store.moving import source
from relay.store.moving.tables import LEFT_OUT, tables
from tests.factories import DAY, LANE, NOW_MS, incoming, parked_event, read_event
from tests.store.conftest import Engine
from tests.store.desk import LEASE, Desk
from tests.store.everything import contents, told
from tests.store.moves import copy, finish


async def value(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_the_ledger_of_these_tests_has_something_in_every_table(ledger: Path) -> None:
    assert [table for table, rows in (await contents(ledger)).items() if not rows] == []


@pytest.mark.usefixtures("small_ranges")
async def test_every_row_is_there_afterwards_and_the_log_tells_of_the_move(
    ledger: Path, database: str
) -> None:
    before = await contents(ledger)
    await copy(ledger, database)
    await finish(ledger, database)
    after = await contents(database)
    (moved,) = (row for row in after["audit"] if row["action"] == "store.migrate")
    after["audit"].remove(moved)
    assert moved["who"] == "ops"
    assert str(ledger).encode() in moved["detail"]
    assert after == before


@pytest.mark.usefixtures("small_ranges")
async def test_the_store_tells_the_same_of_both(sqlite: Engine, ledger: Path, database: str) -> None:
    async with sqlite.open(exclusive=False) as store:
        before, log = await told(store), await store.audit_page(0, 100)
    await finish(ledger, database)
    async with open_store(database) as store:
        assert await told(store) == before
        assert (await store.ledger()).faults() == []
        longer = await store.audit_page(0, 100)
    assert longer[:-1] == log
    assert list(broken(longer)) == []


async def test_the_one_character_that_a_database_lacks_is_replaced_as_the_store_does(
    sqlite: Engine, database: str
) -> None:
    async with sqlite.open() as store:
        desk = Desk(store)
        await desk.refuse("ana@example.com")
        await store.discard_dead(["dead-1"], "no \0 text", NOW_MS)
    await copy(sqlite.path, database)
    await finish(sqlite.path, database)
    (row,) = (await contents(database))["delivery"]
    assert row["reason"] == "no \ufffd text"


async def test_a_call_under_way_goes_out_again_as_it_was_and_the_rest_after_it(
    sqlite: Engine, database: str
) -> None:
    async with sqlite.open() as store:
        desk = Desk(store)
        await desk.enrol("ana@example.com", "ben@example.com")
        sent = await desk.freeze()
        await desk.enrol("eve@example.com", key="P-2")
    await finish(sqlite.path, database)
    async with open_store(database) as store:
        desk = Desk(store)
        desk.move(LEASE)
        (again,) = await store.rescue_batches(desk.now, desk.now + LEASE)
        assert (again.id, again.key, again.body, again.members) == (
            sent.id,
            sent.key,
            sent.body,
            sent.members,
        )
        await desk.deliver(again)
        rest = await desk.freeze()
        assert [one.email for one in rest.members] == ["eve@example.com"]
        await desk.deliver(rest)
        assert await desk.counts() == {"delivered": 3}


async def test_what_comes_later_has_numbers_behind_all_that_were_given(ledger: Path, database: str) -> None:
    before = await contents(ledger)
    await finish(ledger, database)
    async with open_store(database) as store:
        desk = Desk(store)
        desk.now += DAY
        number = await store.add_request(incoming())
        assert number == 1 + max(row["id"] for row in before["request"])
        event = read_event("zoe@example.com", key="Z-1", lane=replace(LANE, destination="third"))
        for claimed in await desk.claim():
            await desk.save(claimed, event if claimed.id == number else parked_event())
        assert (await desk.look({"third": 1})).batches
    after = await contents(database)
    for table in ("lane", "batch", "event", "enrollment"):
        numbers = [row["id"] for row in after[table]]
        assert len(set(numbers)) == len(numbers) > len(before[table])


async def test_who_was_enrolled_before_the_move_is_not_enrolled_again(sqlite: Engine, database: str) -> None:
    async with sqlite.open() as store:
        await Desk(store).enrol("ana@example.com")
    await finish(sqlite.path, database)
    async with open_store(database) as store:
        desk = Desk(store)
        await desk.enrol("ana@example.com")
        assert await desk.counts() == {"waiting": 1, "merged": 1}


async def test_the_log_may_grow_while_it_is_copied_and_is_kept_afterwards(
    sqlite: Engine, database: str
) -> None:
    async with sqlite.open() as store:
        desk = Desk(store)
        for email in ("ana@example.com", "ben@example.com"):
            await desk.refuse(email)
            (letter,) = await desk.letters()
            await store.discard_dead([letter], "no", desk.now, desk.by("dead.discard"))
            await copy(sqlite.path, database)
    await finish(sqlite.path, database)
    async with open_store(database) as store:
        log = await store.audit_page(0, 9)
    assert [entry.change.action for entry in log] == ["dead.discard", "dead.discard", "store.migrate"]
    assert list(broken(log)) == []
    for statement in ("DELETE FROM audit", "UPDATE audit SET who = 'nobody'"):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await Engine(database).execute(statement)


async def test_a_ledger_in_which_nothing_happened_can_be_moved(sqlite: Engine, database: str) -> None:
    async with sqlite.open():
        pass
    await finish(sqlite.path, database)
    async with open_store(database) as store:
        assert [entry.change.action for entry in await store.audit_page(0, 9)] == ["store.migrate"]


async def test_a_range_is_bounded_in_rows_and_in_bytes(
    sqlite: Engine, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_STEP", 2)
    monkeypatch.setattr(source, "_MOST_ROWS", 8)
    monkeypatch.setattr(source, "_MOST_BYTES", 30_000)
    async with sqlite.open() as store:
        for size in [1] * 20 + [20_000] * 8:
            await store.add_request(incoming(body=b"x" * size))
    await copy(sqlite.path, database)
    sizes = await value(
        database,
        "SELECT array_agg(rows ORDER BY (after::json->>0)::int NULLS FIRST) FROM move_range"
        " WHERE place = 'request'",
    )
    assert sizes == [8, 8, 6, 2, 2, 2, 0]


async def test_every_table_of_either_engine_is_copied_or_left_out_for_a_reason(
    ledger: Path, database: str
) -> None:
    """A new table: is it copied as it is, and does `everything` put something into it?"""
    await copy(ledger, database)
    with closing(apsw.Connection(str(ledger))) as db:
        copied = {table.name for table in tables(db)}
        ours = {str(name) for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    theirs = set(
        await value(database, "SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = 'public'")
    )
    assert ours - copied <= LEFT_OUT.keys()
    assert theirs - copied <= LEFT_OUT.keys()
    assert copied <= theirs
    assert copied == {
        *("access_failure", "alert", "alert_look", "alert_message", "attempt", "audit", "batch", "breaker"),
        *("call_count", "correction", "dead_letter", "delivery", "destination", "destination_hour"),
        *("enrollment", "event", "event_day", "event_type", "forgotten_event", "former_batch", "job"),
        *("job_count", "job_group", "job_item", "lane", "lingering", "login_link", "quarantine"),
        *("rate_limit", "request", "request_state", "retired", "retiring", "session", "source_hour"),
        *("spooled", "suppression", "token"),
    }
