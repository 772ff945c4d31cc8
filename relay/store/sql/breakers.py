"""Breakers as rows: what calls and looks showed, and where nothing may go."""

from __future__ import annotations

from dataclasses import replace

from relay.core.breaker import CLOSED, Breaker, Health, State, after_call, after_look
from relay.store.base import HELD, OpenBreaker
from relay.store.queries import queries
from relay.store.sql.database import Database, row, rows

SQL = queries("relay.store.sql", "breakers")

Scope = tuple[str, str]
"""A destination and one of its sequences; an empty sequence stands for all of it."""


def called(db: Database, destination: str, sequence: str, health: Health, now: int) -> None:
    """Write down what a call showed of its destination and of its sequence."""
    for scope in ((destination, ""), (destination, sequence)):
        before = _breaker(db, scope)
        after = after_call(before, health, now)
        if after != before:
            _put(db, scope, after)


def looked(db: Database, found: OpenBreaker, health: Health, now: int) -> State:
    """Write down what a look showed; what the breaker is by then."""
    scope = (found.destination, found.sequence or "")
    before = _breaker(db, scope)
    after = after_look(before, health, now)
    if after != before:
        _put(db, scope, after)
    if after.state is State.HALF_OPEN and found.sequence is None:
        db.execute(SQL["end_pause"], (found.destination, HELD))
    return after.state


def let_through(db: Database, destination: str, sequence: str | None) -> bool:
    """Half open a breaker as if a look had succeeded; False where it is not open."""
    values = {"destination": destination, "sequence": sequence or ""}
    return row(db, SQL["half_open"], values) is not None


def not_closed(db: Database) -> list[OpenBreaker]:
    """Every breaker that holds something back."""
    return [
        OpenBreaker(destination, sequence or None, Breaker(State(state), *more))
        for destination, sequence, state, *more in rows(db, SQL["open"])
    ]


def gates(db: Database) -> tuple[set[Scope], set[Scope]]:
    """Where nothing may go, and where one call may: half open, with none under way."""
    shut: set[Scope] = set()
    trials: set[Scope] = set()
    for destination, sequence, state, busy in rows(db, SQL["gates"]):
        chosen = trials if state == State.HALF_OPEN and not busy else shut
        chosen.add((destination, sequence))
    return shut, trials


def look_soon(db: Database) -> None:
    """After a start nobody waits for a look that was planned long ago."""
    db.execute(SQL["look_soon"])


def _breaker(db: Database, scope: Scope) -> Breaker:
    found = row(db, SQL["breaker"], scope)
    return CLOSED if found is None else Breaker(State(found[0]), *found[1:])


def _put(db: Database, scope: Scope, breaker: Breaker) -> None:
    if breaker == CLOSED:
        db.execute(SQL["remove"], scope)
    else:
        one = replace(breaker, reason=breaker.reason[:500])
        db.execute(SQL["put"], (*scope, one.state.value, one.failures, one.look_at, one.reason))
