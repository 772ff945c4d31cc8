"""Pieces that many connectors share: people by the names of their fields, questions that end an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from relay import kit
from relay.core.authorising import authorised
from relay.core.connector import Connector, is_ignored
from relay.core.errors import NotWanted, Unreadable, Unverified
from relay.core.event import Event, Kind, Person, Reading
from relay.core.fate import Fate, Parked
from relay.core.lookup import Answer, LookUp
from relay.core.page import read_page
from relay.core.payload import Node
from relay.core.request import Request
from relay.core.source import SandboxSettings, Source
from relay.core.translate import translate
from relay.kit import lookups, proof, reading, replies, settings
from relay.kit.lookups import Api, bearer, fetched
from relay.kit.proof import AllOf, BasicAuth, HmacSignature, SharedToken, in_header, signed_as
from relay.kit.reading import (
    field_text,
    field_texts,
    first_of,
    kind_of,
    meanings,
    must_be,
    read_person,
    somebody,
    unwrapped,
    words,
)

NOW = 1_772_366_400.0
BODY = b'{"type": "sale", "id": 7, "at": "2026-03-01T12:00:00Z", "status": "PAID"}'


def request(body: bytes = BODY, **headers: str) -> Request:
    return Request("POST", "https://relay.example.com/hooks/x", headers, body, received_at=NOW)


def source(**secrets: str) -> Source:
    return Source("x", {name: (key,) for name, key in secrets.items()}, SandboxSettings())


def connector(**more: Any) -> Connector:
    usual: dict[str, Any] = {
        "verify": SharedToken(),
        "event_type": field_text("type"),
        "handlers": {"sale": lambda event, _: Reading(kind=Kind.PURCHASE_REFUNDED, key=event["id"].text())},
        "kinds": {Kind.PURCHASE_REFUNDED},
    }
    return Connector(**(usual | more))


def fates(told: Connector, body: bytes = BODY, answer: Answer | None = None) -> list[Fate]:
    steps = translate(told, request(body), source())
    try:
        next(steps)
        while True:
            steps.send([answer or Answer(404, Node(None))])
    except StopIteration as stop:
        return [one.fate for one in stop.value]


# People


def test_a_person_is_read_by_the_names_of_the_fields_wherever_they_stand() -> None:
    guest = Node(
        {
            "mail": " ",
            "contact": {"mail": "ana@example.com"},
            "name": {"first": "Ana"},
            "mobile": "",
            "phones": ["x"],
            "home": "202-555-0123",
            "work": "202-555-0124",
            "address": {"country": "US"},
            "opted_out": "true",
        }
    )
    assert read_person(
        guest,
        email=("mail", "contact.mail"),
        first_name="name.first",
        last_name="name.last",
        full_name="full",
        phone=("mobile", "home", "work"),
        country="address.country",
        unsubscribed=("gone", "opted_out"),
    ) == Person(
        email="ana@example.com",
        first_name="Ana",
        phone="202-555-0123; 202-555-0124",
        country="US",
        unsubscribed=True,
    )


def test_a_field_of_a_person_that_is_no_text_is_named_by_its_path() -> None:
    with pytest.raises(Unreadable, match=r"^\$\.name\.first: should be text, is a list$"):
        read_person(Node({"name": {"first": []}}), email="mail", first_name="name.first")


def test_the_first_that_exists_is_taken_and_the_last_is_missed() -> None:
    root = Node({"a": None, "b": 0, "c": 1})
    assert first_of(root.get("a"), root.get("b"), root.get("c")).integer() == 0
    with pytest.raises(Unreadable, match=r"\$\.z: is missing"):
        first_of(root.get("a"), root.get("z")).integer()


@pytest.mark.parametrize("shown", [7, "7", {"id": 7}, {"id": "7"}])
def test_an_id_alone_or_within_its_object(shown: Any) -> None:
    assert unwrapped(Node(shown), "id").text() == "7"


@pytest.mark.parametrize(
    ("country", "read"), [("us", True), ("US", True), ("USA", False), ("United States", False), ("ÜS", False)]
)
def test_only_a_code_of_two_letters_is_the_country_of_a_phone_number(country: str, read: bool) -> None:
    person = Person(email="ana@example.com", phone="202-555-0123", country=country)
    told = Reading(kind=Kind.PURCHASE_COMPLETED, key="7", people=(person,))
    (fate,) = fates(connector(handlers={"sale": lambda *_: told}))
    assert isinstance(fate, Event)
    assert fate.contacts[0].phone == ("+12025550123" if read else None)


# What ends an event


def test_a_status_that_is_not_wanted_ends_the_event_in_the_vendors_words() -> None:
    assert must_be(Node("PAID"), "the order", "PAID", "CLOSED") == "PAID"
    assert must_be(Node("CLOSED"), "the order", "PAID", "CLOSED") == "CLOSED"
    with pytest.raises(NotWanted, match=r"^the order is OPEN, not PAID$"):
        must_be(Node("OPEN"), "the order", "PAID", "CLOSED")


def test_a_table_of_words_says_what_a_status_means() -> None:
    table = meanings({Kind.APPOINTMENT_BOOKED: "new, ready to start", Kind.APPOINTMENT_NO_SHOW: "no show"})
    assert kind_of(table, Node("ready to start"), "the visit") is Kind.APPOINTMENT_BOOKED
    assert kind_of(table, "no show", "the visit") is Kind.APPOINTMENT_NO_SHOW
    with pytest.raises(NotWanted, match=r"^the visit is waiting$"):
        kind_of(table, Node("waiting"), "the visit")


def test_who_is_not_named_is_nobody() -> None:
    assert somebody(Node(7), "a walk-in") == "7"
    with pytest.raises(NotWanted, match=r"^a walk-in$") as caught:
        somebody(Node(None), "a walk-in")
    assert caught.value.nobody


def on_sale(event: Node, _source: Source) -> kit.Asking:
    call = Api("https://api.example.com", auth=bearer()).get("customers", event["id"])
    customer = yield from fetched(call, "the customer is no longer there", nobody=True)
    must_be(customer["state"], "the customer", "active")
    return Reading(kind=Kind.PURCHASE_REFUNDED, key=customer["id"].text())


@pytest.mark.parametrize(
    ("status", "body", "reason", "nobody"),
    [
        (404, None, "the customer is no longer there", True),
        (200, {"id": 1, "state": "blocked"}, "the customer is blocked, not active", False),
    ],
)
def test_what_shows_in_the_middle_of_a_look_up_ignores_the_event(
    status: int, body: Any, reason: str, nobody: bool
) -> None:
    (fate,) = fates(connector(handlers={"sale": on_sale}), answer=Answer(status, Node(body)))
    assert fate == kit.Ignored(reason, nobody=nobody)


def test_what_is_there_is_handed_on() -> None:
    answer = Answer(200, Node({"id": 1, "state": "active"}))
    (fate,) = fates(connector(handlers={"sale": on_sale}), answer=answer)
    assert isinstance(fate, Event)
    assert fate.key == "1"


def test_a_handler_that_asks_nothing_may_end_an_event_the_same_way() -> None:
    def refused(event: Node, _source: Source) -> Reading:
        raise NotWanted(f"the sale is {event['status'].text()}", nobody=True)

    (fate,) = fates(connector(handlers={"sale": refused}))
    assert fate == kit.Ignored("the sale is PAID", nobody=True)


# Event types


@pytest.mark.parametrize(
    ("event_type", "ignored"),
    [
        ("ping", True),
        ("invoice.paid", True),
        ("invoice.", True),
        ("invoice", False),
        ("sale.paid", False),
        ("sale.refunded", True),
        ("other", False),
        ("", False),
    ],
)
def test_a_family_is_ignored_but_for_the_types_that_have_a_handler(event_type: str, ignored: bool) -> None:
    handlers = {"sale.paid": on_sale}
    told = connector(ignored=words("ping invoice.* sale.*"), handlers=handlers)
    assert is_ignored(told, event_type) is ignored


def test_a_family_is_ignored_before_a_handler_of_everything() -> None:
    told = connector(ignored={"sale*"}, handlers={"*": on_sale})
    assert fates(told) == [kit.Ignored("sale is not wanted")]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"type": "sale", "data": {"id": 7}}, "sale 7"),
        ({"type": "sale", "data": {}}, None),
        ({"type": " ", "data": {"id": 7}}, None),
        ({}, None),
    ],
)
def test_texts_of_several_fields_are_one_id_only_together(event: Mapping[str, Any], text: str | None) -> None:
    assert field_texts("type", "data.id")(request(), Node(event)) == text


# Bodies of many events


def test_parts_of_a_body_keep_the_paths_that_the_sender_gave_them() -> None:
    root = Node({"shop": "north", "items": [{"id": 1}, {}]})
    first, second = (root.having(item=item) for item in root["items"].each())
    assert first["shop"].text() == "north"
    assert first.get("item", "id").integer() == 1
    assert first.raw == {"shop": "north", "items": [{"id": 1}, {}], "item": {"id": 1}}
    with pytest.raises(Unreadable, match=r"^\$\.items\[1\]\.id: is missing$"):
        second["item"]["id"].text()


def test_a_part_stands_before_what_has_its_name() -> None:
    root = Node({"data": [{"id": 1}]})
    (event,) = (root.having(data=one) for one in root["data"].each())
    assert event["data"]["id"].integer() == 1
    assert not root.having(data=Node(None, "$")).get("data").exists


def test_only_an_object_has_parts() -> None:
    with pytest.raises(Unreadable, match=r"^\$: should be an object, is a list$"):
        Node([]).having(item=Node(1))


# Proof


def test_a_field_of_the_body_is_signed_to_the_letter() -> None:
    verify = HmacSignature(place=in_header("x-s"), signed=signed_as("{field:at}.{field:data.id}"))
    body = b'{"at": " 1 ", "data": {"id": 7}}'
    signed = verify.sign(request(body), source(signing_key="key"), NOW)
    assert signed_as("{field:at}.{field:data.id}")(signed, proof.Claim(())) == b" 1 .7"
    verify(signed, source(signing_key="key"), NOW)
    with pytest.raises(Unverified, match="does not match"):
        verify(replace(signed, body=body.replace(b"7", b"8")), source(signing_key="key"), NOW)


def test_a_signed_field_that_is_not_there_refuses_the_request() -> None:
    verify = HmacSignature(place=in_header("x-s"), signed=signed_as("{field:at}"))
    with pytest.raises(Unverified, match=r"what is signed cannot be read: \$\.at: is empty"):
        verify(request(b"{}", **{"x-s": "00"}), source(signing_key="key"), NOW)


BOTH = AllOf(HmacSignature(place=in_header("x-s")), BasicAuth())


def test_of_several_proofs_each_counts_that_the_source_has_a_secret_for() -> None:
    full, bare = source(signing_key="key", basic="me:word"), source(signing_key="key")
    proven = BOTH.sign(request(), full, NOW)
    BOTH(proven, full, NOW)
    BOTH(proven, bare, NOW)
    with pytest.raises(Unverified, match="Basic credentials are missing"):
        BOTH(BOTH.sign(request(), bare, NOW), full, NOW)
    with pytest.raises(Unverified, match="x-s does not match"):
        BOTH(replace(proven, body=b"{}"), full, NOW)


def test_the_first_of_several_proofs_is_never_left_out() -> None:
    shown = BasicAuth().sign(request(), source(basic="me:word"), NOW)
    with pytest.raises(Unverified, match="x-s is missing"):
        BOTH(shown, source(basic="me:word"), NOW)
    assert (BOTH.secret, BOTH.checks_age, BOTH.in_body) == ("signing_key", False, False)
    assert BOTH.secret_headers == {"authorization"}


# Look-ups


def test_an_api_gives_each_call_its_key_its_headers_and_its_end() -> None:
    api = Api("https://api.example.com/v1", auth=bearer(), headers={"version": "2"}, end="/")
    call = api.get("people", Node("a b"), fields="id,email")
    assert call.url == "https://api.example.com/v1/people/a%20b/?fields=id%2Cemail"
    assert call.auth is not None
    sent = authorised(call, source(access_token="secret"), [bearer()])
    assert sent.headers == {"version": "2", "authorization": "Bearer secret"}
    assert isinstance(hash(call), int)


def test_an_api_refuses_an_id_that_leads_elsewhere() -> None:
    with pytest.raises(Unreadable, match="is no id"):
        Api("https://api.example.com").get("people", "../keys")


# Pages and themes


@pytest.mark.parametrize(
    ("last", "docs", "confidence"),
    [
        ("Documentation: https://a.example (confidence: best effort)", "https://a.example", "best effort"),
        (
            "Documentation: https://a.example/b\n(confidence: from public captures; bodies\nby hand)",
            "https://a.example/b",
            "from public captures",
        ),
        (
            "Documentation: https://a.example (confidence: verified: for (some) of it)",
            "https://a.example",
            "verified against the vendor's documentation or test vectors",
        ),
        ("Documentation: https://a.example (confidence: high)", "", ""),
        ("Documentation: https://a.example (confidence: verifiedly)", "", ""),
        ("Documentation: https://a.example", "", ""),
        ("See https://a.example (confidence: verified)", "", ""),
    ],
)
def test_a_page_ends_with_its_evidence(last: str, docs: str, confidence: str) -> None:
    assert read_page(f"Till: sales.\n\nMore.\n\n{last}\n") == ("Till", docs, confidence)


@pytest.mark.parametrize("first", ["A till that has no colon", "", "x" * 61 + ": y", "Till:sales"])
def test_a_page_without_a_sender_in_its_first_line_has_none(first: str) -> None:
    assert read_page(first + "\n\nMore: text.").label == ""


def test_every_theme_is_part_of_the_kit_and_no_name_stands_in_two() -> None:
    themes = [name for theme in (lookups, proof, reading, replies, settings) for name in theme.__all__]
    assert len(themes) == len(set(themes))
    assert set(themes) < set(kit.__all__)
    assert all(hasattr(kit, name) for name in kit.__all__)


def test_a_sandbox_says_so() -> None:
    assert SandboxSettings(environment="sandbox").in_sandbox
    assert not SandboxSettings().in_sandbox


def test_a_hostile_body_is_parked_where_parts_are_joined() -> None:
    told = connector(split=lambda root: [root.having(item=one) for one in root.get("items").each()])
    assert fates(told, b"[]") == [Parked("should be an object, is a list", "$")]


def test_the_look_up_of_an_api_is_a_value() -> None:
    assert isinstance(Api("https://api.example.com").get("x"), LookUp)
