"""Enrollments as an operator sees them: in pages, and one with all that became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson

from relay.core.record import contact_key
from relay.store.queries import queries
from relay.store.rows import (
    EnrollmentFilter,
    EnrollmentRow,
    Stretch,
)
from relay.store.sql.database import Database, Row, json_list, one, rows
from relay.store.sql.stretches import ENROLLMENTS, begin, goes_on

SQL = queries("relay.store.sql", "lists")

NARROW = 200_000
"""How many enrollments a page looks at where states and lanes decide, which are narrow rows."""

WIDE = 50_000
"""How many where the enrollment, its event or its time decides."""

CANDIDATES = 1000
"""How many are taken at once from what an index finds."""

FEW = 20_000
"""As many that wait are found by their own index."""

_MOST_OF_A_REQUEST = 1000

_CONTACT = 10
"""Where the contact stands in a row, of which a list shows the names and the phone number."""

_WANTED = {
    "states": "delivery.state IN (SELECT value FROM json_each(:states))",
    "sequences": (
        "delivery.lane_id IN"
        " (SELECT id FROM lane WHERE sequence IN (SELECT value FROM json_each(:sequences)))"
    ),
    "routes": "enrollment.route IN (SELECT value FROM json_each(:routes))",
    "sources": "event.source IN (SELECT value FROM json_each(:sources))",
    "since": "enrollment.created_at >= :since",
    "until": "enrollment.created_at < :until",
}
_NARROW_FIELDS = {"states", "sequences"}
_BY_INDEX = {
    "waiting": "find_waiting",
    "sending": "find_sending",
    "dead": "find_dead",
    "withdrawn": "find_apart",
    "suppressed": "find_apart",
    "merged": "find_apart",
    "discarded": "find_apart",
}


class Candidates(NamedTuple):
    """Ids that an index found, the newest first; it found all down to `floor` (None: all there are)."""

    ids: list[int]
    floor: int | None


def page(db: Database, wanted: EnrollmentFilter, before: int | None, limit: int) -> Stretch[EnrollmentRow]:
    """The newest of these enrollments, or those that follow in the list."""
    start = begin(db, ENROLLMENTS, before, wanted.until)
    fields = [field for field in _WANTED if getattr(wanted, field) not in ((), None)]
    found = _find(db, wanted, start)
    if found is None:
        floor: int | None = start - (NARROW if _NARROW_FIELDS.issuperset(fields) else WIDE)
        among = "delivery.enrollment_id < :before AND delivery.enrollment_id >= :floor"
    else:
        floor = found.floor
        among = "delivery.enrollment_id IN (SELECT value FROM json_each(:ids))"
    values = {
        "states": json_list(wanted.states),
        "sequences": json_list(wanted.sequences),
        "routes": json_list(wanted.routes),
        "sources": json_list(wanted.sources),
        "since": wanted.since,
        "until": wanted.until,
        "before": start,
        "floor": floor,
        "ids": json_list(found.ids if found else ()),
    }
    made = _select(db, " AND ".join([among, *(_WANTED[field] for field in fields)]), values, limit)
    return Stretch(made, goes_on(db, ENROLLMENTS, made[-1].id if len(made) == limit else floor, wanted.since))


def _select(
    db: Database, wanted: str, values: dict[str, str | int | None], limit: int
) -> tuple[EnrollmentRow, ...]:
    found = rows(db, SQL["enrollments"].format(wanted=wanted), values | {"limit": limit})
    return tuple(map(_enrollment, found))


def _enrollment(found: Row) -> EnrollmentRow:
    sent = orjson.loads(found[_CONTACT])
    names = (sent.get("firstName"), sent.get("lastName"), sent.get("phone"))
    return EnrollmentRow(*found[:_CONTACT] + names + found[_CONTACT + 1 :])


def _find(db: Database, wanted: EnrollmentFilter, before: int) -> Candidates | None:
    """What an index finds of them; None where none does."""
    if wanted.email is not None:
        return of_address(db, wanted.email, before, CANDIDATES)
    if not wanted.states or not _BY_INDEX.keys() >= set(wanted.states):
        return None
    if "waiting" in wanted.states and one(db, SQL["many_waiting"], {"many": FEW})[0]:
        return None
    finders = [(_BY_INDEX[state], {"state": state}) for state in dict.fromkeys(wanted.states)]
    return _gather(db, finders, before, CANDIDATES)


def of_address(db: Database, address: str, before: int, most: int) -> Candidates:
    """Enrollments of an address in every sequence that was ever enrolled in."""
    lanes = rows(db, SQL["sequences"])
    keys = [contact_key(destination, sequence, address.strip()) for destination, sequence in lanes]
    return _gather(db, [("find_person", {"contact_key": key}) for key in keys], before, most)


def _gather(
    db: Database, finders: Iterable[tuple[str, Mapping[str, str | bytes]]], before: int, most: int
) -> Candidates:
    ids: set[int] = set()
    floors: list[int] = []
    for statement, values in finders:
        found = [number for (number,) in rows(db, SQL[statement], {**values, "before": before, "most": most})]
        ids.update(found)
        floors += found[-1:] if len(found) == most else []
    floor = max(floors, default=None)
    return Candidates(sorted((number for number in ids if number >= (floor or 0)), reverse=True), floor)


def by_ids(db: Database, ids: Sequence[int], limit: int) -> tuple[EnrollmentRow, ...]:
    """These enrollments, the newest first."""
    among = "delivery.enrollment_id IN (SELECT value FROM json_each(:ids))"
    return _select(db, among, {"ids": json_list(ids)}, limit)


def enrollments_of(db: Database, events: Sequence[int]) -> tuple[EnrollmentRow, ...]:
    """Whom these events enrolled."""
    values = {"events": json_list(events), "limit": _MOST_OF_A_REQUEST}
    return by_ids(db, [number for (number,) in rows(db, SQL["enrollments_of"], values)], _MOST_OF_A_REQUEST)
