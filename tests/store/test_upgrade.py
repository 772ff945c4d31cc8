"""Ledgers of older relays: what stands in them is there after the upgrade."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from relay.core.letters import LetterFilter
from relay.store.sqlite.connection import connect, migrate, migrations
from tests.factories import LANE, NOW_MS
from tests.store.conftest import Engine
from tests.store.everything import contents

_ROWS = f"""
INSERT INTO request VALUES (1, 'shop', {NOW_MS}, 'POST', '', x'7b7d', x'7b7d');
INSERT INTO request_state (request_id, state, due_at, events, source) VALUES (1, 'translated', 0, 2, 'shop');
INSERT INTO event (id, request_id, position, source, event_type, fate, reason, path, symptom, created_at)
  VALUES (1, 1, 0, 'shop', 'odd', 'parked', 'is missing', '$.id', '$.id is missing', {NOW_MS});
INSERT INTO event (id, request_id, position, source, event_type, fate, business_key, enrollments, created_at)
  VALUES (2, 1, 1, 'shop', 'purchase', 'read', 'P-1', 2, {NOW_MS});
INSERT INTO lane (id, destination, sequence, location, employee)
  VALUES (1, '{LANE.destination}', '{LANE.sequence}', '', '');
INSERT INTO enrollment (id, event_id, route, lane_id, email, contact, contact_key, cooldown, created_at)
  VALUES
  (1, 2, 'after-visit', 1, 'Ana@example.com',
    CAST('{{"email":"ana@example.com","firstName":"ÄNNE"}}' AS BLOB), x'01', 0, {NOW_MS}),
  (2, 2, 'after-visit', 1, 'ben@example.com',
    CAST('{{"email":"ben@example.com"}}' AS BLOB), x'02', 0, {NOW_MS});
INSERT INTO delivery (enrollment_id, lane_id, state, due_at, settled_at, cause, reason, symptom) VALUES
  (1, 1, 'dead', {NOW_MS}, {NOW_MS + 1}, 'refused', '400 X: no', '# X: no'),
  (2, 1, 'delivered', {NOW_MS}, {NOW_MS + 1}, NULL, NULL, NULL);
"""


def older_ledger(path: Path, first_missing: str) -> None:
    """A ledger as it was before this migration."""
    with closing(connect(path)) as db:
        migrate(db, [(name, script) for name, script in migrations() if name < first_missing])
        db.execute(_ROWS)


async def test_dead_letters_of_an_older_ledger_are_listed(sqlite: Engine) -> None:
    older_ledger(sqlite.path, "0010")
    async with sqlite.open() as store:
        dead, parked = await store.dead_letters(9)
        assert (dead.id, dead.email, dead.symptom, dead.sequence) == (
            "dead-1",
            "Ana@example.com",
            "# X: no",
            LANE.sequence,
        )
        assert (parked.id, parked.path, parked.cause) == ("parked-1", "$.id", "unreadable")
        assert await store.dead_letters(9, LetterFilter(person="änne")) == [dead]
        assert (await store.ledger()).faults() == []
        assert await store.discard_dead(["dead-1", "parked-1"], "old", NOW_MS) == ["dead-1", "parked-1"]


async def test_enrollments_are_all_there_once_their_table_was_made_anew(ledger: Path) -> None:
    before = await contents(ledger)
    (script,) = (script for name, script in migrations() if name.startswith("0021"))
    with closing(connect(ledger)) as db:
        db.execute(script)
    assert before["enrollment"]
    assert await contents(ledger) == before
