"""Dead letters: parked events and dead enrollments in one ledger, with their story and their repair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from relay.core.attribution import Maps
from relay.core.repair import ParkedEvent
from relay.store.queries import queries
from relay.store.sql import suppression
from relay.store.sql.batches import leave_batch, merge_cooling
from relay.store.sql.database import Database, json_list, one, row, rows
from relay.store.sql.letters import parse_letter, remove_letter
from relay.store.sql.traffic import uncount
from relay.store.sql.translations import withdraw_overtaken
from relay.store.sql.unmapped import can_go

SQL = queries("relay.store.sql", "dead")
REQUESTS = queries("relay.store.sql", "requests")


def retry(
    db: Database,
    letters: Sequence[str],
    now: int,
    maps: Mapping[str, Maps],
    why: str = "retried by an operator",
) -> list[str]:
    """Send dead enrollments again, read parked events again; the ids for which that was possible.

    An enrollment that lacks an id is possible once the maps of its destination have it. Those of a batch of
    unknown outcome that are sent again all at once keep its key.
    """
    whole = _whole_batches(db, letters)
    retried = [letter for letter in letters if _retry(db, letter, now, maps, why)]
    for batch_id, members in whole.items():
        _send_together(db, batch_id, members, now)
    return retried


def _whole_batches(db: Database, letters: Sequence[str]) -> dict[int, str]:
    """Batches of unknown outcome of which every member is among the letters, with their enrollments."""
    numbers = [parsed[1] for parsed in map(parse_letter, letters) if parsed and parsed[0] == "dead"]
    return dict(rows(db, SQL["whole_batches"], (json_list(numbers),)))


def _send_together(db: Database, batch_id: int, members: str, now: int) -> None:
    """Open the batch again, unless one of its members must not go out now."""
    found = rows(db, SQL["ready"], (members,))
    if len(found) < len(orjson.loads(members)):
        return
    barred = suppression.listed(db, {number: (email, person) for number, email, person in found}, now)
    if not (merge_cooling(db, [number for number, *_ in found], now) or barred):
        db.execute(SQL["open_again"], {"id": batch_id, "now": now})
        db.execute(SQL["rejoin"], {"id": batch_id, "members": members})


def _retry(db: Database, letter: str, now: int, maps: Mapping[str, Maps], why: str) -> bool:
    parsed = parse_letter(letter)
    if parsed is None:
        return False
    kind, number = parsed
    if kind == "dead" and not can_go(db, number, maps):
        return False
    if kind == "dead":
        leave_batch(db, [number])
        retried = row(db, SQL["retry_enrollment"], {"id": number, "now": now, "why": why}) is not None
        if retried:
            remove_letter(db, kind, number)
            withdraw_overtaken(db, [number], now)
        return retried
    place = row(db, SQL["parked_place"], (number,))
    if place is None or not _read_again(db, place[0], place[1], now):
        return False
    remove_letter(db, kind, number)
    uncount(db, *one(db, SQL["forget_fate"], (number,)))
    db.execute(SQL["spend_number"], (number,))
    return True


def _read_again(db: Database, request_id: int, position: int, now: int) -> bool:
    """Queue one position of a request, or all of it; False while it is being read at this moment."""
    state, pending = one(db, REQUESTS["pending"], (request_id,))
    waiting = state == "waiting"
    positions = None
    if position >= 0 and not (waiting and pending is None):
        also = orjson.loads(pending) if waiting else []
        positions = json_list(sorted({position, *also}))
    values = {"request_id": request_id, "now": now, "pending": positions}
    return row(db, REQUESTS["read_again"], values) is not None


def mark_delivered(db: Database, letters: Sequence[str], reason: str, who: str | None) -> list[str]:
    """Dead enrollments that a person found at the destination; the ids for which that was possible."""
    told = f"marked as delivered{f' by {who}' if who else ''}: {reason}"
    return [letter for letter in letters if _mark_delivered(db, letter, told)]


def _mark_delivered(db: Database, letter: str, reason: str) -> bool:
    kind, number = parse_letter(letter) or ("", 0)
    if kind != "dead" or row(db, SQL["mark_delivered"], {"id": number, "reason": reason}) is None:
        return False
    remove_letter(db, kind, number)
    return True


def parked_event(db: Database, letter: str) -> ParkedEvent | None:
    kind, number = parse_letter(letter) or ("", 0)
    found = row(db, SQL["parked_event"], (number,)) if kind == "parked" else None
    return None if found is None else ParkedEvent(letter, *found)


def discard(db: Database, letters: Sequence[str], reason: str, now: int) -> list[str]:
    """Take dead letters out of the ledger for good, with a reason; the ids for which that was possible."""
    return [letter for letter in letters if _discard(db, letter, reason, now)]


def _discard(db: Database, letter: str, reason: str, now: int) -> bool:
    parsed = parse_letter(letter)
    if parsed is None:
        return False
    kind, number = parsed
    how = "discard_enrollment" if kind == "dead" else "discard_event"
    discarded = row(db, SQL[how], {"id": number, "reason": reason, "now": now}) is not None
    if discarded:
        remove_letter(db, kind, number)
    return discarded
