"""PostgreSQL's plans where statistics mislead it: a ledger that is young, or grew fast, has none."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256

import asyncpg
import pytest

from relay.store.postgres.statements import statement
from relay.store.postgres.transactions import for_writing
from relay.store.queries import queries
from relay.store.sql.database import Bindings
from tests.postgres import Databases

ROWS = 20_000
MOST_BLOCKS = 30
"""For each that is asked for. An index of as many rows has a hundred and more."""

_FILL = """
INSERT INTO lane (id, destination, sequence, location, employee) VALUES (1, 'main', 's', '', '');
INSERT INTO request (id, source, received_at, method, query, headers, body)
  SELECT n, 'shop', 0, 'POST', '', '', '' FROM generate_series(1, {rows}) AS n;
INSERT INTO request_state (request_id, state, due_at, source)
  SELECT n, 'translated', 0, 'shop' FROM generate_series(1, {rows}) AS n;
INSERT INTO event (id, request_id, position, source, event_type, fate, subject, delivery_key, created_at)
  SELECT n, n, 0, 'shop', 'orders/paid', 'read', sha256(n::text::bytea), sha256(('d' || n)::bytea), 0
  FROM generate_series(1, {rows}) AS n;
INSERT INTO enrollment
  (id, event_id, route, lane_id, email, contact, contact_key, dedupe_key, cooldown, created_at)
  SELECT n, n, 'r', 1, n || '@example.com', '{{}}', sha256(('c' || n)::bytea), sha256(('k' || n)::bytea), 1, 0
  FROM generate_series(1, {rows}) AS n;
INSERT INTO delivery (enrollment_id, lane_id, state, due_at, settled_at)
  SELECT n, 1, 'delivered', 0, 0 FROM generate_series(1, {rows} - 400) AS n;
INSERT INTO delivery (enrollment_id, lane_id, state, due_at)
  SELECT n, 1, 'waiting', 0 FROM generate_series({rows} - 399, {rows}) AS n;
"""


def numbers(many: int) -> str:
    return json.dumps(list(range(1, many + 1)))


def hashes(prefix: str, many: int) -> str:
    return json.dumps([sha256(f"{prefix}{number}".encode()).hexdigest() for number in range(1, many + 1)])


LOOK_UPS: dict[tuple[str, str], Callable[[int], Bindings]] = {
    ("translations", "known_events"): lambda many: (numbers(many),),
    ("translations", "delivered_before"): lambda many: (hashes("d", many),),
    ("translations", "withdrawn_by"): lambda many: (hashes("", many),),
    ("translations", "same_enrollment"): lambda many: {"subjects": hashes("", many)},
    ("translations", "about"): lambda _: {"subject": sha256(b"1").digest(), "occurred_at": 0},
    ("screening", "candidates"): lambda many: (numbers(many),),
    ("batches", "candidates"): lambda many: {"lane_id": 1, "replay": 0, "now": 1, "limit": many},
    ("batches", "all_cooling"): lambda many: {"ids": numbers(many), "now": 0},
}
"""What is asked for all translations that are saved, or enrollments that are claimed, together."""


@asynccontextmanager
async def grown(databases: Databases) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    async with databases.new() as url:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(_FILL.format(rows=ROWS))
            yield connection
        finally:
            await connection.close()


@pytest.mark.parametrize("analysed", [False, True])
@pytest.mark.parametrize("many", [1, 20, 400])
async def test_what_is_asked_for_each_event_and_enrollment_touches_few_blocks_of_a_large_ledger(
    databases: Databases, many: int, *, analysed: bool
) -> None:
    touched: dict[tuple[str, str], int] = {}
    async with grown(databases) as connection:
        if analysed:
            await connection.execute("ANALYZE")
        for place, values in LOOK_UPS.items():
            made = statement(queries("relay.store.sql", place[0])[place[1]])
            async with connection.transaction():
                await connection.execute("SELECT 1" + await for_writing(connection))
                explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {made.text}"
                (found,) = json.loads(await connection.fetchval(explain, *made.values(values(many))))
            touched[place] = found["Plan"]["Shared Hit Blocks"] + found["Plan"]["Shared Read Blocks"]
    assert {place: blocks for place, blocks in touched.items() if blocks > MOST_BLOCKS * many} == {}
