"""What is written down of a translated event: keys, enrollments, and why there are none."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.connector import Ignored
from relay.core.event import Event, Kind
from relay.core.fate import Deferred, Fate, Parked, Translated
from relay.core.record import EventRecord, digest, record
from relay.core.route import Lane, Route
from tests.factories import (
    DAY,
    FOREIGN_LANE,
    HOUR,
    LANE,
    NOW,
    NOW_MS,
    OTHER_LANE,
    contact,
    event,
    route,
)

DOWNTOWN = Lane(LANE.destination, LANE.sequence, "dddddddd-0001-4000-8000-000000000001")


def recorded(
    fate: Fate, *routes: Route, source: str = "shop", delivery_id: str | None = "D-1"
) -> EventRecord:
    """The row of an event that has one."""
    row = record(source, Translated(0, "purchase", delivery_id, fate), routes)
    assert row is not None
    return row


def keys(happened: Event, *, lane: Lane = LANE, source: str = "shop") -> bytes:
    """The key that makes an enrollment the same as another."""
    (made,) = recorded(happened, route(lane=lane), source=source).enrollments
    return made.dedupe_key


def test_a_deferred_event_has_no_row_yet() -> None:
    assert record("shop", Translated(0, "purchase", "D-1", Deferred("later")), ()) is None


def test_a_read_event_keeps_what_was_read() -> None:
    row = recorded(event(), route())
    assert (row.fate, row.kind, row.business_key) == ("read", "purchase.completed", "P-1")
    assert row.occurred_at == NOW_MS
    assert orjson.loads(row.detail or b"")["contacts"][0]["email"] == "ana@example.com"


def test_every_contact_is_enrolled_by_every_route_that_takes_the_event() -> None:
    crowd = event(contacts=(contact(), contact("ben@example.com")))
    row = recorded(crowd, route(), route(name="reviews", lane=OTHER_LANE), route(sources={"till"}))
    assert [(made.route, made.lane, made.email) for made in row.enrollments] == [
        ("after-visit", LANE, "ana@example.com"),
        ("after-visit", LANE, "ben@example.com"),
        ("reviews", OTHER_LANE, "ana@example.com"),
        ("reviews", OTHER_LANE, "ben@example.com"),
    ]


def test_an_event_that_no_route_takes_says_so() -> None:
    row = recorded(event(), route(events=frozenset({Kind.DEAL_WON})))
    assert (row.fate, row.enrollments) == ("read", ())
    assert row.reason == "no route takes purchase.completed of this source"


def test_due_time_and_cooldown_come_from_the_route() -> None:
    (made,) = recorded(event(), route(delay=timedelta(hours=2), cooldown=timedelta(days=3))).enrollments
    assert (made.due_at, made.cooldown) == (NOW_MS + 2 * HOUR, 3 * DAY)


@pytest.mark.parametrize(
    "kind", [Kind.APPOINTMENT_CANCELLED, Kind.APPOINTMENT_NO_SHOW, Kind.PURCHASE_REFUNDED]
)
def test_an_event_that_withdraws_enrols_nobody_even_where_a_route_would_take_it(kind: Kind) -> None:
    row = recorded(event(kind=kind, withdraws=True), route(events=frozenset(Kind)))
    assert (row.withdraws, row.enrollments, row.reason) == (True, (), None)


def test_a_withdrawal_and_what_it_withdraws_have_the_same_subject() -> None:
    refund = recorded(event(kind=Kind.PURCHASE_REFUNDED, withdraws=True))
    assert refund.subject == recorded(event(), route()).subject


@pytest.mark.parametrize("other", [{"key": "P-2"}, {"kind": Kind.DEAL_WON}])
def test_another_purchase_or_another_family_is_another_subject(other: dict[str, str]) -> None:
    assert recorded(event(**other)).subject != recorded(event()).subject


def test_the_same_key_of_another_source_is_another_subject() -> None:
    assert recorded(event(), source="till").subject != recorded(event(), source="shop").subject


def test_a_test_event_is_suppressed_unless_the_route_enrols_tests() -> None:
    (made,) = recorded(event(test=True), route()).enrollments
    assert made.suppressed == "test event of the provider"
    (made,) = recorded(event(test=True), route(enrol_tests=True)).enrollments
    assert made.suppressed is None


def test_a_parked_event_does_not_consume_its_delivery_id_so_that_a_resend_is_read() -> None:
    row = recorded(Parked("should be text, is a number", "$.id"), route())
    assert (row.fate, row.path, row.delivery_key) == ("parked", "$.id", None)
    assert recorded(event(), route()).delivery_key is not None


def test_an_ignored_event_keeps_its_reason_and_its_delivery_id() -> None:
    row = recorded(Ignored("ping is not wanted"), route())
    assert (row.fate, row.reason, row.enrollments) == ("ignored", "ping is not wanted", ())
    assert row.delivery_key == recorded(event(), route()).delivery_key


def test_a_sender_without_delivery_ids_has_no_delivery_key() -> None:
    assert recorded(event(), route(), delivery_id=None).delivery_key is None


def test_the_same_delivery_id_of_another_source_is_another_delivery() -> None:
    assert recorded(event(), source="till").delivery_key != recorded(event()).delivery_key


def test_an_endless_event_type_is_cut() -> None:
    row = record("shop", Translated(0, "t" * 1000, None, Ignored("no")), ())
    assert row is not None
    assert len(row.event_type) == 200


def test_reports_of_one_purchase_are_the_same_enrollment() -> None:
    assert keys(event()) == keys(event(occurred_at=NOW + timedelta(hours=1)))
    assert keys(event()) == keys(event(contacts=(contact("ANA@example.com", first_name="Ana"),)))


def test_the_place_of_a_lane_does_not_make_another_enrollment() -> None:
    assert keys(event()) == keys(event(), lane=DOWNTOWN)


def test_another_purchase_person_sequence_destination_or_source_is_another_enrollment() -> None:
    different = [
        keys(event()),
        keys(event(key="P-2")),
        keys(event(contacts=(contact("ben@example.com"),))),
        keys(event(), lane=OTHER_LANE),
        keys(event(), lane=FOREIGN_LANE),
        keys(event(), source="till"),
    ]
    assert len(set(different)) == len(different)


def test_the_cooldown_key_is_the_persons_whatever_the_source_and_the_purchase() -> None:
    (one,) = recorded(event(), route()).enrollments
    (other,) = recorded(event(key="P-2"), route(), source="till").enrollments
    assert one.contact_key == other.contact_key


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_texts_that_are_split_otherwise_have_another_digest(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)
    assert len(digest(*one)) == 16
