"""The suppression list: who is on it, and who of some people it means."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import orjson

from relay.core.suppression import Suppression, identifiers, told
from relay.store.queries import queries
from relay.store.sql.database import Database, json_list, one, row, rows

SQL = queries("relay.store.sql", "suppression")


def put(db: Database, entries: Collection[Suppression], now: int) -> int:
    """Add entries, or replace those of the same value; how many were new. Expired ones are forgotten."""
    db.execute(SQL["forget_expired"], (now,))
    values = json_list(entry.value for entry in entries)
    before = one(db, SQL["count"], (values,))[0]
    # In order of the table, so that a long list goes in fast.
    for entry in sorted(entries, key=lambda entry: entry.value):
        given = (entry.value, entry.kind, entry.reason, entry.who, entry.created_at, entry.expires_at)
        db.execute(SQL["put"], given)
    return int(one(db, SQL["count"], (values,))[0] - before)


def remove(db: Database, values: Sequence[str]) -> list[str]:
    """Take values off the list; those that were on it."""
    return [value for value in values if row(db, SQL["remove"], (value,)) is not None]


def page(db: Database, kind: str | None, after: str, limit: int, now: int) -> list[Suppression]:
    """Entries that hold at this time, in the order of their values."""
    values = {"kind": kind, "after": after, "limit": limit, "now": now}
    return [Suppression(*found) for found in rows(db, SQL["page"], values)]


def listed(db: Database, people: Mapping[int, tuple[str, bytes]], now: int) -> dict[int, str]:
    """Who of these people is on the list, each with the reason; `people` have an address and a contact."""
    if not one(db, SQL["any"])[0]:
        return {}
    wanted = {number: identifiers(email, phone_in(contact)) for number, (email, contact) in people.items()}
    values = json_list(value for values in wanted.values() for value in values)
    found = {
        value: told(kind, reason)
        for value, kind, reason in rows(db, SQL["listed"], {"values": values, "now": now})
    }
    if not found:
        return {}
    reasons = {number: [found[v] for v in values if v in found] for number, values in wanted.items()}
    return {number: matching[0] for number, matching in reasons.items() if matching}


def phone_in(contact: bytes) -> str | None:
    """The phone number of a contact as it is sent."""
    phone: str | None = orjson.loads(contact).get("phone")
    return phone
