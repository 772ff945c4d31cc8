"""What all tests share: a clock to move, and how the property tests search."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.factories import FakeClock

# Always the same examples: a run that fails fails again. `--hypothesis-profile=explore` looks further.
settings.register_profile("usual", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("usual")


@pytest.fixture(name="clock")
def _clock() -> FakeClock:
    return FakeClock()
