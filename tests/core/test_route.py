"""Routes decide who takes an event and when its enrollments are due."""

from __future__ import annotations

from datetime import timedelta

from relay.core.event import Kind
from tests.factories import NOW, event, later, route

HOUR = timedelta(hours=1)


def test_a_route_takes_the_kinds_that_it_names_and_no_other() -> None:
    purchases = route(events=frozenset({Kind.PURCHASE_COMPLETED, Kind.DEAL_WON}))
    assert purchases.takes("shop", event())
    assert purchases.takes("crm", event(kind=Kind.DEAL_WON))
    assert not purchases.takes("shop", event(kind=Kind.CONTACT_CREATED))


def test_a_route_without_sources_takes_events_of_every_source() -> None:
    assert route().takes("shop", event())
    assert route().takes("another", event())


def test_a_route_with_sources_takes_only_theirs() -> None:
    only = route(sources=frozenset({"shop", "till"}))
    assert only.takes("till", event())
    assert not only.takes("booking", event())


def test_a_purchase_is_due_when_it_happened() -> None:
    assert route().due(event()) == NOW


def test_a_booked_appointment_is_due_when_it_ends() -> None:
    booked = event(kind=Kind.APPOINTMENT_BOOKED, ends_at=NOW + HOUR)
    assert route().due(booked) == NOW + HOUR


def test_a_booked_appointment_without_an_end_is_due_at_the_events_time() -> None:
    assert route().due(event(kind=Kind.APPOINTMENT_BOOKED)) == NOW


def test_a_completed_appointment_does_not_wait_for_an_end() -> None:
    done = event(kind=Kind.APPOINTMENT_COMPLETED, ends_at=NOW + HOUR)
    assert route().due(done) == NOW


def test_a_route_may_wait_for_the_end_of_any_kind() -> None:
    done = event(kind=Kind.APPOINTMENT_COMPLETED, ends_at=NOW + HOUR)
    assert route(start="end").due(done) == NOW + HOUR


def test_a_route_may_enrol_at_once_what_is_only_booked() -> None:
    booked = event(kind=Kind.APPOINTMENT_BOOKED, ends_at=NOW + HOUR)
    assert route(start="event").due(booked) == NOW


def test_a_delay_counts_from_the_start() -> None:
    patient = route(delay=timedelta(seconds=90))
    assert patient.due(event()) == later(90)
    assert patient.due(event(kind=Kind.APPOINTMENT_BOOKED, ends_at=NOW + HOUR)) == later(3690)
