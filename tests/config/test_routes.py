"""Routes: what they take, and what they may name."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.core.event import Kind
from tests.config.trying import UUID, faults_of, open_text

BASE = """
[destinations.main]
api_key = "dem_1"
[sources.studio]
connector = "booky"
secrets.signing_key = "k"
settings.account = 5
[sources.shop]
connector = "tilly"
secrets.signing_key = "k"
"""


def route(facts: str, name: str = "one") -> str:
    return f'[[routes]]\nname = "{name}"\nsequence = "{UUID}"\n{facts}\n'


def test_a_route_without_events_takes_what_the_connectors_of_its_sources_suggest(tmp_path: Path) -> None:
    [taken] = open_text(tmp_path, BASE + route("")).routes
    assert taken.events == {Kind.APPOINTMENT_BOOKED}
    assert taken.sources == frozenset()


def test_a_route_keeps_what_it_says(tmp_path: Path) -> None:
    facts = f"""
    sources = ["shop"]
    events = ["purchase.completed", "deal.won"]
    location = "{UUID}"
    employee = "{UUID.upper()}"
    start = "end"
    cooldown = 0
    enrol_tests = true
    """
    [taken] = open_text(tmp_path, BASE + route(facts)).routes
    assert taken.events == {Kind.PURCHASE_COMPLETED, Kind.DEAL_WON}
    assert (taken.lane.location, taken.lane.employee) == (UUID, UUID)
    assert (taken.start, taken.cooldown.total_seconds(), taken.enrol_tests) == ("end", 0, True)


@pytest.mark.parametrize(
    ("facts", "key", "problem", "hint"),
    [
        (
            'sources = ["shp"]\nevents = ["deal.won"]',
            "sources[0]",
            'there is no source "shp"',
            "did you mean shop?",
        ),
        ('destination = "mian"', "destination", 'there is no destination "mian"', "did you mean main?"),
        (
            'sources = ["shop"]',
            "events",
            "is empty, and no connector of its sources suggests any",
            "they report deal.won, purchase.completed",
        ),
        (
            'events = ["purchase.refunded"]',
            "events[0]",
            "purchase.refunded cannot enrol: it takes back what waits, by itself and for every route",
            "leave it out",
        ),
        (
            'sources = ["studio"]\nevents = ["appointment.booked", "appointment.completed"]',
            "events[1]",
            "none of its sources reports appointment.completed",
            "use appointment.booked: the relay waits for the appointment's end",
        ),
        (
            'sources = ["shop"]\nevents = ["appointment.completed"]',
            "events[0]",
            "none of its sources reports appointment.completed",
            "they report deal.won, purchase.completed",
        ),
        (
            'sources = ["studio"]\nevents = ["form.submitted"]',
            "events[0]",
            "none of its sources reports form.submitted",
            "they report appointment.booked",
        ),
    ],
)
def test_a_route_that_cannot_work_is_told_why(
    tmp_path: Path, facts: str, key: str, problem: str, hint: str
) -> None:
    [fault] = faults_of(tmp_path, BASE + route(facts))
    assert (fault.key, fault.problem, fault.hint) == (f"routes[0].{key}", f'{problem} (route "one")', hint)


def test_two_routes_do_not_share_a_name(tmp_path: Path) -> None:
    [fault] = faults_of(tmp_path, BASE + route("") + route("", "two") + route(""))
    assert (fault.key, fault.problem) == ("routes[2].name", 'is the name of routes[0], too (route "one")')


def test_without_a_destination_a_route_is_at_fault(tmp_path: Path) -> None:
    text = BASE.replace("[destinations.main]", "[destinations.spare]")
    [fault] = faults_of(tmp_path, text + route(""))
    assert (fault.key, fault.hint) == ("routes[0].destination", "known here: spare")


def test_with_no_destination_at_all_a_route_says_what_to_add(tmp_path: Path) -> None:
    [fault] = faults_of(tmp_path, route('events = ["deal.won"]'))
    assert (fault.key, fault.hint) == ("routes[0].destination", "add [destinations.main]")


def test_a_route_waits_for_a_first_source_unless_it_says_no_events(tmp_path: Path) -> None:
    text = '[destinations.main]\napi_key = "dem_1"\n'
    assert not faults_of(tmp_path, text + route('events = ["deal.won"]'))
    [fault] = faults_of(tmp_path, text + route(""))
    assert (fault.key, fault.hint) == ("routes[0].events", "add a source first")


@pytest.mark.parametrize(
    "broken",
    [
        '[sources.other]\nconnector = "nobody"\n',
        "[sources.other]\n",
        '[sources.other]\nconnector = "tilly"\n',
    ],
)
def test_a_source_at_fault_does_not_put_its_routes_at_fault(tmp_path: Path, broken: str) -> None:
    facts = 'sources = ["other"]\nevents = ["form.submitted"]'
    text = BASE + broken + route(facts) + route('events = ["form.submitted"]', "two") + route("", "three")
    assert [fault.key.partition(".")[0] for fault in faults_of(tmp_path, text)] == ["sources"]


def test_a_table_at_fault_does_not_put_at_fault_what_names_its_parts(tmp_path: Path) -> None:
    text = "sources = 5\ndestinations = 5\n" + route('sources = ["shop"]\nevents = ["deal.won"]')
    assert [fault.key for fault in faults_of(tmp_path, text)] == ["destinations", "sources"]


def test_routes_keep_their_numbers_where_another_is_at_fault(tmp_path: Path) -> None:
    text = BASE + route("delay = 'soon'", "bad") + route('destination = "mian"', "worse")
    assert [fault.key for fault in faults_of(tmp_path, text)] == ["routes[0].delay", "routes[1].destination"]
