"""An intake for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.factories import FakeClock
from tests.web.front import Front, Opener


@pytest.fixture(name="open_front")
def _open_front(tmp_path: Path, clock: FakeClock) -> Opener:
    return Opener(tmp_path, clock)


@pytest.fixture(name="front")
async def _front(open_front: Opener) -> AsyncIterator[Front]:
    async with open_front() as front:
        yield front
