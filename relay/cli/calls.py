"""What stands between the relay and its destinations: limits of organizations, and breakers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.text import Text

from relay.cli.output import console, plain, show_time, table
from relay.core.breaker import State
from relay.core.budget import HOUR, MINUTE, SLACK, Budget
from relay.store.base import OpenBreaker, Rate

_WIDTH = 24


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls by organization, and breakers that are not closed. `budgets` are by organization."""

    rates: Sequence[Rate]
    breakers: Sequence[OpenBreaker]
    budgets: Mapping[str, Budget]
    now: int


def calls(
    rates: Sequence[Rate], breakers: Sequence[OpenBreaker], budgets: Iterable[Budget], now: int
) -> Calls:
    return Calls(rates, breakers, {budget.organization: budget for budget in budgets}, now)


def as_data(found: Calls) -> dict[str, Any]:
    """For machines: times as texts, and null where no limit is known."""
    return {
        "rates": [_rate(found, rate) for rate in found.rates],
        "breakers": [
            {"destination": one.destination, "sequence": one.sequence}
            | asdict(one.breaker)
            | {"look_at": show_time(one.breaker.look_at) if one.breaker.state is State.OPEN else None}
            for one in found.breakers
        ],
    }


def _rate(found: Calls, rate: Rate) -> dict[str, Any]:
    allowed = _allowed(found, rate)
    counts = rate.limits.resets_at > found.now
    return {
        "organization": rate.organization,
        "used_minute": rate.used_minute,
        "per_minute": allowed.get(MINUTE),
        "used_hour": rate.used_hour,
        "per_hour": allowed.get(HOUR),
        "remaining": rate.limits.remaining if counts else None,
        "resets_at": show_time(rate.limits.resets_at) if counts else None,
    }


def _allowed(found: Calls, rate: Rate) -> dict[int, int]:
    """Calls by the length of the window, in seconds."""
    budget = found.budgets.get(rate.organization) or Budget(organization=rate.organization)
    return {length - SLACK: calls for length, calls in budget.windows(rate.limits)}


def show(found: Calls) -> None:
    """For people; nothing where nothing was called and nothing is wrong."""
    rows = [row for rate in found.rates if rate.used_hour for row in _rows(found, rate)]
    if rows:
        console.print(table("Calls", ("", "", "", ""), rows))
        console.print()
    gone = {one.destination for one in found.breakers if one.sequence is None}
    for one in found.breakers:
        if one.sequence is not None and one.destination in gone:
            continue  # the destination stands for all of them, and is looked at first
        console.print(Text(plain(_told(one)), style="red" if one.breaker.state is State.OPEN else "yellow"))


def _rows(found: Calls, rate: Rate) -> Iterator[tuple[str, str, Text, Text]]:
    allowed = _allowed(found, rate)
    for name, length, used in (("minute", MINUTE, rate.used_minute), ("hour", HOUR, rate.used_hour)):
        most = allowed.get(length)
        bar = round(_WIDTH * min(1.0, used / most)) if most else 0
        yield (
            rate.organization if length == MINUTE else "",
            f"in the last {name}",
            Text(f"{used:>6}" + (f" of {most}" if most else "")),
            Text("█" * bar, style="red" if most and used >= most else "blue"),
        )
    if rate.limits.resets_at > found.now and rate.limits.remaining is not None:
        left = f"{rate.limits.remaining:>6} until {show_time(rate.limits.resets_at)} UTC"
        yield "", "left, the API says", Text(left), Text()


def _told(one: OpenBreaker) -> str:
    what = one.destination + (f" / sequence {one.sequence}" if one.sequence else "")
    failed = f"{one.breaker.failures} failures in a row, the last call: {one.breaker.reason}"
    if one.breaker.state is State.HALF_OPEN:
        return f"Half open: {what} answers again and gets one call at first ({failed})"
    return f"Open: {what} gets no calls, next look {show_time(one.breaker.look_at)} UTC ({failed})"
