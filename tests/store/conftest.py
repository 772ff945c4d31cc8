"""Every test of the store runs once for each engine, through the `Store` protocol alone."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

import apsw
import asyncpg
import pytest

from relay.store import Place, Store, open_store
from relay.store.moving import source
from tests.postgres import Databases
from tests.store.desk import Desk
from tests.store.everything import everything

ENGINES = ("sqlite", "postgres")


class Engine:
    """Where one ledger lives: opened again, it is the same ledger."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @property
    def path(self) -> Path:
        """Of the file, for tests that are about SQLite."""
        assert isinstance(self.place, Path)
        return self.place

    async def execute(self, statement: str) -> None:
        """Past the store."""
        if isinstance(self.place, Path):
            with closing(apsw.Connection(str(self.place))) as db:
                db.execute(statement)
            return
        connection = await asyncpg.connect(self.place)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def open(self, *, exclusive: bool = True) -> AbstractAsyncContextManager[Store]:
        return open_store(self.place, exclusive=exclusive)


class Engines:
    """Makes new ledgers of one kind."""

    def __init__(self, kind: str, databases: Databases) -> None:
        self._kind = kind
        self._databases = databases

    def fewer(self, examples: int) -> int:
        """As many examples as a test can afford: each statement is a way to a server and back."""
        return max(1, examples // 8) if self._kind == "postgres" else examples

    @asynccontextmanager
    async def new(self) -> AsyncIterator[Engine]:
        if self._kind == "postgres":
            async with self._databases.new() as url:
                yield Engine(url)
            return
        with tempfile.TemporaryDirectory() as folder:
            yield Engine(Path(folder) / "relay.db")


@pytest.fixture(name="engines", params=ENGINES, scope="session")
def _engines(request: pytest.FixtureRequest, databases: Databases) -> Engines:
    return Engines(request.param, databases)


@pytest.fixture(name="engine")
async def _engine(engines: Engines) -> AsyncIterator[Engine]:
    async with engines.new() as engine:
        yield engine


@pytest.fixture(name="sqlite")
def _sqlite(tmp_path: Path) -> Engine:
    """For tests that are about the file."""
    return Engine(tmp_path / "relay.db")


@pytest.fixture(name="store")
async def _store(engine: Engine) -> AsyncIterator[Store]:
    async with engine.open() as store:
        yield store


@pytest.fixture(name="desk")
def _desk(store: Store) -> Desk:
    return Desk(store)


@pytest.fixture(name="ledger")
async def _ledger(sqlite: Engine) -> Path:
    """A file with everything in it; nobody works on it."""
    async with sqlite.open() as store:
        await everything(Desk(store))
    return sqlite.path


@pytest.fixture(name="database")
async def _database(databases: Databases) -> AsyncIterator[str]:
    """The URL of a database with an empty ledger."""
    async with databases.new() as url:
        yield url


@pytest.fixture(name="small_ranges")
def _small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """A move goes in steps of a few rows."""
    monkeypatch.setattr(source, "_STEP", 2)
    monkeypatch.setattr(source, "_MOST_ROWS", 4)
