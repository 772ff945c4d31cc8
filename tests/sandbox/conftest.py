"""A sandbox on a free port, with the first world and a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from relay.sandbox import running
from tests.sandbox.asking import Api, Clock

NOON = 1_790_000_040.0


@pytest.fixture(name="api")
async def _api() -> AsyncIterator[Api]:
    clock = Clock(NOON)
    async with running(clock=clock) as sandbox, aiohttp.ClientSession() as session:
        yield Api(session, sandbox, clock)
