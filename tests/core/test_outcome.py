"""What the end of a call means: a decision for each contact, or a failure and how certain it is."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.outcome import (
    Answer,
    Certainty,
    Delivered,
    Failure,
    Lost,
    Scope,
    Unconfirmed,
    Verdict,
    judge,
    retry_after,
)
from tests.factories import NOW, later

ANA, BEN = "ana@example.com", "ben@example.com"


def result(email: str, contact_id: str = "c-1", status: str = "queued") -> dict[str, str]:
    return {"email": email, "contactId": contact_id, "status": status}


def success(*results: dict[str, Any], status: int = 200, **data: Any) -> Answer:
    """A 2xx in the documented form."""
    body = {"data": {"sendingsCreated": len(results), "results": results} | data}
    return Answer(status, {}, orjson.dumps(body))


def refusal(status: int, code: str = "VALIDATION_ERROR", message: str = "", **details: Any) -> Answer:
    body = {"error": {"code": code, "message": message, "details": details}}
    return Answer(status, {}, orjson.dumps(body))


def failed(verdict: Verdict) -> Failure:
    assert isinstance(verdict, Failure)
    return verdict


def judged(answer: Answer | Lost, *emails: str) -> Verdict:
    return judge(answer, emails or (ANA,), NOW)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_contacts_that_were_queued_are_delivered_with_their_ids(status: int) -> None:
    answer = success(result(ANA, "c-1"), result(BEN, "c-2"), status=status)
    assert judged(answer, ANA, BEN) == [Delivered("c-1"), Delivered("c-2")]


def test_results_are_matched_by_address_and_not_by_order() -> None:
    answer = success(result(BEN, "c-2"), result(ANA, "c-1"))
    assert judged(answer, ANA, BEN) == [Delivered("c-1"), Delivered("c-2")]


def test_results_are_matched_whatever_their_case_and_outer_spaces() -> None:
    answer = success(result(" ANA@Example.com ", "c-1"))
    assert judged(answer, "Ana@example.COM") == [Delivered("c-1")]


def test_a_status_that_is_not_documented_confirms_nothing() -> None:
    verdict = judged(success(result(ANA), result(BEN, status="skipped")), ANA, BEN)
    assert isinstance(verdict, list)
    assert verdict[0] == Delivered("c-1")
    assert isinstance(verdict[1], Unconfirmed)
    assert "'skipped'" in verdict[1].reason


def test_a_contact_without_a_result_is_not_confirmed_and_its_neighbour_is() -> None:
    verdict = judged(success(result(BEN), sendingsCreated=1), ANA, BEN)
    assert isinstance(verdict, list)
    assert verdict == [Unconfirmed("no result for this contact; the call made 1 sendings"), Delivered("c-1")]


def test_fewer_sendings_than_contacts_called_queued_are_a_doubt_about_all_of_them() -> None:
    verdict = judged(success(result(ANA), result(BEN), sendingsCreated=1), ANA, BEN)
    doubt = "the destination called 2 contacts of this call queued and made 1 sendings"
    assert verdict == [Delivered("c-1", doubt), Delivered("c-1", doubt)]


def test_two_members_of_one_address_share_its_result() -> None:
    assert judged(success(result(ANA)), ANA, ANA.upper()) == [Delivered("c-1"), Delivered("c-1")]


def test_an_address_that_is_listed_twice_is_still_one_contact() -> None:
    assert judged(success(result(ANA, "c-1"), result(ANA, "c-1"))) == [Delivered("c-1")]


def test_a_contact_id_that_is_no_text_is_left_out() -> None:
    odd: dict[str, Any] = {"email": ANA, "contactId": 7, "status": "queued"}
    assert judged(success(odd)) == [Delivered(None)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"data":{}}',
        b'{"data":{"results":[',
        b'{"data":{"results":7}}',
    ],
)
def test_a_success_that_cannot_be_read_is_of_unknown_outcome(body: bytes) -> None:
    verdict = failed(judged(Answer(200, {}, body)))
    assert (verdict.certainty, verdict.code) == (Certainty.UNKNOWN, "unreadable_answer")


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_blamed_on_the_base_url(status: int) -> None:
    verdict = failed(judged(Answer(status, {"location": "https://example.com"}, b"")))
    assert (verdict.certainty, verdict.scope) == (Certainty.REFUSED, Scope.DESTINATION)
    assert "base_url" in verdict.reason


@pytest.mark.parametrize(
    ("answer", "scope"),
    [
        (refusal(400, message="contacts.0.email: Invalid email"), Scope.CONTACTS),
        (refusal(422), Scope.CONTACTS),
        (refusal(400, message="All contacts are invalid or unsubscribed"), Scope.CONTACTS),
        (refusal(400, message="Sequence is not active"), Scope.SEQUENCE),
        (refusal(400, message="Sequence has no steps"), Scope.SEQUENCE),
        (refusal(400, message="Variant B is not active"), Scope.SEQUENCE),
        (refusal(409, "SEQUENCE_PAUSED"), Scope.SEQUENCE),
        (refusal(404, "NOT_FOUND", "Sequence not found"), Scope.SEQUENCE),
        (Answer(404, {}, b"<html>"), Scope.SEQUENCE),
        (refusal(401, "INVALID_API_KEY"), Scope.DESTINATION),
        (refusal(403, "INSUFFICIENT_SCOPE"), Scope.DESTINATION),
        (refusal(401, "INVALID_API_KEY", "Invalid or inactive API key"), Scope.DESTINATION),
        (refusal(401, "UNAUTHORIZED", "Inactive"), Scope.DESTINATION),
        (refusal(403, "FORBIDDEN", "The key has no scope sequences:execute"), Scope.DESTINATION),
        (refusal(400, "FORBIDDEN", "API access is disabled for this organization"), Scope.DESTINATION),
        (refusal(403, "FORBIDDEN", "Sequence is not active"), Scope.SEQUENCE),
        (refusal(401, "FORBIDDEN", "Variant B has no steps"), Scope.SEQUENCE),
        (refusal(403, "FORBIDDEN", "All contacts are invalid or unsubscribed"), Scope.CONTACTS),
        (refusal(404, "NOT_FOUND", "Location not found"), Scope.CONTACTS),
        (refusal(400, message="Employee is not active"), Scope.CONTACTS),
    ],
)
def test_a_refusal_is_about_contacts_or_the_sequence_or_the_destination(answer: Answer, scope: Scope) -> None:
    verdict = failed(judged(answer))
    assert (verdict.certainty, verdict.scope, verdict.throttled) == (Certainty.REFUSED, scope, False)


def test_a_refusal_says_in_its_reason_what_the_destination_said() -> None:
    verdict = failed(judged(refusal(400, "VALIDATION_ERROR", "contacts.0.email: Invalid email")))
    assert verdict.code == "VALIDATION_ERROR"
    assert verdict.reason == "400 VALIDATION_ERROR: contacts.0.email: Invalid email"


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"error":"no"}', b'{"error":{}}', b"[1]", b'{"error":null}']
)
def test_a_refusal_in_another_form_has_no_code_and_is_a_refusal_all_the_same(body: bytes) -> None:
    verdict = failed(judged(Answer(400, {}, body)))
    assert (verdict.certainty, verdict.code) == (Certainty.REFUSED, "no_code")


def test_long_messages_of_a_destination_are_cut() -> None:
    verdict = failed(judged(refusal(400, "C" * 1000, "m" * 1000)))
    assert len(verdict.reason) < 400


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 599])
def test_after_a_fault_of_the_destination_nobody_knows_what_was_done(status: int) -> None:
    verdict = failed(judged(Answer(status, {}, b"<html>")))
    assert (verdict.certainty, verdict.scope) == (Certainty.UNKNOWN, Scope.DESTINATION)


def test_a_call_that_was_never_sent_did_nothing() -> None:
    verdict = failed(judged(Lost("no connection: Connection refused", sent=False)))
    assert (verdict.certainty, verdict.scope) == (Certainty.NOT_SENT, Scope.DESTINATION)
    assert verdict.code == "unreachable"


def test_a_call_that_was_sent_and_never_answered_is_of_unknown_outcome() -> None:
    verdict = failed(judged(Lost("no answer within 30 s", sent=True)))
    assert (verdict.certainty, verdict.code) == (Certainty.UNKNOWN, "no_answer")


def test_a_rate_limit_concerns_the_organization_and_is_nobodys_fault() -> None:
    verdict = failed(judged(Answer(429, {"retry-after": "7"}, b"")))
    assert (verdict.certainty, verdict.scope) == (Certainty.REFUSED, Scope.ORGANIZATION)
    assert (verdict.throttled, verdict.retry_after) == (True, 7.0)


@pytest.mark.parametrize(
    ("header", "details", "seconds"),
    [
        ("7", {}, 7.0),
        (" 7 ", {"retryAfter": 99}, 7.0),
        (format_datetime(later(90), usegmt=True), {}, 90.0),
        (format_datetime(later(-90), usegmt=True), {}, 0.0),
        ("", {"retryAfter": 12}, 12.0),
        ("", {"retryAfter": 1.5}, 1.5),
        ("soon", {"retryAfter": 12}, 12.0),
        ("", {"retryAfter": -1}, None),
        ("", {"retryAfter": "12"}, None),
        ("", {}, None),
        ("²", {}, None),
        ("-5", {}, None),
    ],
)
def test_a_wait_is_read_from_the_header_or_else_from_the_body(
    header: str, details: dict[str, Any], seconds: float | None
) -> None:
    assert retry_after({"retry-after": header}, details, NOW) == seconds


@given(st.text())
def test_no_header_text_is_a_crash(text: str) -> None:
    seconds = retry_after({"retry-after": text}, {}, NOW)
    assert seconds is None or seconds >= 0


@given(st.integers(200, 599), st.binary(max_size=200) | st.text().map(orjson.dumps))
def test_any_status_with_any_body_has_a_verdict(status: int, body: bytes) -> None:
    verdict = judged(Answer(status, {}, body))
    assert isinstance(verdict, Failure)


keys = st.sampled_from(["data", "results", "email", "status", "error", "code", "details", "retryAfter", "x"])
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(st.integers(200, 599), json)
def test_any_json_has_a_verdict_for_everybody(status: int, body: object) -> None:
    verdict = judged(Answer(status, {}, orjson.dumps(body)), ANA, BEN)
    assert isinstance(verdict, Failure) or len(verdict) == 2
