"""A person's whole history: every enrollment, dead letter and suppression of an address or a phone number."""

from __future__ import annotations

from relay.core.letters import sought
from relay.core.suppression import Suppression, identifiers
from relay.store.queries import queries
from relay.store.rows import DeadLetter, EnrollmentRow, PersonHistory
from relay.store.sql.database import Database, json_list, row, rows
from relay.store.sql.enrollments import by_ids, of_address
from relay.store.sql.letters import find_letter
from relay.store.sql.stretches import ENROLLMENTS, begin

SQL = queries("relay.store.sql", "lists")
SUPPRESSION = queries("relay.store.sql", "suppression")

NEWEST = 100_000
"""In how many enrollments a phone number is looked for."""

_NEWEST_CORRECTIONS = 20_000
"""In how many an address is looked for that was corrected."""

_SHORTEST_PHONE = 5
_MOST_ADDRESSES = 10
_MOST_LETTERS = 200


def person(db: Database, who: str, limit: int, now: int) -> PersonHistory:
    """`who` is an address, a phone number or the end of one; at most `limit` enrollments."""
    by_phone = "@" not in who
    since, addresses = _addresses_of(db, sought(who)) if by_phone else (None, (who.strip().casefold(),))
    enrollments, more = _enrollments(db, addresses, limit)
    values = {value for one in enrollments for value in identifiers(one.email, one.phone)}
    values |= {value for address in addresses for value in identifiers(address, None)}
    values |= {sought(who)} if by_phone else set()
    found = rows(db, SUPPRESSION["of_values"], {"values": json_list(sorted(values)), "now": now})
    return PersonHistory(
        addresses=addresses,
        enrollments=enrollments,
        more=more,
        letters=_letters(db, addresses, enrollments),
        suppressions=tuple(Suppression(*entry) for entry in found),
        searched_since=since,
    )


def _addresses_of(db: Database, phone: str) -> tuple[int | None, tuple[str, ...]]:
    """Who has this number in the newest enrollments, and since when these were made (None: they are all)."""
    if len(phone) < _SHORTEST_PHONE:
        return None, ()
    end = begin(db, ENROLLMENTS, None, None)
    values = {"floor": end - NEWEST, "before": end, "phone": f'{phone}"'.encode(), "most": NEWEST}
    found = by_ids(db, [number for (number,) in rows(db, SQL["find_phone"], values)], 1000)
    addresses = dict.fromkeys(entry.email.casefold() for entry in found)
    oldest = row(db, SQL["enrollment_from"], (end - NEWEST,)) if end > NEWEST + 1 else None
    return oldest[1] if oldest else None, tuple(addresses)[:_MOST_ADDRESSES]


def _enrollments(
    db: Database, addresses: tuple[str, ...], limit: int
) -> tuple[tuple[EnrollmentRow, ...], bool]:
    end = begin(db, ENROLLMENTS, None, None)
    ids = {number for address in addresses for number in of_address(db, address, end, limit + 1).ids}
    for address in addresses:
        ids.update(corrected_from(db, address, limit + 1))
    found = by_ids(db, sorted(ids, reverse=True), limit + 1)
    return found[:limit], len(found) > limit


def corrected_from(db: Database, address: str, most: int) -> list[int]:
    """Enrollments that were of this address before somebody corrected it, of the newest corrections."""
    values = {"address": f'"{address}"', "newest": _NEWEST_CORRECTIONS, "most": most}
    return [number for (number,) in rows(db, SQL["find_corrected"], values)]


def _letters(
    db: Database, addresses: tuple[str, ...], enrollments: tuple[EnrollmentRow, ...]
) -> tuple[DeadLetter, ...]:
    """The enrollments that are dead letters, and the parked events whose request names an address."""
    numbers = [("dead", entry.id) for entry in enrollments if entry.state == "dead"]
    for address in addresses:
        values = {"address": address.lower(), "most": _MOST_LETTERS}
        numbers += [("parked", number) for (number,) in rows(db, SQL["parked_naming"], values)]
    letters = (find_letter(db, *number) for number in dict.fromkeys(numbers))
    return tuple(sorted((found for found in letters if found), key=lambda found: found.place, reverse=True))
