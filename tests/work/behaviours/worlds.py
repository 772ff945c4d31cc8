"""What is done to the sandbox's world before the first call, or to mend it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from relay.sandbox import Running
from relay.sandbox.first import KEY, MORGAN, ORGANIZATION
from relay.sandbox.rates import budget_for
from relay.sandbox.records import Status, Trigger

Change = Callable[[Running], None]


def all_of(*changes: Change) -> Change:
    def change(sandbox: Running) -> None:
        for one in changes:
            one(sandbox)

    return change


def access_off(sandbox: Running) -> None:
    sandbox.world.organizations[ORGANIZATION].api_access = False


def key_revoked(sandbox: Running) -> None:
    sandbox.world.keys[KEY].active = False


def key_expired(sandbox: Running) -> None:
    sandbox.world.keys[KEY].expires_at = 0


def key_with(*scopes: str) -> Change:
    def change(sandbox: Running) -> None:
        sandbox.world.keys[KEY].scopes = frozenset(scopes)

    return change


def another_key(secret: str) -> Change:
    """The organization has one more key."""

    def change(sandbox: Running) -> None:
        sandbox.world.add_key(ORGANIZATION, secret)

    return change


def sequence(id_: str, status: Status = "active", trigger: Trigger = "api", *, steps: bool = True) -> Change:
    def change(sandbox: Running) -> None:
        found = sandbox.world.sequences[id_]
        found.status, found.trigger = status, trigger
        found.steps = found.steps if steps else []

    return change


def employee_left(sandbox: Running) -> None:
    sandbox.world.employees[MORGAN].active = False


def unknown_location(id_: str) -> Change:
    def change(sandbox: Running) -> None:
        sandbox.world.locations.pop(id_, None)

    return change


def location(id_: str) -> Change:
    def change(sandbox: Running) -> None:
        sandbox.world.add_place("location", ORGANIZATION, "Found again", id=id_)

    return change


def unsubscribed(*addresses: str) -> Change:
    def change(sandbox: Running) -> None:
        for address in addresses:
            sandbox.world.add_contact(ORGANIZATION, address, 0, unsubscribed=True)

    return change


def known(*addresses: str) -> Change:
    """Contacts that are there before the first call, written as they are here."""

    def change(sandbox: Running) -> None:
        for address in addresses:
            sandbox.world.add_contact(ORGANIZATION, address, 0)

    return change


def used_up(window: Literal["minute", "hour"], left: int) -> Change:
    """Other callers of the organization have left so many calls of a window."""

    def change(sandbox: Running) -> None:
        budget = budget_for(ORGANIZATION, sandbox.switches)
        meter = sandbox.world.meter(ORGANIZATION)
        limit = budget.per_minute if window == "minute" else budget.per_hour
        (meter.minute if window == "minute" else meter.hour).hits.extend(
            [sandbox._sandbox.clock()] * (limit - left)
        )

    return change


def posting_callbacks(sandbox: Running) -> None:
    """Each step tells an address where nobody listens."""
    for one in sandbox.world.sequences.values():
        for step in one.steps:
            step.url = "http://127.0.0.1:9/hook"
