"""Previews: what a repair would do is said before anything is done, and what is not possible is said why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relay.core.connector import Ignored
from relay.core.contact import Contact
from relay.core.correction import FieldChange
from relay.core.event import Event, Kind
from relay.core.fate import NO_LONGER_THERE, Deferred, Fate, Parked, Translated, whole
from relay.core.letters import MEANINGS
from relay.core.repair import (
    NOTHING_AGAINST_IT,
    DeadEnrollment,
    How,
    Outlook,
    impossible,
    preview,
    preview_event,
    reread,
    why_not_delivered,
)
from relay.core.timing import Timing
from tests.factories import LANE, OTHER_LANE, contact, event, route

ANA = contact(first_name="Ana", phone="+12025550101")
ROUTES = (route(),)


def dead(**given: Any) -> DeadEnrollment:
    """An enrollment of Ana that the destination refused."""
    usual: dict[str, Any] = {
        "letter": "dead-1",
        "request_id": 1,
        "source": "shop",
        "position": 0,
        "route": "after-visit",
        "lane": LANE,
        "contact": ANA,
        "reported": "ana@example.com",
        "cause": "refused",
    }
    return DeadEnrollment(**usual | given)


def at(place: int, fate: Fate) -> Translated:
    return Translated(place, "purchase", None, fate)


def sale(*contacts: Contact, **given: Any) -> Event:
    return event(contacts=contacts, **given)


def test_a_preview_shows_every_field_before_and_after() -> None:
    after = ANA.model_copy(update={"phone": "+12025550148"})
    shown = preview(dead(), How.READ_AGAIN, after, NOTHING_AGAINST_IT, ["something to know"])
    assert shown.possible
    assert shown.fields[3] == FieldChange("phone", "+12025550101", "+12025550148")
    assert [change.field for change in shown.fields if change.changes] == ["phone"]
    assert shown.warnings == ("something to know",)


@pytest.mark.parametrize(
    ("outlook", "warning"),
    [
        (
            Outlook(suppressed="on the suppression list (email)"),
            "it will not go out: on the suppression list",
        ),
        (Outlook(cooling="enrollment 7 put this person into it"), "it will be merged: enrollment 7 put"),
        (Outlook(overtaken=True), "it will be withdrawn: a cancellation, refund or no-show"),
        (
            Outlook(also=((7, "delivered"),)),
            "this address has enrollment 7 (delivered) in the same sequence for the same thing",
        ),
    ],
)
def test_what_would_keep_it_from_going_out_is_said_before(outlook: Outlook, warning: str) -> None:
    shown = preview(dead(), How.AS_IT_WAS, ANA, outlook)
    assert shown.possible
    assert [one for one in shown.warnings if one.startswith(warning)]


def test_what_lacks_an_id_cannot_be_sent() -> None:
    shown = preview(dead(cause="held"), How.AS_IT_WAS, ANA, Outlook(lacking="location L9 is in no map"))
    assert (shown.possible, shown.why_not) == (False, "location L9 is in no map")


@pytest.mark.parametrize("cause", ["unknown", "unconfirmed"])
def test_what_may_have_worked_is_said_to_be_able_to_work_twice(cause: str) -> None:
    shown = preview(dead(cause=cause), How.AS_IT_WAS, ANA, NOTHING_AGAINST_IT)
    assert [one for one in shown.warnings if "enrolled twice" in one]


def test_the_person_of_the_same_address_is_read_again() -> None:
    mended = ANA.model_copy(update={"phone": "+12025550148"})
    found = reread(dead(), [at(0, sale(contact("ben@example.com"), mended))], ROUTES)
    assert (found.contact, found.why_not, found.warnings) == (mended, None, ())


def test_somebody_whose_address_was_corrected_is_found_by_the_one_that_was_reported() -> None:
    corrected = dead(contact=contact("ana@example.org"), reported="Ana@example.com")
    found = reread(corrected, [at(0, sale(contact("ben@example.com"), ANA))], ROUTES)
    assert found.contact == ANA


def test_the_only_person_is_the_one_that_is_meant_whatever_the_address() -> None:
    found = reread(dead(), [at(0, sale(contact("ana@example.org")))], ROUTES)
    assert found.contact == contact("ana@example.org")


def test_of_several_others_nobody_is_chosen() -> None:
    others = sale(contact("ben@example.com"), contact("cem@example.com"))
    found = reread(dead(), [at(0, others)], ROUTES)
    assert found.contact is None
    assert found.why_not == (
        "2 people are read from it today, none of them with this address; send it as it was, or discard it"
    )


@pytest.mark.parametrize(
    ("fate", "why_not"),
    [
        (Parked("should be text", "$.phone"), "it can no longer be read: should be text at $.phone"),
        (Parked("unknown event type"), "it can no longer be read: unknown event type"),
        (NO_LONGER_THERE, "it can no longer be read: the connector no longer finds this event"),
        (Ignored("no e-mail address"), "it is ignored today: no e-mail address"),
        (sale(ANA, kind=Kind.FORM_SUBMITTED), "no route takes form.submitted of this source"),
        (
            event(kind=Kind.PURCHASE_REFUNDED, withdraws=True, contacts=()),
            "a purchase.refunded enrols nobody",
        ),
        (sale(ANA, test=True), "it would not be sent today: test event of the provider"),
        (
            sale(ANA, unsubscribed=frozenset({ANA.identity})),
            "it would not be sent today: unsubscribed, says the source",
        ),
    ],
)
def test_what_is_read_today_and_cannot_be_sent_is_said_why(fate: Fate, why_not: str) -> None:
    found = reread(dead(), [at(0, fate)], ROUTES)
    assert found.contact is None
    assert found.why_not is not None
    assert found.why_not.startswith(why_not)
    assert found.why_not.endswith("; send it as it was, or discard it")


def test_a_request_that_cannot_be_read_at_all_holds_no_event_either() -> None:
    found = reread(dead(position=3), [whole(Parked("not JSON"))], ROUTES)
    assert found.why_not is not None
    assert found.why_not.startswith("it can no longer be read: not JSON")


def test_an_event_that_has_no_fate_is_not_found() -> None:
    found = reread(dead(position=3), [at(0, sale(ANA))], ROUTES)
    assert found.why_not is not None
    assert found.why_not.startswith("the connector no longer finds this event")


def test_a_route_that_is_gone_enrols_nobody() -> None:
    found = reread(dead(route="former"), [at(0, sale(ANA))], ROUTES)
    assert found.why_not == "there is no route former any more; send it as it was, or discard it"


def test_a_provider_that_is_away_may_be_asked_again() -> None:
    away = Deferred("look-up: the provider answered 503", 7.0)
    found = reread(dead(), [at(0, away)], ROUTES)
    assert found.why_not == "it cannot be read just now: look-up: the provider answered 503"
    assert found.deferred == away


def test_that_it_is_late_does_not_matter_to_whoever_wants_it_sent() -> None:
    strict = route(timing=Timing(latest=timedelta(0)), delay=timedelta(days=1))
    assert reread(dead(), [at(0, sale(ANA))], [strict]).contact == ANA


@pytest.mark.parametrize(
    ("lane", "warning"),
    [
        (OTHER_LANE, f"the route leads to sequence {OTHER_LANE.sequence} of main today"),
        (replace(LANE, location="there"), "its location or employee would be another one today"),
    ],
)
def test_an_enrollment_stays_in_its_sequence_wherever_the_route_leads_today(lane: Any, warning: str) -> None:
    found = reread(dead(), [at(0, sale(ANA))], [route(lane=lane)])
    assert found.contact == ANA
    assert [one for one in found.warnings if one.startswith(warning)]


def test_nothing_changes_where_nothing_is_possible() -> None:
    shown = impossible(dead(), How.READ_AGAIN, "no longer read")
    assert (shown.possible, shown.why_not) == (False, "no longer read")
    assert not [change for change in shown.fields if change.changes]


def test_an_event_that_can_be_read_now_shows_whom_it_would_enrol() -> None:
    shown = preview_event("parked-1", "shop", [at(0, sale(ANA))], ROUTES)
    assert (shown.possible, shown.warnings) == (True, ())
    (row,) = shown.readings
    assert [(one.email, one.route) for one in row.enrollments] == [("ana@example.com", "after-visit")]


@pytest.mark.parametrize(
    ("fate", "warning"),
    [
        (Ignored("no e-mail address"), "nobody is enrolled: no e-mail address"),
        (sale(ANA, kind=Kind.FORM_SUBMITTED), "nobody is enrolled: no route takes form.submitted"),
        (sale(ANA, test=True), "route after-visit will not send it: test event of the provider"),
        (Deferred("look-up: the provider answered 503"), "look-up: the provider answered 503: it is asked"),
    ],
)
def test_an_event_that_can_be_read_and_enrols_nobody_says_so(fate: Fate, warning: str) -> None:
    shown = preview_event("parked-1", "shop", [at(0, fate)], ROUTES)
    assert shown.possible
    assert [one for one in shown.warnings if one.startswith(warning)]


def test_the_same_trouble_again_is_no_repair() -> None:
    shown = preview_event("parked-1", "shop", [at(2, Parked("should be text", "$.id"))], ROUTES)
    assert shown.why_not == "it still cannot be read: should be text at $.id"


def test_a_request_of_which_a_part_can_be_read_now_is_worth_reading() -> None:
    shown = preview_event("parked-1", "shop", [at(0, sale(ANA)), at(1, Parked("should be text"))], ROUTES)
    assert shown.possible
    assert shown.warnings == ("event 2 stays: should be text",)


@pytest.mark.parametrize("cause", MEANINGS)
def test_only_what_may_have_worked_can_be_marked_as_delivered(cause: str) -> None:
    assert (why_not_delivered(cause) is None) == (cause in ("unknown", "unconfirmed"))
