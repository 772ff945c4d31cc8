"""What all tests share: where their files are, a clock to move, and how the property tests search."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.factories import FakeClock
from tests.postgres import Databases

# Always the same examples: a run that fails fails again. `--hypothesis-profile=explore` looks further.
settings.register_profile("usual", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.register_profile(
    "noshrink", deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("usual")

_MEMORY = Path("/dev/shm")
_ROOM = 2 << 30


def pytest_configure() -> None:
    """Files of tests are in memory where there is room: most of their time was waiting for a disk to sync.

    A process that is killed loses no more there than on a disk. TMPDIR names another place.
    """
    if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


@pytest.fixture(name="clock")
def _clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(name="databases", scope="session")
def _databases() -> Iterator[Databases]:
    """PostgreSQL is started by the first test that needs it."""
    databases = Databases()
    yield databases
    databases.close()
