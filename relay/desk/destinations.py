"""Destinations: what stands between the relay and each of them, and letting them go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from relay.config.destinations import budget_of
from relay.core.breaker import State
from relay.core.budget import HOUR, MINUTE, SLACK, Budget
from relay.desk.desk import Desk
from relay.desk.model import Model, Moment, moment
from relay.desk.operation import NotFound, Role, operation
from relay.store.base import HELD, OpenBreaker, Rate

Name = Annotated[str, Field(min_length=1, max_length=100, examples=["main"])]


class BreakerModel(Model):
    """A breaker that is not closed: of the destination, or of one sequence of it."""

    sequence: str | None
    state: State
    failures: int
    """In a row."""
    reason: str
    look_at: Moment | None
    """When the relay looks whether the API answers again."""


class Hold(Model):
    """What goes on when a person or a check resumes it; `until` None, or by itself at that moment."""

    sequence: str | None
    reason: str


class Window(Model):
    """Calls of an organization in a sliding window."""

    seconds: int
    used: int
    allowed: int | None
    """None: not known yet, since the API has not said."""


class DestinationModel(Model):
    """The execute API of one organization, as the relay sees it now."""

    name: str
    base_url: str
    organization: str
    windows: tuple[Window, ...]
    remaining: int | None
    """Calls that the API itself says are left until `resets_at`."""
    resets_at: Moment | None
    breakers: tuple[BreakerModel, ...]
    holds: tuple[Hold, ...]


class Destinations(Model):
    """Every destination that is configured."""

    items: tuple[DestinationModel, ...]


class Resume(Model):
    """What goes on."""

    sequence: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """One sequence alone; the whole destination without."""


class Resumed(Model):
    """How many holds, pauses and open breakers that ended."""

    ended: int


@operation("GET", "/destinations")
async def list_destinations(desk: Desk) -> Destinations:
    """Limits, breakers and holds of every destination."""
    now = desk.now()
    rates = {rate.organization: rate for rate in await desk.store.rates(now)}
    breakers, held = await desk.store.open_breakers(), await desk.store.held()
    found = []
    for name, section in desk.config.destinations.items():
        budget = budget_of(name, section)
        rate = rates.get(budget.organization)
        tells = rate is not None and rate.limits.resets_at > now
        found.append(
            DestinationModel(
                name=name,
                base_url=section.base_url,
                organization=budget.organization,
                windows=tuple(_windows(budget, rate)),
                remaining=rate.limits.remaining if rate and tells else None,
                resets_at=moment(rate.limits.resets_at) if rate and tells else None,
                breakers=tuple(_breaker(one) for one in breakers if one.destination == name),
                holds=tuple(
                    Hold(sequence=one.sequence, reason=one.reason) for one in held if one.destination == name
                ),
            )
        )
    return Destinations(items=tuple(found))


def _windows(budget: Budget, rate: Rate | None) -> Iterator[Window]:
    allowed = {length - SLACK: calls for length, calls in budget.windows(rate.limits)} if rate else {}
    for seconds, used in ((MINUTE, rate.used_minute if rate else 0), (HOUR, rate.used_hour if rate else 0)):
        yield Window(seconds=seconds, used=used, allowed=allowed.get(seconds))


def _breaker(one: OpenBreaker) -> BreakerModel:
    state = one.breaker.state
    return BreakerModel(
        sequence=one.sequence,
        state=state,
        failures=one.breaker.failures,
        reason=one.breaker.reason,
        look_at=moment(one.breaker.look_at) if state is State.OPEN and one.breaker.look_at < HELD else None,
    )


@operation("POST", "/destinations/{name}/resume", role=Role.OPERATOR, problems=(NotFound,))
async def resume_destination(desk: Desk, name: Name, body: Resume) -> Resumed:
    """Let a destination go on that was held because something was refused, or one sequence of it."""
    if name not in desk.config.destinations:
        raise NotFound("there is no destination of this name", "GET /destinations tells which there are")
    made = desk.by("resume", destination=name, sequence=body.sequence)
    ended = await desk.store.resume(name, body.sequence, made)
    desk.wake("deliver")
    return Resumed(ended=ended)
