"""Every test of the store runs once for each engine, through the `Store` protocol alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from relay.store import Store, open_store
from tests.store.desk import Desk

ENGINES = ("sqlite",)


class Engine:
    """Where one ledger lives: opened again, it is the same ledger."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.path = folder / "relay.db"

    def open(self, *, exclusive: bool = True) -> AbstractAsyncContextManager[Store]:
        return open_store(self.path, exclusive=exclusive)


@pytest.fixture(name="engine", params=ENGINES)
def _engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return Engine(request.param, tmp_path)


@pytest.fixture(name="store")
async def _store(engine: Engine) -> AsyncIterator[Store]:
    async with engine.open() as store:
        yield store


@pytest.fixture(name="desk")
def _desk(store: Store) -> Desk:
    return Desk(store)
