"""Stories: everything about one enrollment or one dead letter, from the request to the last answer."""

from __future__ import annotations

from relay.store.queries import queries
from relay.store.rows import AttemptRecord, BatchRow, EnrollmentStory, Incoming, Story
from relay.store.sql.corrections import corrections
from relay.store.sql.database import Database, row, rows
from relay.store.sql.enrollments import by_ids
from relay.store.sql.letters import find_letter, parse_letter

SQL = queries("relay.store.sql", "stories")


def story(db: Database, letter: str) -> Story | None:
    parsed = parse_letter(letter)
    found = None if parsed is None else find_letter(db, *parsed)
    if parsed is None or found is None:
        return None
    if found.kind == "dead":
        told = enrollment_story(db, parsed[1])
        if told is None:
            return None
        return Story(
            found,
            told.request,
            told.event,
            told.contact,
            told.attempts,
            told.enrollment.note,
            told.batches,
            told.corrections,
        )
    origin = _origin(db, parsed[1])
    return None if origin is None else Story(found, *origin, None, ())


def enrollment_story(db: Database, number: int) -> EnrollmentStory | None:
    enrollments = by_ids(db, [number], 1)
    if not enrollments:
        return None
    (enrollment,) = enrollments
    origin = _origin(db, enrollment.event_id)
    contact = row(db, SQL["contact"], (number,))
    if origin is None or contact is None:
        return None
    attempts = tuple(AttemptRecord(*found) for found in rows(db, SQL["attempts"], {"id": number}))
    batches = tuple(BatchRow(*found) for found in rows(db, SQL["batches"], {"id": number}))
    letter = find_letter(db, "dead", number)
    changed = corrections(db, number)
    return EnrollmentStory(enrollment, letter, *origin, contact[0], attempts, batches, changed)


def _origin(db: Database, event_id: int) -> tuple[Incoming, bytes | None] | None:
    """The request that an event was in, and the event as it was read."""
    found = row(db, SQL["origin"], (event_id,))
    if found is None:
        return None
    *request, detail = found
    return Incoming(*request), detail
