"""The keys that say how long things are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from relay.config.values import Duration, Section


class Quarantine(Section):
    """Requests that were not verified: kept for a while, so that a secret mix-up loses nothing."""

    keep: Annotated[int, Field(ge=0, le=100_000)] = 1000
    """How many are kept; the oldest go first. 0 keeps none."""


class Retention(Section):
    """How long what is over is kept. What waits, is sent or is a dead letter is never removed."""

    bodies: Duration = timedelta(days=30)
    """What was said in requests, calls and answers, and what was not verified; 0: for ever."""

    records: Duration = timedelta(days=365)
    """Requests, events, enrollments and calls themselves, by which repeats are known; 0: for ever."""
