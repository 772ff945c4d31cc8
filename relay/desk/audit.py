"""The audit log: who changed what, and whether the log is whole."""

from __future__ import annotations

from typing import Any

import orjson

from relay.core.audit import FIRST, Entry, broken
from relay.desk.cursors import number_in, to_cursor
from relay.desk.desk import Desk
from relay.desk.model import Model, Moment, Page, PageQuery, moment
from relay.desk.operation import operation

_PAGE = 1000


class AuditEntry(Model):
    """A change that somebody made."""

    number: int
    at: Moment
    who: str
    action: str
    detail: dict[str, Any]
    seal: str
    """Of this entry and every one before it, in hex."""


class AuditPage(Page):
    """Entries, the newest first."""

    items: tuple[AuditEntry, ...]


class Verification(Model):
    """Whether the log is whole.

    The last number and seal, kept elsewhere, show later whether the end was cut off.
    """

    entries: int
    seal: str
    whole: bool
    faults: tuple[str, ...]


@operation("GET", "/audit")
async def list_audit(desk: Desk, query: PageQuery) -> AuditPage:
    """Changes that people made, the newest first."""
    found = await desk.store.audit_newest(query.limit, number_in(query.after))
    more = len(found) == query.limit and found[-1].number > 1
    return AuditPage(
        items=tuple(_entry(one) for one in found), next=to_cursor(found[-1].number) if more else None
    )


def _entry(entry: Entry) -> AuditEntry:
    made = entry.change
    return AuditEntry(
        number=entry.number,
        at=moment(made.at),
        who=made.who,
        action=made.action,
        detail=orjson.loads(made.detail),
        seal=entry.seal,
    )


@operation("GET", "/audit/verification")
async def verify_audit(desk: Desk) -> Verification:
    """Check that no entry was altered, removed or slipped in."""
    number, before, faults = 0, FIRST, list[str]()
    while page := await desk.store.audit_page(number, _PAGE):
        if page[0].number != number + 1:
            faults.append(f"entry {page[0].number} follows {number}: what was between them is gone")
        faults += broken(page, before)
        number, before = page[-1].number, page[-1].seal
    return Verification(entries=number, seal=before, whole=not faults, faults=tuple(faults))
