"""People who unsubscribed at the source are told apart, and left alone unless a route says otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from relay.core.case import describe
from relay.core.event import Event, Kind, Person, Reading
from relay.core.fate import Translated
from relay.core.normalising import normalise
from relay.core.record import NewEnrollment, record
from relay.core.route import Route
from tests.core.test_mapping import event as mapped
from tests.factories import NOW, contact, event, route

ANA = "ana@example.com"


def read(*people: Person) -> Event:
    fate = normalise(Reading(kind=Kind.PURCHASE_COMPLETED, key="P-1", occurred_at=NOW, people=people), [])
    assert isinstance(fate, Event)
    return fate


def enrollments(happened: Event, how: Route) -> tuple[NewEnrollment, ...]:
    row = record("shop", Translated(0, "purchase", "D-1", happened), [how])
    assert row is not None
    return row.enrollments


def test_who_unsubscribed_is_marked_whatever_the_case_of_the_address() -> None:
    happened = read(Person(email="Ana@Example.com", unsubscribed=True), Person(email="ben@example.com"))
    assert happened.unsubscribed == {ANA}
    assert describe(happened)["unsubscribed"] == [ANA]


def test_one_of_several_names_of_a_person_is_enough() -> None:
    assert read(Person(email=ANA), Person(email="ANA@example.com", unsubscribed=True)).unsubscribed == {ANA}


def test_who_has_no_address_is_not_marked() -> None:
    happened = read(Person(email=ANA), Person(first_name="Ben", unsubscribed=True))
    assert happened.unsubscribed == frozenset()


def test_who_unsubscribed_is_suppressed_and_the_others_of_the_event_are_not() -> None:
    happened = event(contacts=(contact(), contact("ben@example.com")), unsubscribed=frozenset({ANA}))
    ana, ben = enrollments(happened, route())
    assert (ana.suppressed, ben.suppressed) == ("unsubscribed, says the source", None)


def test_a_route_may_enrol_whoever_unsubscribed() -> None:
    happened = event(unsubscribed=frozenset({ANA}))
    (ana,) = enrollments(happened, route(respect_unsubscribed=False))
    assert ana.suppressed is None


def test_the_mark_is_never_sent() -> None:
    (ana,) = enrollments(event(unsubscribed=frozenset({ANA})), route())
    assert ana.fragment == b'{"email":"ana@example.com"}'


@pytest.mark.parametrize(
    ("facts", "settings", "marked"),
    [
        ({"unsubscribed": True}, {}, True),
        ({"opted_out": "true"}, {}, True),
        ({"customer": {"email": ANA, "email_unsubscribed": True}, "email": None}, {}, True),
        ({"unsubscribed": False}, {}, False),
        ({"unsubscribed": "false"}, {}, False),
        ({"unsubscribed": "2026-03-01"}, {}, False),
        ({}, {}, False),
        ({"consent": "withdrawn"}, {"unsubscribed": "consent == 'withdrawn'"}, True),
        ({"consent": "given", "unsubscribed": True}, {"unsubscribed": "consent == 'withdrawn'"}, False),
    ],
)
def test_a_sender_without_a_connector_may_say_so_in_usual_words_or_its_own(
    facts: dict[str, Any], settings: dict[str, str], marked: bool
) -> None:
    happened = mapped({"id": 1, "email": ANA} | facts, kind="contact.created", **settings)
    assert bool(happened.unsubscribed) == marked
