"""Dead letters that lack the destination's id of a location or employee, and what today's maps know of it."""

from __future__ import annotations

from collections.abc import Mapping

import apsw
import orjson

from relay.core.attribution import Maps, Place, attribute
from relay.core.route import Lane
from relay.store.queries import queries
from relay.store.sqlite.connection import row
from relay.store.sqlite.letters import held, remove_letter
from relay.store.sqlite.translations import lane_id, withdraw_overtaken

SQL = queries("relay.store.sqlite", "unmapped")


def release(db: apsw.Connection, maps: Mapping[str, Maps], now: int) -> int:
    """Let those that were held wait again whose ids today's maps know; how many."""
    known = [number for number in held(db) if can_go(db, number, maps)]
    for number in known:
        db.execute(SQL["release"], (number,))
        remove_letter(db, "dead", number)
    withdraw_overtaken(db, known, now)
    return len(known)


def can_go(db: apsw.Connection, enrollment_id: int, maps: Mapping[str, Maps]) -> bool:
    """Whether a dead letter lacks no id by now; `maps` are by destination, and what they know is noted."""
    found = row(db, SQL["lacking"], (enrollment_id,))
    if found is None:
        return True
    source, detail, *names = found
    destination, sequence, location, employee = names
    lane = Lane(destination, sequence, location or None, employee or None)
    if destination not in maps:
        return False
    event = orjson.loads(detail)
    placed = attribute(maps[destination], source, Place(event["location"], event["employee"]), lane.place)
    if placed.unmapped is not None:
        return False
    values = {"id": enrollment_id, "lane_id": lane_id(db, lane.at(placed.place)), "note": placed.note}
    db.execute(SQL["move_delivery"], values)
    db.execute(SQL["move_enrollment"], values)
    return True
