"""What an organization has in the sandbox, one record for each kind of thing.

Times are Unix seconds, delays are hours, ids are UUID texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["draft", "active", "paused", "archived"]
StepType = Literal["survey", "review_request", "email", "sms", "shareable_link"]
Trigger = Literal["api", "manual", "scheduled", "event"]

EVERYTHING = frozenset({"sequences:*", "contacts:*"})


@dataclass(slots=True)
class Organization:
    """A customer of the destination; keys, contacts and limits are its own."""

    id: str
    name: str
    api_access: bool = True


@dataclass(slots=True)
class ApiKey:
    """A key: `secret` is what a client sends; scopes may be `resource:*`."""

    secret: str
    organization_id: str
    scopes: frozenset[str] = EVERYTHING
    active: bool = True
    expires_at: float | None = None

    def allows(self, scope: str) -> bool:
        """Whether the key has this scope, by name or by its resource's wildcard."""
        return scope in self.scopes or f"{scope.partition(':')[0]}:*" in self.scopes


@dataclass(slots=True)
class Step:
    """One step: waits `delay_hours`, acts, then tells `url` if it has one."""

    id: str
    type: StepType = "survey"
    delay_hours: float = 0
    url: str | None = None


@dataclass(slots=True)
class Split:
    """An A/B test: `percent` of the contacts (1 to 99) go to the variant instead."""

    variant_id: str
    percent: float


@dataclass(slots=True)
class Sequence:
    """An ordered list of steps that contacts are enrolled in."""

    id: str
    organization_id: str
    name: str
    status: Status = "active"
    steps: list[Step] = field(default_factory=list)
    split: Split | None = None
    trigger: Trigger = "api"
    created_at: float = 0


@dataclass(slots=True)
class Place:
    """A location or an employee: all that execute needs to know of either."""

    id: str
    organization_id: str
    name: str
    active: bool = True


@dataclass(slots=True)
class Contact:
    """One person of one organization."""

    id: str
    organization_id: str
    email: str
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    title: str | None = None
    preferred_language: str | None = None
    location_id: str | None = None
    contact_organization_id: str | None = None
    custom_fields: Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ()
    unsubscribed: bool = False
    created_at: float = 0
    updated_at: float = 0


@dataclass(slots=True)
class Sending:
    """One enrollment of one contact: `sequence_id` was called, `runs_id` was drawn and runs."""

    number: int
    contact_id: str
    sequence_id: str
    runs_id: str
    location_id: str | None
    employee_id: str | None
    request: int
    at: float
    steps_done: int = 0
    steps_skipped: int = 0
