"""Rate limits per plan, as the two stored copies of the rate-limit guide give them.

Source: https://demeterrr.mintlify.app/guides/rate-limits (a later copy, "new"; an earlier, "old").
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Profile = Literal["free", "starter", "pro", "business", "enterprise"]
Table = Literal["new", "old"]


class Budget(NamedTuple):
    """Requests allowed in a minute and in an hour."""

    per_minute: int
    per_hour: int


class Override(BaseModel):
    """What one organization has instead of its profile; what is left out stays the profile's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Profile | None = None
    per_minute: int | None = Field(default=None, ge=1)
    per_hour: int | None = Field(default=None, ge=1)


# The new copy has no free plan; the old one calls enterprise "custom" and gives no figures.
BUDGETS: dict[Table, dict[Profile, Budget]] = {
    "new": {
        "starter": Budget(100, 1_000),
        "pro": Budget(250, 5_000),
        "business": Budget(500, 10_000),
        "enterprise": Budget(1_000, 25_000),
    },
    "old": {
        "free": Budget(50, 500),
        "starter": Budget(100, 1_000),
        "pro": Budget(200, 5_000),
        "business": Budget(500, 10_000),
    },
}


def budget_of(table: Table, profile: Profile, override: Override) -> Budget | None:
    """The limits of one organization, or None where the table has no figures for its profile."""
    listed = BUDGETS[table].get(override.profile or profile)
    per_minute = override.per_minute or (listed and listed.per_minute)
    per_hour = override.per_hour or (listed and listed.per_hour)
    return Budget(per_minute, per_hour) if per_minute and per_hour else None
