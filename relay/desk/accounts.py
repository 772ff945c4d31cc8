"""The accounts: every count of the ledger and of what sources send, as `relay status` shows them."""

from __future__ import annotations

from relay.config.destinations import budget_of
from relay.core.budget import Budget
from relay.core.traffic import EventType
from relay.desk.desk import Desk
from relay.desk.model import Model
from relay.desk.operation import operation
from relay.store.base import Ledger, OpenBreaker, Rate


class Accounts(Model):
    """Counts as they are kept; moments are milliseconds since 1970, days counted from 1970."""

    now: int
    ledger: Ledger
    traffic: tuple[EventType, ...]
    rates: tuple[Rate, ...]
    breakers: tuple[OpenBreaker, ...]
    budgets: tuple[Budget, ...]
    """Limits as they are configured."""


@operation("GET", "/accounts")
async def show_accounts(desk: Desk) -> Accounts:
    """Every count that the accounts are made of, as it is kept."""
    now = desk.now()
    return Accounts(
        now=now,
        ledger=await desk.store.ledger(),
        traffic=tuple(await desk.store.traffic()),
        rates=tuple(await desk.store.rates(now)),
        breakers=tuple(await desk.store.open_breakers()),
        budgets=tuple(budget_of(name, one) for name, one in desk.config.destinations.items()),
    )
