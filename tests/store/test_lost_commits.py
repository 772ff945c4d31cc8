"""The connection to the database is lost while a transaction is committed, once or again and again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from relay.store.postgres.engine import PostgresEngine, open_engine
from relay.store.postgres.transactions import Away
from relay.store.sql.database import Database, one
from tests.postgres import Databases
from tests.store.cutting import Cutting


@pytest.fixture(name="way")
async def _way(databases: Databases) -> AsyncIterator[Cutting]:
    """A way to an empty ledger that cuts nothing yet."""
    async with databases.new() as url:
        way = Cutting(url)
        way.left = 0
        async with way.listening():
            yield way


@pytest.fixture(name="engine")
async def _engine(way: Cutting) -> AsyncIterator[PostgresEngine]:
    engine = await open_engine(way.url)
    yield engine
    way.left = 0
    await engine.close()


def count(db: Database) -> int:
    return int(
        one(
            db,
            "INSERT INTO destination (name, paused_until) VALUES ('main', 1)"
            " ON CONFLICT (name) DO UPDATE SET paused_until = destination.paused_until + 1"
            " RETURNING paused_until",
        )[0]
    )


async def counted(engine: PostgresEngine) -> int:
    return await engine.read(
        lambda db: int(one(db, "SELECT COALESCE(max(paused_until), 0) FROM destination")[0])
    )


async def test_what_was_committed_is_not_repeated_though_nobody_heard_of_it(
    engine: PostgresEngine, way: Cutting
) -> None:
    way.left = None
    assert [await engine.write(count) for _ in range(3)] == [1, 2, 3]
    assert way.cut == 3
    assert await counted(engine) == 3


async def test_what_was_not_committed_is_repeated(engine: PostgresEngine, way: Cutting) -> None:
    way.reaches, way.left = False, 1
    assert await engine.write(count) == 1
    assert (way.cut, await counted(engine)) == (1, 1)


async def test_where_no_commit_comes_through_the_database_is_away_after_two_tries(
    engine: PostgresEngine, way: Cutting
) -> None:
    way.reaches, way.left = False, None
    with pytest.raises(Away, match="cannot be written"):
        await engine.write(count)
    assert way.cut == 2
    assert await counted(engine) == 0
    way.left = 0
    assert await engine.write(count) == 1


async def test_of_a_write_without_a_turn_whose_commit_was_lost_nobody_can_tell(
    engine: PostgresEngine, way: Cutting
) -> None:
    way.left = None
    with pytest.raises(Away, match="whether it was is not known"):
        await engine.claim(count)
    assert way.cut == 1
