"""Dead letters that lack the destination's id of a location or employee, and what today's maps know of it."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from relay.core.attribution import Attributed, Maps, Place, Unmapped, attribute
from relay.core.route import Lane
from relay.store.queries import queries
from relay.store.sql.database import Database, row
from relay.store.sql.letters import held, remove_letter
from relay.store.sql.translations import lane_id, withdraw_overtaken

SQL = queries("relay.store.sql", "unmapped")


def release(db: Database, maps: Mapping[str, Maps], now: int) -> int:
    """Let those that were held wait again whose ids today's maps know; how many."""
    known = [number for number in held(db) if can_go(db, number, maps)]
    for number in known:
        db.execute(SQL["release"], (number,))
        remove_letter(db, "dead", number)
    withdraw_overtaken(db, known, now)
    return len(known)


def can_go(db: Database, enrollment_id: int, maps: Mapping[str, Maps]) -> bool:
    """Whether a dead letter lacks no id by now; `maps` are by destination, and what they know is noted."""
    found = _placed(db, enrollment_id, maps)
    if found is None:
        return True
    lane, placed = found
    if placed.unmapped is not None:
        return False
    values = {"id": enrollment_id, "lane_id": lane_id(db, lane.at(placed.place)), "note": placed.note}
    db.execute(SQL["move_delivery"], values)
    db.execute(SQL["move_enrollment"], values)
    return True


def lacking(db: Database, enrollment_id: int, maps: Mapping[str, Maps]) -> str | None:
    """Which id a dead letter still lacks, as a sentence; None: it can go. Nothing is changed."""
    found = _placed(db, enrollment_id, maps)
    return found[1].unmapped.reason if found and found[1].unmapped else None


def _placed(db: Database, enrollment_id: int, maps: Mapping[str, Maps]) -> tuple[Lane, Attributed] | None:
    """The lane of a dead letter that lacked an id, and what today's maps make of it; None for any other."""
    found = row(db, SQL["lacking"], (enrollment_id,))
    if found is None:
        return None
    source, detail, *names = found
    destination, sequence, location, employee = names
    lane = Lane(destination, sequence, location or None, employee or None)
    if destination not in maps:
        gone = Unmapped("unmapped", f"destination {destination} is not configured any more")
        return lane, Attributed(lane.place, unmapped=gone)
    event = orjson.loads(detail)
    own = Place(event["location"], event["employee"])
    return lane, attribute(maps[destination], source, own, lane.place)
