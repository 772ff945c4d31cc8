"""Address tests are answered as each sender wants it, and what is none of them goes on to verification."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from relay.core.cloud_events import parse_cloud_events, refuse_undecoded
from relay.core.errors import Unreadable
from relay.core.handshakes import (
    Handshake,
    answers,
    consents,
    echo_form,
    echo_header,
    echo_json,
    echo_query,
    first_handshake,
    tells,
)
from relay.core.payload import Node
from relay.core.request import Reply, Request
from relay.core.signatures import keyed_hash
from relay.core.source import Settings, Source

SOURCE = Source("shop", {"verify_token": ("tok-1", "tok-2")}, Settings())
FORM = {"content-type": "application/x-www-form-urlencoded"}


def asked(method: str = "POST", query: str = "", body: bytes = b"", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, f"https://relay.example.com/hooks/shop{query}", named, body)


def form(body: bytes) -> Request:
    return Request("POST", "https://relay.example.com/hooks/shop", FORM, body)


HUB = echo_query("hub.challenge", token="hub.verify_token")
CASES: dict[str, tuple[Handshake, Request, bytes]] = {
    "a probe": (answers("HEAD", "GET"), asked("HEAD"), b""),
    "a query": (echo_query("challenge"), asked("GET", "?challenge=a%20b"), b"a b"),
    "a query with a token": (HUB, asked("GET", "?hub.challenge=77&hub.verify_token=tok-2"), b"77"),
    "json": (echo_json("challenge"), asked(body=b'{"challenge": "x"}'), b'{"challenge":"x"}'),
    "a form": (echo_form("challenge"), form(b"mode=subscribe&challenge=x%2By"), b"x+y"),
    "a header": (echo_header("x-hook-secret"), asked(x_hook_secret="s-1"), b""),
    "the second of two": (
        first_handshake(answers("HEAD"), echo_json("challenge")),
        asked(body=b'{"challenge":"y"}'),
        b'{"challenge":"y"}',
    ),
}


@pytest.mark.parametrize(("handshake", "request_", "body"), CASES.values(), ids=CASES)
def test_an_address_test_is_answered(handshake: Handshake, request_: Request, body: bytes) -> None:
    reply = handshake(request_, SOURCE)
    assert reply is not None
    assert (reply.status, reply.body) == (200, body)


@pytest.mark.parametrize(("handshake", "request_", "body"), CASES.values(), ids=CASES)
def test_a_delivery_is_none(handshake: Handshake, request_: Request, body: bytes) -> None:
    deliveries = (
        asked(body=b'{"id": 1, "type": "sale", "challenge": "x", "data": {}}'),
        asked(body=b"[1]"),
        asked(body=b"\xff"),
        asked(body=b'{"challenge": {}}'),
        form(b"challenge=x&id=1&type=sale&a=b"),
        form(b"\xff"),
        asked("GET", "?challenge=" + "x" * 1001) if "query" in handshake.__qualname__ else asked("PUT"),
    )
    assert [handshake(one, SOURCE) for one in deliveries] == [None] * len(deliveries)


@pytest.mark.parametrize("query", ["&hub.verify_token=guess", "&hub.verify_token=", ""])
def test_a_challenge_without_the_token_is_refused(query: str) -> None:
    reply = HUB(asked("GET", "?hub.challenge=77" + query), SOURCE)
    assert reply == Reply(403)


def test_what_a_stranger_sent_comes_back_as_nothing_but_text() -> None:
    reply = echo_query("challenge")(asked("GET", "?challenge=<script>"), SOURCE)
    assert reply is not None
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_secret_in_a_header_goes_back_in_it_and_a_person_is_told() -> None:
    reply = echo_header("x-hook-secret", tell="configure it")(asked(x_hook_secret="s-1"), SOURCE)
    assert reply == Reply(200, headers={"x-hook-secret": "s-1"}, tell="configure it")


def test_a_secret_that_is_configured_already_goes_back_and_nobody_is_told() -> None:
    shake = echo_header("x-hook-secret", tell="configure it", secret="verify_token")
    reply = Reply(200, headers={"x-hook-secret": "tok-2"})
    assert shake(asked(x_hook_secret="tok-2"), SOURCE) == reply
    assert shake(asked(x_hook_secret="x" * 1001), SOURCE) is None


def test_a_code_is_for_a_person() -> None:
    shake = tells("verificationCode", "paste the code")
    assert shake(asked(body=b'{"verificationCode": "c-1"}'), SOURCE) == Reply(200, tell="paste the code")
    assert shake(asked(body=b"{}"), SOURCE) is None


def test_a_sender_of_cloud_events_gets_consent_for_its_origin_and_rate() -> None:
    reply = consents(asked("OPTIONS", webhook_request_origin="a.example", webhook_request_rate="9"), SOURCE)
    assert reply is not None
    assert reply.headers["webhook-allowed-origin"] == "a.example"
    assert reply.headers["webhook-allowed-rate"] == "*"
    assert reply.headers["allow"] == "POST"
    assert consents(asked("OPTIONS"), SOURCE) is None
    assert consents(asked("POST", webhook_request_origin="a.example"), SOURCE) is None


def test_a_handshake_may_be_answered_with_an_hmac() -> None:
    # RFC 4231, test case 2
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert keyed_hash("Jefe", "what do ya want for nothing?") == expected


STRUCTURED = {"content-type": "application/cloudevents+json"}
EVENT = {"specversion": "1.0", "id": "A-1", "source": "/shop", "type": "sale", "data": {"email": "x"}}


@pytest.mark.parametrize(
    ("headers", "body", "event"),
    [
        (
            {
                "ce-specversion": "1.0",
                "ce-id": "A-1",
                "ce-source": "/shop",
                "ce-type": "s%61le",
                "content-type": "application/json",
            },
            b'{"email": "x"}',
            EVENT,
        ),
        (
            {"content-type": "application/cloudevents+json; charset=UTF-8"},
            b'{"specversion":"1.0","id":"A-1","source":"/shop","type":"sale","data":{"email":"x"}}',
            EVENT,
        ),
        ({"content-type": "application/cloudevents-batch+json"}, b'[{"id": "A-1"}]', [{"id": "A-1"}]),
        ({"ce-id": "A-1"}, b"", {"id": "A-1", "data": None}),
        (STRUCTURED, b'{"id": "A-1", "data_base64": "eyJhIjoxfQ=="}', {"id": "A-1", "data": {"a": 1}}),
        (STRUCTURED, b'{"id": "A-1", "data_base64": ""}', {"id": "A-1", "data_base64": ""}),
        (STRUCTURED, b'{"data": 1, "data_base64": "!"}', {"data": 1, "data_base64": "!"}),
        (
            STRUCTURED,
            b'{"datacontenttype": "text/xml", "data_base64": "PGE+MTwvYT4="}',
            {"datacontenttype": "text/xml", "data": {"a": "1"}},
        ),
        (STRUCTURED, b'[7, {"data_base64": "eyJhIjoxfQ=="}]', [7, {"data": {"a": 1}}]),
    ],
)
def test_every_mode_of_cloud_events_is_read_alike(headers: dict[str, str], body: bytes, event: Any) -> None:
    assert parse_cloud_events(Request("POST", "https://a.example", headers, body)).raw == event


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"data_base64": "!"}, r"^\$\.data_base64: is not base64$"),
        ({"data_base64": True}, r"^\$\.data_base64: should be text"),
        ({"data_base64": ["e30="]}, r"^\$\.data_base64: should be text"),
        ({"data_base64": "ew=="}, r"^\$\.data_base64: holds what is not JSON .*; datacontenttype is app"),
        ({"data_base64": "ew==", "datacontenttype": "text/xml"}, r"holds what is not readable XML"),
    ],
)
def test_data_that_cannot_be_decoded_is_left_and_refused_with_the_reason(
    event: dict[str, Any], told: str
) -> None:
    request = Request("POST", "https://a.example", STRUCTURED, orjson.dumps(event))
    root = parse_cloud_events(request)
    assert root.raw == event
    with pytest.raises(Unreadable, match=told):
        refuse_undecoded(root)


def test_cloud_events_that_are_none_are_unreadable() -> None:
    with pytest.raises(Unreadable):
        parse_cloud_events(Request("POST", "https://a.example", {"ce-id": "1"}, b"{"))
    assert isinstance(parse_cloud_events(Request("POST", "https://a.example", {}, b"{}")), Node)
