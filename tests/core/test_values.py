"""Values are like frozen dataclasses, but for what the type checker holds alone."""

from __future__ import annotations

from dataclasses import replace

from relay.core.event import Person


def test_equal_values_are_one_key() -> None:
    ana, again = Person(email="ana@example.com"), Person(email="ana@example.com")
    assert {ana: 1}[again] == 1
    assert ana != replace(ana, email="bo@example.com")


def test_a_value_has_no_room_for_what_it_does_not_name() -> None:
    assert not hasattr(Person(), "__dict__")
