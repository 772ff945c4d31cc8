"""The rows of dead letters: written with what they tell of, listed by page and by group."""

from __future__ import annotations

import heapq
import re
import sys
from itertools import islice

from relay.core.letters import LetterFilter, addresses_in, person_text, sought, symptom
from relay.store.queries import queries
from relay.store.rows import DeadLetter, LetterGroup, LetterPlace
from relay.store.sql.database import Database, Row, json_list, one, row, rows

SQL = queries("relay.store.sql", "letters")

_NEWEST = LetterPlace(sys.maxsize, "", 0)
"""Before the first letter of all."""

_AT_ONCE = {"symptom": "symptom = :only", "sources": "source = :only", "causes": "cause = :only"}
"""What an index finds in the order of a page, the most telling first."""

# The plus keeps SQLite from every other index than the one that gives the order, too.
_WANTED = {
    "sources": "+source IN (SELECT value FROM json_each(:sources))",
    "causes": "+cause IN (SELECT value FROM json_each(:causes))",
    "codes": "code IN (SELECT value FROM json_each(:codes))",
    "sequences": "sequence IN (SELECT value FROM json_each(:sequences))",
    "routes": "route IN (SELECT value FROM json_each(:routes))",
    "symptom": "+symptom = :symptom",
    "person": "instr(person, :person) > 0",
    "text": (
        r"(reason LIKE :text ESCAPE '\' OR event_type LIKE :text ESCAPE '\'"
        r" OR business_key LIKE :text ESCAPE '\' OR path LIKE :text ESCAPE '\')"
    ),
    "since": "at >= :since",
    "until": "+at < :until",
}


def add_dead(
    db: Database,
    enrollment_id: int,
    person: tuple[str, bytes],
    *,
    cause: str,
    code: str | None,
    reason: str,
    now: int,
) -> None:
    """List an enrollment that became a dead letter; `person` are its address and its contact."""
    values = {"id": enrollment_id, "at": now, "cause": cause, "code": code, "reason": reason}
    values |= {"symptom": symptom(reason), "person": person_text(*person)}
    db.execute(SQL["add_dead"], values)


def add_parked(db: Database, event_id: int, request_id: int, alike: str, now: int) -> None:
    """List an event that could not be read, with the addresses that stand in its request."""
    person = addresses_in(one(db, SQL["body"], (request_id,))[0])
    db.execute(SQL["add_parked"], {"id": event_id, "symptom": alike, "person": person, "now": now})


def remove_letter(db: Database, kind: str, number: int) -> None:
    """Forget a dead letter that is none any more, or never was one."""
    db.execute(SQL["remove"], (kind, number))


def rename_letter(db: Database, number: int, email: str, fragment: bytes) -> None:
    """The contact of a dead enrollment was corrected."""
    db.execute(SQL["rename"], {"id": number, "email": email, "person": person_text(email, fragment)})


def held(db: Database) -> list[int]:
    """Enrollments that wait for a map to have an id."""
    return [number for (number,) in rows(db, SQL["held"])]


def parse_letter(letter: str) -> tuple[str, int] | None:
    """`parked-7` as ("parked", 7); None for anything else."""
    kind, _, number = letter.partition("-")
    ok = kind in ("parked", "dead") and number.isascii() and number.isdigit() and len(number) < 19
    return (kind, int(number)) if ok else None


def find_letter(db: Database, kind: str, number: int) -> DeadLetter | None:
    found = row(db, SQL["letter"], (kind, number))
    return None if found is None else _letter(found)


def page(
    db: Database, wanted: LetterFilter, limit: int, after: LetterPlace | None = None
) -> list[DeadLetter]:
    """The newest of these dead letters, or those after a place, where no letter need be any more."""
    place = after or _NEWEST
    at, kind, number = place if wanted.until is None else min(place, LetterPlace(wanted.until, "", 0))
    values = _values(wanted) | {"at": at, "kind": kind, "id": number, "limit": limit}
    by, each = _at_once(wanted)
    statement = SQL["page"].format(wanted=_conditions(wanted, by))
    parts = [map(_letter, rows(db, statement, values | {"only": only})) for only in each]
    return list(islice(heapq.merge(*parts, key=lambda letter: letter.place, reverse=True), limit))


def _at_once(wanted: LetterFilter) -> tuple[str, list[str]]:
    """The field by which an index gives a page in order, and its values: a part of the page for each."""
    for field in _AT_ONCE:
        given = getattr(wanted, field)
        if given:
            return field, [given] if isinstance(given, str) else list(dict.fromkeys(given))
    return "", [""]


def count(db: Database) -> int:
    return int(one(db, SQL["count"])[0])


def groups(db: Database, wanted: LetterFilter, limit: int) -> list[LetterGroup]:
    """These dead letters by what they have in common, the largest group first."""
    # What the index of groups does not hold is faster found in the order of the table.
    outside = wanted.codes or wanted.sequences or wanted.routes or wanted.person or wanted.text
    by = "+cause, +symptom, +source" if outside else "cause, symptom, source"
    statement = SQL["groups"].format(by=by, wanted=_conditions(wanted))
    return [LetterGroup(*found) for found in rows(db, statement, _values(wanted) | {"limit": limit})]


def _conditions(wanted: LetterFilter, by: str = "") -> str:
    given = [field for field in _WANTED if field != by and getattr(wanted, field) not in (None, (), "")]
    return " AND ".join([_AT_ONCE.get(by, "TRUE"), *(_WANTED[field] for field in given)])


def _values(wanted: LetterFilter) -> dict[str, str | int | None]:
    return {
        "sources": json_list(wanted.sources),
        "causes": json_list(wanted.causes),
        "codes": json_list(wanted.codes),
        "sequences": json_list(wanted.sequences),
        "routes": json_list(wanted.routes),
        "symptom": wanted.symptom,
        "person": sought(wanted.person or ""),
        "text": _containing(wanted.text or ""),
        "since": wanted.since,
        "until": wanted.until,
    }


def _containing(text: str) -> str:
    """A pattern for LIKE, in which the text's own marks mean themselves."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"


def _letter(found: Row) -> DeadLetter:
    kind, number, *rest = found
    return DeadLetter(f"{kind}-{number}", kind, *rest)
