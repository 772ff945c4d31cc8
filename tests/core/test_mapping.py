"""Events by expressions: what a flat body gives by itself, and what settings change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from connectors.generic import generic, standard_webhooks
from relay.core.connector import Connector, Ignored
from relay.core.errors import Misconfigured
from relay.core.event import Event, Kind
from relay.core.fate import Parked
from relay.core.mapping import OWN_CALLBACK, MappingSettings
from relay.core.request import Request
from relay.core.source import Source
from relay.core.translate import translate

URL = "https://relay.example.com/hooks/any"
ANA = {"email": "ana@example.com", "first_name": "Ana"}


def connector_for(**settings: Any) -> tuple[Connector, Source]:
    source = Source("any", {"url_token": ("t",)}, generic.GenericSettings.model_validate(settings))
    return generic.CONNECTOR.for_source(generic.CONNECTOR, source), source


def fates(body: Any, headers: dict[str, str] | None = None, **settings: Any) -> list[Any]:
    connector, source = connector_for(**settings)
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    request = Request("POST", URL, headers or {}, content, received_at=1772366400.0)
    with pytest.raises(StopIteration) as stop:
        next(translate(connector, request, source))
    translated: list[Any] = stop.value.value
    return translated


def event(body: Any, **settings: Any) -> Event:
    (one,) = fates(body, **settings)
    assert isinstance(one.fate, Event), one.fate
    return one.fate


@pytest.mark.parametrize(
    "body",
    [
        {**ANA, "last_name": "Reyes", "phone": "+12025550123"},
        {"emailAddress": "ana@example.com", "firstName": "Ana", "lastName": "Reyes", "tel": "+12025550123"},
        {"email_address": "ana@example.com", "name": "Ana Reyes", "mobile": "+12025550123"},
        {"mail": "ana@example.com", "name": {"first": "Ana", "last": "Reyes"}, "phone": "+12025550123"},
        {"name": "Website form", "data": {**ANA, "last_name": "Reyes", "phone": "+12025550123"}},
        {"contact": {**ANA, "lastname": "Reyes", "phone_number": "+12025550123"}},
        {"data": {"customer": {**ANA, "family_name": "Reyes", "phone": "202-555-0123", "country": "us"}}},
    ],
)
def test_a_person_is_found_under_the_usual_names_in_the_usual_places(body: Any) -> None:
    (contact,) = event(body).contacts
    assert (contact.email, contact.first_name, contact.last_name, contact.phone) == (
        "ana@example.com",
        "Ana",
        "Reyes",
        "+12025550123",
    )


def test_an_event_without_an_id_is_known_by_what_it_holds() -> None:
    once, again, other = (event({**ANA, "n": n}).key for n in (1, 1, 2))
    assert once == again != other
    assert len(once) == 32


def test_the_id_in_the_data_goes_before_the_id_of_the_message() -> None:
    assert event({"id": "evt_1", "data": {"id": "ord_1", **ANA}}).key == "ord_1"


def test_the_id_of_an_object_is_not_taken_for_the_id_of_a_delivery() -> None:
    booked, cancelled = (fates({"id": "A1", "event": name, **ANA})[0] for name in ("booked", "cancelled"))
    assert booked.delivery_id is None
    assert cancelled.delivery_id is None


def test_a_time_is_the_events_own_or_that_of_its_arrival() -> None:
    assert event({**ANA, "timestamp": "2026-02-28T10:00:00Z"}).occurred_at.day == 28
    assert event(ANA).occurred_at.timestamp() == 1772366400


def test_a_change_without_a_time_is_one_delivery_however_often_it_is_sent() -> None:
    once, again, other = (
        fates({"id": 1, "n": n, **ANA}, kind="contact.updated")[0].delivery_id for n in (1, 1, 2)
    )
    assert once == again != other
    dated = {"id": 1, "timestamp": 1772366400, **ANA}
    assert fates(dated, kind="contact.updated")[0].delivery_id is None


def test_a_list_is_a_list_of_events_even_without_split() -> None:
    first, second = fates([{"id": 1, **ANA}, {"id": 2}])
    assert isinstance(first.fate, Event)
    assert second.fate == Ignored("no e-mail address", nobody=True)


@pytest.mark.parametrize("body", ["text", 5, True, [1], [None]])
def test_what_is_no_object_is_parked_and_not_passed_over(body: Any) -> None:
    (one,) = fates(body)
    assert isinstance(one.fate, Parked)


def test_a_table_of_kinds_knows_wanted_ignored_and_unknown_types() -> None:
    kind = {"a": "purchase.completed", "b": "ignored"}
    assert event({"type": "a", "id": 1, **ANA}, kind=kind).kind is Kind.PURCHASE_COMPLETED
    assert fates({"type": "b"}, kind=kind)[0].fate == Ignored("b is not wanted")
    assert fates({"type": "c"}, kind=kind)[0].fate == Parked("unknown event type 'c'")
    assert fates({"type": "c"}, kind=kind, unknown_events="ignore")[0].fate == Ignored(
        "unknown event type 'c'"
    )


def test_a_table_fills_the_connector_of_its_source_and_of_no_other() -> None:
    connector, _ = connector_for(
        kind={"a": "appointment.booked", "b": "appointment.cancelled", "c": "ignored"}
    )
    assert connector.kinds == {Kind.APPOINTMENT_BOOKED, Kind.APPOINTMENT_CANCELLED}
    assert connector.default_events == {Kind.APPOINTMENT_BOOKED}
    assert connector.ignored == {"c", OWN_CALLBACK}
    assert generic.CONNECTOR.handlers == {}


def test_headers_may_name_type_and_delivery() -> None:
    (one,) = fates(
        {"id": 1, **ANA},
        headers={"x-topic": "paid", "x-id": "d-1"},
        kind={"paid": "purchase.completed"},
        event_type_header="X-Topic",
        delivery_id_header="X-Id",
    )
    assert (one.event_type, one.delivery_id) == ("paid", "d-1")


def test_events_of_one_request_do_not_share_the_id_in_its_header() -> None:
    events = fates({"all": [ANA, ANA]}, headers={"x-id": "d-1"}, split="all", delivery_id_header="x-id")
    assert [one.delivery_id for one in events] == ["d-1.split[0]", "d-1.split[1]"]


def test_expressions_for_a_person_are_relative_to_people() -> None:
    body = {"id": 1, "guests": [{"mail": "ana@example.com"}, {"who": {"m": "bo@example.org"}}]}
    contacts = event(body, people="guests", email="pick(mail, who.m)").contacts
    assert [contact.email for contact in contacts] == ["ana@example.com", "bo@example.org"]


def test_an_empty_list_of_people_is_nobody() -> None:
    assert fates({"id": 1, "guests": []}, people="guests")[0].fate == Ignored(
        "no person in this event", nobody=True
    )


def test_a_filter_leaves_out_what_it_finds_nothing_for() -> None:
    assert fates({**ANA, "ok": False}, filter="ok")[0].fate == Ignored(
        "settings.filter leaves this event out"
    )
    assert event({**ANA, "ok": True}, filter="ok").contacts


def test_a_mapping_that_finds_another_type_names_the_setting() -> None:
    assert fates({"id": {"a": 1}, **ANA})[0].fate == Parked(
        "should be text, is an object", "$ (settings.key)"
    )
    assert fates({"w": "soon", **ANA}, occurred_at="w")[0].fate.path == "$ (settings.occurred_at)"


def test_all_faults_of_the_expressions_are_reported_at_once_each_with_its_key() -> None:
    with pytest.raises(ValidationError) as caught:
        MappingSettings.model_validate({"email": "a.)", "key": "pik(id)", "kind": {}})
    faults = {error["loc"][0]: error["msg"] for error in caught.value.errors()}
    assert faults.keys() == {"email", "key", "kind"}
    assert "column 3" in faults["email"]
    assert "no function pik()" in faults["key"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("", b'{"email": "ana@example.com"}'),
        ("text/plain", b'{"email": "ana@example.com"}'),
        ("application/json; charset=utf-8", b'{"email": "ana@example.com"}'),
        ("application/x-www-form-urlencoded", b"email=ana%40example.com"),
        ("application/x-www-form-urlencoded", b"contact[email]=ana%40example.com"),
        ("application/xml", b"<contact><email>ana@example.com</email></contact>"),
        ("text/xml", b"<contact><email>ana@example.com</email></contact>"),
    ],
)
def test_the_format_goes_by_the_content_type_and_is_json_without_one(content_type: str, body: bytes) -> None:
    (one,) = fates(body, headers={"content-type": content_type})
    assert [contact.email for contact in one.fate.contacts] == ["ana@example.com"]


def test_a_format_that_is_set_goes_before_the_content_type() -> None:
    (one,) = fates(b"email=a%40example.com", headers={"content-type": "application/json"}, format="form")
    assert isinstance(one.fate, Event)


def test_reply_and_busy_status_are_what_the_settings_say() -> None:
    connector, _ = connector_for(reply={"status": 202, "body": "ok"}, busy_status=429)
    reply = connector.reply(Request("POST", URL, {}, b""))
    assert (reply.status, reply.body, connector.busy_status) == (202, b"ok", 429)
    with pytest.raises(ValidationError):
        connector_for(reply={"status": 404})


@pytest.mark.parametrize(
    ("verify", "secret"),
    [
        ({"type": "hmac", "header": "x-signature"}, "signing_key"),
        ({"type": "basic"}, "basic"),
    ],
)
def test_the_secret_that_verify_needs_is_missed_before_the_first_request(verify: Any, secret: str) -> None:
    with pytest.raises(Misconfigured, match=r"is missing, and settings\.verify needs it") as caught:
        connector_for(verify=verify)
    assert caught.value.key == f"secrets.{secret}"


def test_keys_of_standard_webhooks_are_checked_with_the_configuration() -> None:
    with pytest.raises(ValidationError, match="is not base64") as caught:
        standard_webhooks.Keyring.model_validate({"signing_key": ["whsec_not base64"]})
    assert "not base64 " not in str(caught.value).replace("is not base64", "")


def test_the_standard_envelope_needs_no_mapping() -> None:
    source = Source("any", {}, MappingSettings(kind=Kind.PURCHASE_COMPLETED))
    connector = standard_webhooks.for_source(standard_webhooks.CONNECTOR, source)
    body = {"type": "order.paid", "timestamp": "2026-02-28T10:00:00Z", "data": {"id": "o-1", "customer": ANA}}
    request = Request("POST", URL, {"webhook-id": "msg_1", "webhook-signature": "v1,"}, orjson.dumps(body))
    with pytest.raises(StopIteration) as stop:
        next(translate(connector, replace(request, received_at=0.0), source))
    (one,) = stop.value.value
    assert (one.event_type, one.delivery_id, one.fate.key) == ("order.paid", "msg_1", "o-1")
    assert one.fate.occurred_at.day == 28


CALLBACK = {
    "event": "step.completed",
    "sequenceId": "seq_8f1",
    "sequenceStepId": "step_2",
    "stepIndex": 1,
    "stepType": "email",
    "contactId": "ct_91",
    "organizationId": "org_1",
    "sendingId": "snd_77",
    "timestamp": "2026-03-01T11:59:30.000Z",
}


@pytest.mark.parametrize("kind", ["contact.updated", {"step.completed": "contact.updated"}])
def test_a_step_callback_of_the_destination_never_enrols(kind: Any) -> None:
    [one] = fates({**CALLBACK, **ANA}, kind=kind)
    assert isinstance(one.fate, Ignored)


def test_another_senders_step_completed_is_an_event_like_any_other() -> None:
    read = event({"event": "step.completed", "id": 7, **ANA}, kind={"step.completed": "form.submitted"})
    assert read.kind is Kind.FORM_SUBMITTED


def test_a_body_that_is_a_token_is_read_by_its_claims() -> None:
    settings = {"verify": {"type": "jwt", "algorithm": "HS256"}, "format": "jwt", "kind": "deal.won"}
    source = Source("any", {"signing_key": ("k",)}, generic.GenericSettings.model_validate(settings))
    connector = generic.CONNECTOR.for_source(generic.CONNECTOR, source)
    body = orjson.dumps({"id": "D-9", **ANA})
    request = connector.verify.sign(Request("POST", URL, {}, body, received_at=1772366400.0), source, 0)
    with pytest.raises(StopIteration) as stop:
        next(translate(connector, request, source))
    [one] = stop.value.value
    assert (one.fate.kind, one.fate.key) == (Kind.DEAL_WON, "D-9")
