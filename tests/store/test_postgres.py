"""PostgreSQL: many nodes on one ledger, and a database that goes away and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from signal import SIGINT, SIGKILL, Signals
from typing import Any

import asyncpg
import pytest

from relay.store import open_store
from relay.store.base import StoreFault
from relay.store.postgres import transactions
from relay.store.postgres.connection import LOST
from relay.store.postgres.engine import PostgresEngine, open_engine
from relay.store.postgres.statements import statement
from relay.store.postgres.transactions import Transactions
from relay.store.postgres.writer import Intake
from relay.store.queries import queries
from relay.store.sql.database import Database, one, row
from relay.store.sql.store import SqlStore
from tests.e2e.polling import until
from tests.factories import LANE, NOW_MS, incoming
from tests.postgres import Databases, Server, server
from tests.store.desk import LEASE, Desk

STATEMENTS = [
    (entry.name.removesuffix(".sql"), name)
    for entry in files("relay.store.sql").joinpath("queries").iterdir()
    for name in queries("relay.store.sql", entry.name.removesuffix(".sql"))
]


@pytest.fixture(name="url")
async def _url(databases: Databases) -> AsyncIterator[str]:
    async with databases.new() as url:
        yield url


@pytest.fixture(name="engine")
async def _engine(url: str) -> AsyncIterator[PostgresEngine]:
    engine = await open_engine(url)
    yield engine
    await engine.close()


@pytest.fixture(name="own_server")
def _own_server() -> Iterator[Server]:
    """A server that a test may stop."""
    with server() as started:
        yield started


async def terminate_others(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


async def test_every_statement_is_understood(url: str) -> None:
    connection = await asyncpg.connect(url)
    wanted = {"wanted": "TRUE", "by": "cause, symptom, source"}
    try:
        for file, name in STATEMENTS:
            text = queries("relay.store.sql", file)[name]
            made = statement(text.format(**wanted) if "{wanted}" in text else text)
            if (file, name) != ("requests", "insert"):  # which is finished by the one who inserts
                await connection.prepare(made.text)
    finally:
        await connection.close()


async def test_two_nodes_never_claim_the_same_request(url: str) -> None:
    async with open_store(url) as first, open_store(url) as second:
        for _ in range(60):
            await first.add_request(incoming())
        claims = await asyncio.gather(
            *(node.claim_requests(NOW_MS, NOW_MS + LEASE, 10) for node in (first, second) * 3)
        )
        numbers = [claimed.id for some in claims for claimed in some]
        assert len(numbers) == len(set(numbers)) == 60


async def test_two_nodes_never_send_the_same_enrollment(url: str) -> None:
    async with open_store(url) as first, open_store(url) as second:
        desk = Desk(first)
        for number in range(5):
            await desk.enrol(*(f"guest{number}-{one}@example.com" for one in range(50)), key=f"P-{number}")
        looks = await asyncio.gather(*(Desk(node).look() for node in (first, second) * 4))
        sent = [one.enrollment_id for look in looks for batch in look.batches for one in batch.members]
        assert len(sent) == len(set(sent)) == 250


async def test_two_nodes_share_one_budget(url: str) -> None:
    async with open_store(url) as first, open_store(url) as second:
        await asyncio.gather(*(node.spend_call("acme", NOW_MS) for node in (first, second) * 10))
        (rate,) = await second.rates(NOW_MS)
        assert rate.used_minute == 20


async def test_of_two_cancelled_and_completed_reports_one_sees_the_other(url: str) -> None:
    """Whoever decides about enrollments has a turn of its own, on whatever node it is."""
    busy, most = 0, 0

    async with AsyncExitStack() as stack:
        nodes = [await open_engine(url) for _ in range(3)]
        for node in nodes:
            stack.push_async_callback(node.close)

        def step(db: Database) -> None:
            nonlocal busy, most
            busy += 1
            most = max(most, busy)
            for _ in range(5):
                row(db, "SELECT 1")
            busy -= 1

        await asyncio.gather(*(node.write(step) for node in nodes * 5))
    assert most == 1


async def test_a_connection_that_was_cut_is_replaced_without_anybody_noticing(
    url: str, engine: PostgresEngine
) -> None:
    store = SqlStore(engine)
    for _ in range(3):
        await terminate_others(url)
        await store.spend_call("acme", NOW_MS)
        await terminate_others(url)
        assert (await store.ledger()).faults() == []
    (rate,) = await store.rates(NOW_MS)
    assert rate.used_minute == 3


async def test_what_stood_in_each_others_way_is_run_again(engine: PostgresEngine) -> None:
    """Two transactions that lock the same rows in different orders: the database undoes one, or on a busy
    machine both."""
    await engine.write(lambda db: db.execute("INSERT INTO forgotten_event VALUES (7)"))
    tries: list[int] = []

    def taking(*places: int) -> Callable[[Database], None]:
        def operation(db: Database) -> None:
            tries.append(places[0])
            for last in places:
                row(db, "UPDATE forgotten_event SET last = last WHERE last = ? RETURNING last", (last,))
                row(db, "SELECT pg_sleep(0.1)")

        return operation

    await asyncio.gather(engine.claim(taking(0, 7)), engine.claim(taking(7, 0)))
    assert len(tries) in (3, 4)


async def test_an_operation_that_fails_undoes_nothing_of_its_neighbours(engine: PostgresEngine) -> None:
    def fails(db: Database) -> None:
        db.execute("INSERT INTO destination (name) VALUES ('gone')")
        raise LookupError("no")

    def works(db: Database) -> int:
        db.execute("INSERT INTO destination (name) VALUES (?)", ("there",))
        return 7

    failed, worked = await asyncio.gather(engine.write(fails), engine.write(works), return_exceptions=True)
    assert (type(failed), worked) == (LookupError, 7)
    found = await engine.read(lambda db: db.execute("SELECT name FROM destination").fetchall())
    assert [name for (name,) in found] == ["there"]


async def test_a_node_that_hangs_in_its_turn_loses_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "_BEGIN", transactions._BEGIN.replace("15000", "200"))
    hanging = await asyncpg.connect(url)
    await hanging.execute(transactions._BEGIN)
    await hanging.execute(transactions._TURN)
    engine = await open_engine(url)
    try:
        await engine.write(lambda db: db.execute("INSERT INTO destination (name) VALUES ('there')"))
        with pytest.raises(LOST):
            await hanging.execute("SELECT 1")
    finally:
        hanging.terminate()
        await engine.close()


@pytest.mark.parametrize("how", [SIGINT, SIGKILL])
async def test_a_store_goes_on_once_its_database_is_back(own_server: Server, how: Signals) -> None:
    async with open_store(own_server.url()) as store:
        first = await store.add_request(incoming())
        await asyncio.to_thread(own_server.stop, how)
        for attempt in (
            lambda: store.add_request(incoming()),
            lambda: store.claim_requests(NOW_MS, NOW_MS + LEASE, 10),
            lambda: store.spend_call("acme", NOW_MS),
            store.ledger,
        ):
            with pytest.raises(StoreFault, match="postgresql://relay@127"):
                await attempt()
        await asyncio.to_thread(own_server.start)
        second = await store.add_request(incoming())
        claimed = await store.claim_requests(NOW_MS, NOW_MS + LEASE, 10)
        assert {one.id for one in claimed} == {first, second}


async def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StoreFault) as caught:
        async with open_store("postgresql://relay:hunter2@127.0.0.1:9/relay"):
            pass
    assert "postgresql://relay@127.0.0.1:9/relay" in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_a_database_in_another_encoding_is_refused(databases: Databases) -> None:
    async with databases.new("ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0") as url:
        with pytest.raises(StoreFault, match="UTF8"):
            async with open_store(url):
                pass


async def test_a_ledger_of_a_newer_relay_is_refused(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO migration VALUES (9999, '9999_future.sql', 'x')")
    await connection.close()
    with pytest.raises(StoreFault, match="upgrade"):
        async with open_store(url):
            pass


async def test_nodes_that_start_at_the_same_moment_make_one_ledger(databases: Databases) -> None:
    async with databases.new("TEMPLATE template0") as url:

        async def start() -> None:
            async with open_store(url) as store:
                await store.add_request(incoming())

        await asyncio.gather(*(start() for _ in range(5)))
        async with open_store(url) as store:
            assert (await store.ledger()).accepted == 5


async def test_a_text_may_hold_any_character(url: str) -> None:
    """PostgreSQL's texts have no NUL: it is kept as the sign for what cannot be shown."""
    async with open_store(url) as store:
        number = await store.add_request(incoming(source="sh\0op"))
        kept = await store.request(number)
        assert kept is not None
        assert kept.source == "sh\ufffdop"


