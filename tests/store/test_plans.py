"""No statement of the ledger reads more of a table because the table has grown, but for those that are named.

SQLite plans without statistics of the rows, so that an empty ledger shows what a large one would do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import apsw
import pytest

from relay.store.queries import queries
from relay.store.sql.database import rows
from relay.store.sqlite.connection import connect, migrate

BOUNDED = {
    "access_failure": "some thousand at most",
    "alert": "forgotten after ninety days",
    "alert_look": "one row",
    "alert_message": "some thousand for each channel",
    "breaker": "configured destinations and sequences",
    "call_count": "an hour",
    "destination": "configured",
    "event_day": "bounded in types and days",
    "event_type": "bounded",
    "forgotten_event": "one row",
    "lane": "configured",
    "node": "processes of the last days",
    "login_link": "forgotten after minutes",
    "rate_limit": "configured",
    "retired": "four rows",
    "retiring": "a row for each stage",
    "session": "who is logged in",
    "spooled": "files of the last outages",
    "token": "who was given one",
}
"""Tables that do not grow with the traffic, and why."""

READ_WHOLE = {
    ("ledger", name): "the recount of the books"
    for name in (
        "accepted",
        "calls",
        "enrollments",
        "events",
        "letters",
        "promised_enrollments",
        "promised_events",
        "quarantined",
        "requests",
    )
} | {
    ("letters", "count"): "dead letters, for a person who looks",
    ("letters", "groups"): "dead letters, by what they have in common",
    ("requests", "quarantine_bound"): "numbers of what quarantine.keep allows",
}
"""Statements that read whole tables or all that waits, and why they may."""

STOPS_EARLY = {
    ("audit", "last"): "at the first row",
    ("lists", "find_corrected"): "after the newest corrections",
    ("lists", "find_waiting"): "asked only where few wait",
    ("lists", "many_waiting"): "once there are many",
    ("requests", "quarantined"): "after a page",
    ("suppression", "any"): "at the first entry",
}
"""Statements that go through a table or an index of it, and stop after a bounded part."""

UNDER_WAY = ("batch_open", "job_open", "delivery_sending")
"""Indexes of what is under way, which is bounded by what may be."""

WANTED = {
    ("lists", "requests"): "request_state.request_id < :before AND request_state.request_id >= :floor",
    ("lists", "enrollments"): "delivery.enrollment_id < :before AND delivery.enrollment_id >= :floor",
}


def statements() -> Iterator[tuple[str, str]]:
    for entry in files("relay.store.sql").joinpath("queries").iterdir():
        file = entry.name.removesuffix(".sql")
        yield from ((file, name) for name in queries("relay.store.sql", file))


def text_of(file: str, name: str) -> str:
    """A statement as it is run, where parts of it are filled in."""
    text = queries("relay.store.sql", file)[name]
    if "{wanted}" not in text:
        return text
    return text.format(wanted=WANTED.get((file, name), "TRUE"), by="cause, symptom, source")


def plan(db: apsw.Connection, text: str) -> list[str]:
    words = re.sub(r"--[^\n]*", "", text)
    named = re.findall(r":([a-z]\w*)", words)
    given = len(set(re.findall(r"\?\d+", words))) or words.count("?")
    values = dict.fromkeys(named) if named else (None,) * given
    return [detail for *_, detail in rows(db, f"EXPLAIN QUERY PLAN {words}", values)]


@pytest.fixture(name="empty", scope="module")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    path: Path = tmp_path_factory.mktemp("plans") / "relay.db"
    with closing(connect(path)) as db:
        migrate(db)
        yield db


def tables(db: apsw.Connection) -> set[str]:
    return {name for (name,) in rows(db, "SELECT name FROM sqlite_master WHERE type = 'table'")}


def whole(db: apsw.Connection, file: str, name: str) -> list[str]:
    """The scans of tables that grow."""
    growing = tables(db) - BOUNDED.keys()
    scans = [step for step in plan(db, text_of(file, name)) if step.startswith("SCAN ")]
    return [step for step in scans if step.split()[1] in growing and not step.endswith(UNDER_WAY)]


@pytest.mark.parametrize(("file", "name"), sorted(statements()))
def test_no_statement_goes_through_a_table_that_grows(empty: apsw.Connection, file: str, name: str) -> None:
    if (file, name) not in READ_WHOLE | STOPS_EARLY:
        assert whole(empty, file, name) == []


def test_every_exception_is_one(empty: apsw.Connection) -> None:
    for place in READ_WHOLE | STOPS_EARLY:
        assert whole(empty, *place), f"{place} goes through nothing any more"
    assert BOUNDED.keys() <= tables(empty)


def test_a_table_without_an_index_would_be_seen(empty: apsw.Connection) -> None:
    assert plan(empty, "SELECT 1 FROM enrollment WHERE email = :email") == ["SCAN enrollment"]
