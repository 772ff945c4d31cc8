"""A sandbox, a provider, and relays between them that share one ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay.sandbox import Running, running
from tests.factories import FakeClock
from tests.work.house import Builder, House
from tests.work.provider import Provider, listening


@pytest.fixture(name="sandbox")
async def _sandbox(clock: FakeClock) -> AsyncIterator[Running]:
    async with running(clock=clock.now) as sandbox:
        sandbox.switch(rate_limits=False)
        yield sandbox


@pytest.fixture(name="provider")
async def _provider() -> AsyncIterator[Provider]:
    provider = Provider()
    async with listening(provider):
        yield provider


@pytest.fixture(name="build")
def _build(tmp_path: Path, clock: FakeClock, sandbox: Running) -> Builder:
    return Builder(tmp_path, clock, sandbox.url)


@pytest.fixture(name="house")
async def _house(build: Builder) -> AsyncIterator[House]:
    async with build() as house:
        yield house
