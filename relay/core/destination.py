"""The execute API of one organization, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from relay.core.budget import Budget
from relay.core.settlement import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where batches go and how failures are met. `api_key` is never shown."""

    name: str
    base_url: str
    api_key: str = field(repr=False)
    auth: Literal["x-api-key", "bearer"]
    idempotency_header: str
    policy: Policy
    timeout: timedelta
    budget: Budget