async def test_the_way_through_pgbouncer_keeps_no_state_in_a_connection(url: str) -> None:
    """Every connection is left as it was found, but for what asyncpg sets back while it looks up types."""
    engine = await open_engine(url)
    store = SqlStore(engine)
    await Desk(store).enrol_at(LANE, "ana@example.com")
    found = await engine.read(
        lambda db: (
            one(db, "SELECT count(*) FROM pg_settings WHERE source = 'session' AND name <> 'jit'")[0],
            one(db, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")[0],
        )
    )
    await engine.close()
    assert found == (0, 0)


async def test_engines_agree_on_the_clock_of_the_database(url: str, tmp_path: Path) -> None:
    async with open_store(url) as shared, open_store(tmp_path / "relay.db") as alone:
        assert abs(await shared.ahead()) < 60
        assert await alone.ahead() == 0


class Gated:
    """In place of a pool: a statement ends when the test says so."""

    def __init__(self) -> None:
        self.under_way: list[asyncio.Future[list[tuple[int]]]] = []

    def has_begun(self, statements: int) -> bool:
        return len(self.under_way) == statements

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Gated]:
        yield self

    async def fetch(self, *_: object) -> list[tuple[int]]:
        self.under_way.append(asyncio.get_running_loop().create_future())
        return await self.under_way[-1]


