"""A source's ids of locations and employees as the destination's, and what becomes of unknown ones."""

from __future__ import annotations

import pytest

from relay.core.attribution import NO_MAPS, IdMap, Maps, Place, Unknown, Unmapped, attribute
from relay.sandbox.first import DOWNTOWN, HARBOUR, MORGAN, RILEY


def maps(unknown_location: Unknown = "drop", unknown_employee: Unknown = "drop") -> Maps:
    return Maps(
        IdMap(
            "location", "destinations.main.locations", {"L1": DOWNTOWN, "till:L1": HARBOUR}, unknown_location
        ),
        IdMap("employee", "destinations.main.employees", {"E1": MORGAN}, unknown_employee),
    )


def test_ids_of_the_source_become_those_of_the_destination() -> None:
    attributed = attribute(maps(), "shop", Place("L1", "E1"), Place())
    assert attributed.place == Place(DOWNTOWN, MORGAN)
    assert (attributed.note, attributed.unmapped) == (None, None)


def test_an_id_that_is_named_with_its_source_goes_before_the_bare_one() -> None:
    assert attribute(maps(), "till", Place("L1"), Place()).place == Place(HARBOUR)


def test_what_the_route_says_wins_and_needs_no_map() -> None:
    attributed = attribute(maps("hold", "dead"), "shop", Place("L9", "E9"), Place(HARBOUR, RILEY))
    assert attributed.place == Place(HARBOUR, RILEY)
    assert (attributed.note, attributed.unmapped) == (None, None)


def test_an_event_without_ids_lacks_nothing() -> None:
    attributed = attribute(maps("dead", "dead"), "shop", Place(), Place())
    assert (attributed.place, attributed.note, attributed.unmapped) == (Place(), None, None)


def test_unknown_ids_are_left_out_with_a_note() -> None:
    attributed = attribute(maps(), "shop", Place("L9", "E9"), Place())
    assert (attributed.place, attributed.unmapped) == (Place(), None)
    assert attributed.note == (
        'location "L9" of shop is not in destinations.main.locations: left out; '
        'employee "E9" of shop is not in destinations.main.employees: left out'
    )


def test_where_there_is_no_map_nothing_is_noted() -> None:
    attributed = attribute(NO_MAPS, "shop", Place("L9", "E9"), Place())
    assert (attributed.place, attributed.note, attributed.unmapped) == (Place(), None, None)


@pytest.mark.parametrize(("unknown", "cause"), [("hold", "held"), ("dead", "unmapped")])
def test_unknown_ids_may_make_a_dead_letter(unknown: Unknown, cause: str) -> None:
    attributed = attribute(maps(unknown), "shop", Place("L9", "E1"), Place())
    assert attributed.place == Place(None, MORGAN)
    reason = 'location "L9" of shop is not in destinations.main.locations'
    assert attributed.unmapped == Unmapped(cause, reason)  # type: ignore[arg-type]  # by parameter


def test_one_that_waits_for_a_person_is_not_released_by_the_other_map() -> None:
    attributed = attribute(maps("hold", "dead"), "shop", Place("L9", "E9"), Place())
    assert attributed.unmapped is not None
    assert attributed.unmapped.cause == "unmapped"
    assert attributed.unmapped.reason.count("is not in destinations.main") == 2


def test_an_endless_id_is_cut_in_what_is_said_of_it() -> None:
    attributed = attribute(maps("dead"), "shop", Place("L" * 10_000), Place())
    assert attributed.unmapped is not None
    assert len(attributed.unmapped.reason) < 200
