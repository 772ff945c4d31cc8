"""Corrections of dead enrollments: what is sent changes; what was received and read does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from relay.core.attribution import Maps
from relay.core.batching import contact_fragment
from relay.core.contact import Contact
from relay.core.correction import Correction
from relay.core.record import contact_key
from relay.core.repair import DeadEnrollment, Outlook
from relay.store.queries import queries
from relay.store.sql import suppression
from relay.store.sql.batches import cooling, lane_named, leave_batch
from relay.store.sql.database import Database, Row, json_list, one, row, rows
from relay.store.sql.letters import parse_letter, rename_letter
from relay.store.sql.unmapped import lacking

SQL = queries("relay.store.sql", "corrections")


def correct(db: Database, letter: str, made: Correction) -> bool:
    """Write down a correction and what follows from it.

    False where nothing was changed: it is no dead enrollment, or its contact is not the one before any more.
    """
    number = _number(letter)
    found = None if number is None else row(db, SQL["contact"], (number,))
    if number is None or found is None or made.after == made.before:
        return False
    email, fragment, destination, sequence = found
    if _contact(email, fragment) != made.before:
        return False
    leave_batch(db, [number])
    sent = contact_fragment(made.after)
    key = contact_key(destination, sequence, made.after.email)
    values = {"id": number, "email": made.after.email, "contact": sent, "contact_key": key}
    db.execute(SQL["change"], values)
    db.execute(SQL["leave"], (number,))
    before, after = _kept(made.before), _kept(made.after)
    db.execute(SQL["add"], (number, before, after, made.who, made.why, made.at, made.job))
    rename_letter(db, number, made.after.email, sent)
    return True


def corrections(db: Database, enrollment_id: int) -> tuple[Correction, ...]:
    """Every correction of an enrollment, the first one first."""
    return tuple(
        Correction(before=_read(before), after=_read(after), who=who, why=why, at=at, job=job)
        for before, after, who, why, at, job in rows(db, SQL["of"], (enrollment_id,))
    )


def dead_enrollments(db: Database, letters: Iterable[str]) -> list[DeadEnrollment]:
    """Those of the letters that are dead enrollments."""
    numbers = [number for letter in letters if (number := _number(letter)) is not None]
    return [_dead(found) for found in rows(db, SQL["dead"], (json_list(numbers),))]


def outlook(
    db: Database, letter: str, contact: Contact, now: int, maps: Mapping[str, Maps]
) -> Outlook | None:
    """What stands against sending a dead enrollment to this contact; None where it is none."""
    (dead,) = dead_enrollments(db, [letter]) or (None,)
    if dead is None:
        return None
    number = _number(letter) or 0
    key = contact_key(dead.lane.destination, dead.lane.sequence, contact.email)
    on_list = suppression.listed(db, {number: (contact.email, contact_fragment(contact))}, now)
    (cooldown,) = one(db, SQL["cooldown"], (number,))
    return Outlook(
        lacking=lacking(db, number, maps),
        suppressed=on_list.get(number),
        cooling=cooling(db, number, key, cooldown, now),
        overtaken=row(db, SQL["overtaken"], (number,)) is not None,
        also=tuple(
            (other, state) for other, state in rows(db, SQL["also"], {"contact_key": key, "id": number})
        ),
    )


def _number(letter: str) -> int | None:
    """The enrollment that a letter is of; None for an event that could not be read."""
    kind, number = parse_letter(letter) or ("", 0)
    return number if kind == "dead" else None


def _dead(found: Row) -> DeadEnrollment:
    number, request_id, source, position, route, cause, email, fragment, first, *names = found
    contact = _contact(email, fragment)
    return DeadEnrollment(
        letter=f"dead-{number}",
        request_id=request_id,
        source=source,
        position=position,
        route=route,
        lane=lane_named(names),
        contact=contact,
        reported=_read(first).email if first else contact.email,
        cause=cause,
    )


def _contact(email: str, fragment: bytes) -> Contact:
    """What is sent has the address in lower case; here it is as it was given."""
    return _read(fragment).model_copy(update={"email": email})


def _kept(contact: Contact) -> bytes:
    return contact.model_dump_json(by_alias=True, exclude_none=True).encode()


def _read(raw: bytes) -> Contact:
    return Contact.model_validate_json(raw)