async def test_a_request_that_comes_in_the_moment_in_which_all_others_are_done_is_not_left_behind() -> None:
    pool: Any = Gated()
    intake = Intake(pool, Transactions(pool, "postgresql://nowhere/"), inserted=lambda: None)
    came: list[asyncio.Future[int]] = []
    for number in (1, 2):
        came.append(intake.add(incoming()))
        await until(partial(pool.has_begun, number), "it was not inserted")
    for number, statement_ in enumerate(pool.under_way, 1):
        statement_.set_result([(number,)])
    # Runs right after both have ended, and before anything that only follows from that.
    asyncio.get_running_loop().call_soon(lambda: came.append(intake.add(incoming())))
    await until(partial(pool.has_begun, 3), "nobody inserts it")
    pool.under_way[2].set_result([(3,)])
    assert await asyncio.gather(*came) == [1, 2, 3]


async def test_a_fault_quotes_no_row(engine: PostgresEngine) -> None:
    def twice(db: Database) -> None:
        for _ in range(2):
            db.execute("INSERT INTO destination (name) VALUES (?)", ("ana@example.com",))

    with pytest.raises(StoreFault, match="duplicate key") as caught:
        await engine.write(twice)
    assert "ana@" not in str(caught.value)


async def test_tables_whose_rows_change_are_vacuumed_early_or_have_room_for_it(url: str) -> None:
    async with open_store(url):
        pass
    connection = await asyncpg.connect(url)
    try:
        given = await connection.fetch("SELECT relname, reloptions FROM pg_class WHERE reloptions <> '{}'")
    finally:
        await connection.close()
    options = {name: dict(each.split("=") for each in found) for name, found in given}
    for busy in ("request_state", "delivery"):
        assert options[busy]["autovacuum_vacuum_scale_factor"] == "0.02"
    assert options["lane"] == {"fillfactor": "50"}
