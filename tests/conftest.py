"""What all tests share: a clock to move, and how the property tests search."""

from __future__ import annotations

from collections.abc import Iterator

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


@pytest.fixture(name="clock")
def _clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(name="databases", scope="session")
def _databases() -> Iterator[Databases]:
    """PostgreSQL is started by the first test that needs it."""
    databases = Databases()
    yield databases
    databases.close()
