"""Recorded cases: how one is run, and how its result is compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from relay.core.auth import bearer
from relay.core.case import Case, CaseFault, differences, run_case, sign_anew, token_in
from relay.core.combined import strongest_configured
from relay.core.connector import Asking, Connector, Ignored, field_text
from relay.core.event import Kind, Person, Reading
from relay.core.lookup import get
from relay.core.payload import Node
from relay.core.places import in_header
from relay.core.request import Reply, Request
from relay.core.signatures import HmacSignature
from relay.core.signed import url_then_body
from relay.core.source import Keys, Secrets, Source

API = "https://api.example.com/people?b=2&a=1"
URL = "https://relay.example.com/hooks/shop"


class ShopSecrets(Secrets):
    signing_key: Keys


def read(event: Node, _source: Source) -> Asking:
    answer = yield get(API, auth=bearer())
    if not answer.found:
        return Ignored("not there")
    person = Person(email=answer.body["email"].text())
    return Reading(kind=Kind.CONTACT_CREATED, key=event["id"].text(), people=(person,))


def greet(request: Request, _source: Source) -> Reply | None:
    return Reply(200, b"hello") if request.method == "HEAD" else None


CONNECTOR = Connector(
    name="shop",
    label="Shop",
    group="generic",
    docs="https://example.com",
    confidence="best effort",
    verify=HmacSignature(place=in_header("x-signature"), signed=url_then_body),
    event_type=field_text("type"),
    delivery_id=field_text("id"),
    handlers={"new": read},
    ignored=frozenset({"ping"}),
    kinds=frozenset({Kind.CONTACT_CREATED}),
    handshake=greet,
    secrets=ShopSecrets,
)
FOUND = {"url": "https://api.example.com/people?a=1&b=2", "body": {"email": "ana@example.com"}}


def case(**changes: Any) -> Case:
    plain = {
        "title": "a case",
        "connector": "shop",
        "now": 1772366400,
        "source": {"public_url": URL, "secrets": {"signing_key": ["k"]}},
        "request": {"url": "http://127.0.0.1:8080/hooks/shop", "body": '{"type": "new", "id": 1}'},
        "upstream": [FOUND],
    }
    return Case.model_validate(plain | changes)


def signed(**changes: Any) -> Case:
    unsigned = case(**changes)
    request = CONNECTOR.verify.sign(unsigned.make_request(), unsigned.make_source(CONNECTOR), unsigned.now)
    headers = {"X-Signature": request.headers["x-signature"]}
    return unsigned.model_copy(update={"request": unsigned.request.model_copy(update={"headers": headers})})


def test_a_case_that_lacks_what_its_connector_needs_says_so() -> None:
    weak = HmacSignature(place=in_header("x-signature"), secret="other_key")
    choosy = replace(CONNECTOR, for_source=strongest_configured(weak))
    with pytest.raises(CaseFault, match=r"^source: secrets should hold other_key, to know who sends$"):
        run_case(case(), choosy)


def test_a_case_becomes_what_its_events_become() -> None:
    result = run_case(signed(), CONNECTOR)
    assert result["outcome"] == "events"
    assert result["delivery_ids"] == ["1"]
    assert result["lookups"] == [{"method": "GET", "url": API, "body": None}]
    assert result["events"][0]["contacts"] == [
        {"email": "ana@example.com", "firstName": None, "lastName": None, "phone": None}
    ]
    assert result["events"][0]["occurred_at"] == "2026-03-01T12:00:00Z"


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        ('{"type": "ping"}', "ignored", "ping is not wanted"),
        ('{"type": "odd"}', "parked", "$: unknown event type 'odd'"),
        ("{", "parked", "$: is not JSON"),
    ],
)
def test_what_is_no_event_has_a_reason(body: str, outcome: str, reason: str) -> None:
    result = run_case(signed(request={"url": URL, "body": body}), CONNECTOR)
    assert result["outcome"] == outcome
    assert result["reason"].startswith(reason)
    assert result["reply"]["status"] == 200


def test_an_unproven_request_is_answered_401_and_reads_nothing() -> None:
    result = run_case(case(), CONNECTOR)
    assert (result["outcome"], result["reply"]["status"], result["events"]) == ("unverified", 401, [])


def test_a_handshake_is_answered_before_any_proof() -> None:
    result = run_case(case(request={"url": URL, "method": "HEAD"}), CONNECTOR)
    assert (result["outcome"], result["reply"]["body"]) == ("handshake", "hello")


def test_another_method_is_answered_405() -> None:
    result = run_case(case(request={"url": URL, "method": "GET"}), CONNECTOR)
    assert (result["outcome"], result["reply"]["status"]) == ("unverified", 405)


def test_a_look_up_without_a_recorded_answer_is_a_fault_of_the_case() -> None:
    with pytest.raises(CaseFault, match=r"GET https://api\.example\.com/people"):
        run_case(signed(upstream=[]), CONNECTOR)


def test_an_answer_may_say_when_to_ask_again() -> None:
    busy = {**FOUND, "status": 429, "headers": {"Retry-After": "9"}}
    result = run_case(signed(upstream=[busy]), CONNECTOR)
    assert result["outcome"] == "parked"
    assert "asked again later" in result["reason"]


def test_a_body_of_other_bytes_is_given_as_base64() -> None:
    assert case(request={"url": URL, "body_base64": "/w=="}).request.content == b"\xff"


def test_signing_anew_proves_the_same_body_to_another_source() -> None:
    source = Source("mine", {"signing_key": ("mine",)}, CONNECTOR.settings())
    CONNECTOR.verify(sign_anew(case(), CONNECTOR, source, 1.0), source, 1.0)


def test_a_secret_that_the_connector_does_not_know_is_a_fault_of_the_case() -> None:
    misnamed = case(source={"secrets": {"signing_kye": ["k"]}})
    with pytest.raises(CaseFault, match="signing_kye"):
        run_case(misnamed, CONNECTOR)


def test_a_typing_mistake_within_a_case_is_found() -> None:
    with pytest.raises(ValidationError, match="metod"):
        case(request={"url": URL, "metod": "POST"})


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://a.example/hooks/shop/tok", "tok"),
        ("https://a.example/hooks/shop/tok?x=1", "tok"),
        ("https://a.example/hooks/shop", None),
        ("https://a.example/hooks/shop/tok/more", None),
        ("https://a.example/other/shop/tok", None),
    ],
)
def test_the_token_is_the_last_part_of_a_hooks_address(url: str, token: str | None) -> None:
    assert token_in(url) == token


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({}, {"more": 1}),
        ({"a": None}, {}),
        ({"at": "2026-03-01T12:00:00Z"}, {"at": "2026-03-01T13:00:00+01:00"}),
        ({"headers": {"Content-Type": "x"}}, {"headers": {"content-type": "x"}}),
        ({"events": [{"key": "1"}]}, {"events": [{"key": "1", "kind": "deal.won"}]}),
    ],
)
def test_what_a_case_leaves_out_or_writes_differently_is_no_difference(expected: Any, actual: Any) -> None:
    assert list(differences(expected, actual)) == []


@pytest.mark.parametrize(
    ("expected", "actual", "told"),
    [
        ({"a": 1}, {"a": 2}, ["expect.a: expected 1, got 2"]),
        ({"a": 1}, {}, ["expect.a: expected 1, got null"]),
        ({"a": None}, {"a": 0}, ["expect.a: expected null, got 0"]),
        ({"x": [1]}, {"x": [1, 2]}, ["expect.x: expected [1], got [1,2]"]),
        ({"x": [{"k": "a"}]}, {"x": [{"k": "b"}]}, ['expect.x[0].k: expected "a", got "b"']),
        ({"x": {}}, {"x": None}, ["expect.x: expected {}, got null"]),
        (
            {"at": "2026-03-01T12:00:00Z"},
            {"at": "2026-03-01T12:00:01Z"},
            ['expect.at: expected "2026-03-01T12:00:00Z", got "2026-03-01T12:00:01Z"'],
        ),
        ({"a": 1, "b": 2}, {"a": 3, "b": 4}, ["expect.a: expected 1, got 3", "expect.b: expected 2, got 4"]),
    ],
)
def test_every_difference_is_one_sentence_with_its_path(expected: Any, actual: Any, told: list[str]) -> None:
    assert list(differences(expected, actual)) == told
