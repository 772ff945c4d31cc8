"""PostgreSQL's plans, also where statistics mislead it: a ledger that is young has none, and one that meets a
burst has those of a time when nothing waited."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from relay.store.postgres.statements import statement
from relay.store.postgres.transactions import for_writing
from relay.store.queries import queries
from relay.store.sql.database import Bindings
from tests.postgres import Databases

HISTORY, WAITING = 10_000, 10_000
ALIKE = 300
"""Events about one subject, each with an enrollment: the changes of one contact."""

MOST_ROWS = 60
"""Looked at for each that is asked for; more where all of what is alike is."""

_FILL = """
INSERT INTO request (id, source, received_at, method, query, headers, body)
  SELECT n, 'shop', 0, 'POST', '', '', '' FROM generate_series({first}, {last}) AS n;
INSERT INTO request_state (request_id, state, attempts, due_at, source)
  SELECT n, '{request}', 1, 0, 'shop' FROM generate_series({first}, {last}) AS n;
INSERT INTO event
  (id, request_id, position, source, event_type, fate, subject, delivery_key, occurred_at, created_at)
  SELECT n, n, 0, 'shop', 'orders/paid', 'read',
    sha256(CASE WHEN n <= {alike} THEN 'alike' ELSE n::text END::bytea), sha256(('d' || n)::bytea), n, 0
  FROM generate_series({first}, {last}) AS n;
INSERT INTO enrollment
  (id, event_id, route, lane_id, email, contact, contact_key, dedupe_key, cooldown, created_at)
  SELECT n, n, 'r', 1, n || '@example.com', '{{}}', sha256(('c' || n)::bytea), sha256(('k' || n)::bytea), 1, 0
  FROM generate_series({first}, {last}) AS n;
INSERT INTO delivery (enrollment_id, lane_id, state, due_at, settled_at)
  SELECT n, 1, '{delivery}', 0, {settled} FROM generate_series({first}, {last}) AS n;
"""


def numbers(many: int) -> list[int]:
    """Of those that came last, and wait."""
    return list(range(HISTORY + WAITING - many + 1, HISTORY + WAITING + 1))


def ids(many: int) -> str:
    return json.dumps(numbers(many))


def hashes(prefix: str, many: int) -> str:
    return json.dumps([sha256(f"{prefix}{number}".encode()).hexdigest() for number in numbers(many)])


def alike(many: int) -> dict[str, str]:
    """One change more of a contact that changed often, among what else is saved."""
    subjects = [*json.loads(hashes("", many - 1)), sha256(b"alike").hexdigest()]
    return {"subjects": json.dumps(subjects), "keys": json.dumps([sha256(b"k7").hexdigest()])}


Asked = Callable[[int], Bindings]
LOOK_UPS: list[tuple[str, str, Asked]] = [
    ("requests", "finish", lambda many: {"claims": json.dumps([[n, 1, 1] for n in numbers(many)])}),
    ("translations", "known_events", lambda many: (ids(many),)),
    ("translations", "delivered_before", lambda many: (hashes("d", many),)),
    ("translations", "withdrawn_by", lambda many: (hashes("", many),)),
    (
        "translations",
        "same_enrollment",
        lambda many: {"subjects": hashes("", many), "keys": hashes("k", many)},
    ),
    ("translations", "same_enrollment", alike),
    ("translations", "about", lambda _: {"subject": sha256(b"19000").digest(), "occurred_at": 0}),
    ("translations", "withdraw", lambda many: {"now": 0, "ids": ids(many), "reason": ""}),
    ("translations", "withdraw_overtaken", lambda many: {"now": 0, "ids": ids(many)}),
    ("screening", "candidates", lambda many: (ids(many),)),
    ("batches", "candidates", lambda many: {"lane_id": 1, "replay": 0, "now": 1, "limit": many}),
    ("batches", "all_cooling", lambda many: {"ids": ids(many), "now": 0}),
    ("batches", "join_batch", lambda many: (1, ids(many))),
    (
        "batches",
        "delivered",
        lambda many: {"now": 0, "doubt": None, "contacts": json.dumps([[n, "c"] for n in numbers(many)])},
    ),
]
"""What is asked or changed for all translations that are saved, or enrollments that are sent, together."""


async def fill(connection: asyncpg.Connection[asyncpg.Record], statistics: str) -> None:
    await connection.execute("INSERT INTO lane VALUES (1, 'main', 's', '', '')")
    old = {"first": 1, "last": HISTORY, "request": "translated", "delivery": "delivered", "settled": "0"}
    await connection.execute(_FILL.format(**old, alike=ALIKE))
    if statistics == "of a time when nothing waited":
        await connection.execute("VACUUM ANALYZE")
    new = {"first": HISTORY + 1, "last": HISTORY + WAITING, "request": "waiting", "delivery": "waiting"}
    await connection.execute(_FILL.format(**new, settled="NULL", alike=ALIKE))
    if statistics == "of now":
        await connection.execute("ANALYZE")


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for step in plan.get("Plans", ()):
        yield from steps(step)


def looked_at(step: dict[str, Any]) -> float:
    """Rows, those that were left out included."""
    left_out = step.get("Rows Removed by Filter", 0) + step.get("Rows Removed by Join Filter", 0)
    rows: float = step["Actual Loops"] * (step["Actual Rows"] + left_out)
    return rows


@pytest.mark.parametrize("statistics", ["of now", "none", "of a time when nothing waited"])
@pytest.mark.parametrize("many", [1, 20, 400])
async def test_what_is_asked_for_each_event_and_enrollment_goes_through_no_table_and_no_index(
    databases: Databases, many: int, statistics: str
) -> None:
    rows: dict[tuple[str, str, int], float] = {}
    async with databases.new() as url:
        connection = await asyncpg.connect(url)
        try:
            await fill(connection, statistics)
            for place, (file, name, values) in enumerate(LOOK_UPS):
                made = statement(queries("relay.store.sql", file)[name])
                explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {made.text}"
                transaction = connection.transaction()
                await transaction.start()
                await connection.execute("SELECT 1" + await for_writing(connection))
                (found,) = json.loads(await connection.fetchval(explain, *made.values(values(many))))
                await transaction.rollback()
                rows[file, name, place] = sum(map(looked_at, steps(found["Plan"])))
        finally:
            await connection.close()
    most = MOST_ROWS * many + 10 * ALIKE
    assert {place: count for place, count in rows.items() if count > most} == {}
