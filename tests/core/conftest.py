"""Property tests draw the same examples on every machine and are not timed."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("relay", deadline=None, derandomize=True, database=None)
settings.load_profile("relay")
