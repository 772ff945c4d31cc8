"""What a person changes is in the audit log, in the same transaction, and stays there."""

from __future__ import annotations

import apsw
import asyncpg
import pytest

from relay.core.audit import broken, change
from relay.core.suppression import Suppression
from relay.store import Store
from tests.factories import LANE, NOW_MS, failure
from tests.store.conftest import Engine
from tests.store.desk import Desk

ME = "ops at the terminal"


async def test_a_change_and_who_made_it_are_written_together(store: Store, desk: Desk) -> None:
    await desk.enrol_in(LANE)
    await desk.end(await desk.freeze(), failure())
    await store.retry_dead(["dead-1"], desk.now, by=change(ME, NOW_MS, "dead.retry", letters=["dead-1"]))
    entry = Suppression("email", "ana@example.com", "asked", "ops", NOW_MS)
    await store.suppress([entry], desk.now, change(ME, NOW_MS, "suppress.add", entries=1))
    entries = await store.audit_page(0, 9)
    assert [(one.number, one.change.who, one.change.action) for one in entries] == [
        (1, ME, "dead.retry"),
        (2, ME, "suppress.add"),
    ]
    assert list(broken(entries)) == []
    assert [one.number for one in await store.audit_newest(1)] == [2]


async def test_what_changed_nothing_is_not_told_of(store: Store, desk: Desk) -> None:
    await store.retry_dead(["dead-9"], desk.now, by=change(ME, NOW_MS, "dead.retry"))
    await store.resume("main", None, change(ME, NOW_MS, "resume"))
    assert await store.audit_page(0, 9) == []


@pytest.mark.parametrize("statement", ["DELETE FROM audit", "UPDATE audit SET who = 'nobody'"])
async def test_entries_are_neither_changed_nor_removed(engine: Engine, statement: str) -> None:
    async with engine.open() as store:
        made = change(ME, NOW_MS, "suppress.add")
        await store.suppress([Suppression("domain", "example.com", "", "ops", NOW_MS)], NOW_MS, made)
    with pytest.raises((apsw.ConstraintError, asyncpg.RaiseError), match="append-only"):
        await engine.execute(statement)
