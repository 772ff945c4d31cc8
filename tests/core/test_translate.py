"""Requests to fates: every event its own, and the provider is asked as little as possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from relay.core.auth import bearer
from relay.core.connector import Asking, Connector, Handler, Ignored, field_text
from relay.core.errors import NotYet
from relay.core.event import Event, Kind, Person, Reading
from relay.core.fate import Deferred, Parked, Translated
from relay.core.lookup import Answer, BatchRead, LookUp, get, merge, settled
from relay.core.normalising import normalise
from relay.core.payload import Node
from relay.core.request import Request
from relay.core.source import Settings, Source
from relay.core.tokens import SharedToken
from relay.core.translate import judge_answer, translate

API = "https://api.example.com/people"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SOURCE = Source("shop", {"url_token": ("t",)}, Settings(default_region="US"))


def read_flat(event: Node, _source: Source) -> Reading:
    person = Person(email=event.get("email").text_or_none(), phone=event.get("phone").text_or_none())
    return Reading(kind=Kind.CONTACT_CREATED, key=event["id"].text(), occurred_at=NOON, people=(person,))


def read_by_batch(event: Node, _source: Source) -> Asking:
    wanted = event["id"].text()
    answer = yield BatchRead(API, wanted, list, bearer(), limit=2)
    record = next((one for one in answer.body.get("people").each() if one["id"].text() == wanted), None)
    return read_flat(record, SOURCE) if record is not None else Ignored("not there")


def read_by_get(event: Node, _source: Source) -> Asking:
    answer = yield get(f"{API}/{event['id'].text()}", auth=bearer())
    return read_flat(answer.body, SOURCE) if answer.found else Ignored("not there")


HANDLERS: dict[str, Handler] = {"flat": read_flat, "batch": read_by_batch, "get": read_by_get}
CONNECTOR = Connector(
    name="shop",
    label="Shop",
    group="generic",
    docs="https://example.com",
    confidence="best effort",
    verify=SharedToken(),
    event_type=field_text("type"),
    delivery_id=field_text("delivery"),
    split=lambda root: root["events"].each(),
    handlers=HANDLERS,
    ignored=frozenset({"ping"}),
    kinds=frozenset({Kind.CONTACT_CREATED}),
)


def run(
    *events: Any,
    answer: Callable[[LookUp], Answer] | None = None,
    connector: Connector = CONNECTOR,
    source: Source = SOURCE,
    only: Sequence[int] | None = None,
) -> tuple[list[Translated], list[Sequence[LookUp]]]:
    """What became of the events, and the rounds of look-ups that were asked."""
    request = Request("POST", "https://relay.example.com/hooks/shop", {}, orjson.dumps({"events": events}))
    steps, rounds = translate(connector, request, source, only), []
    try:
        asked = next(steps)
        while True:
            rounds.append(asked)
            assert answer is not None
            asked = steps.send([answer(call) for call in asked])
    except StopIteration as stop:
        return stop.value, rounds


def fates(*events: Any, **more: Any) -> list[Any]:
    return [one.fate for one in run(*events, **more)[0]]


def people(call: LookUp) -> Answer:
    ids = orjson.loads(call.body or b"[]") or [call.url.rpartition("/")[2]]
    records = [{"id": one, "email": f"{one}@example.com"} for one in ids]
    return Answer(200, Node({"people": records} if call.body else records[0]))


def test_each_event_has_a_fate_and_a_bad_one_hides_no_neighbour() -> None:
    bad, good, noise, odd, untyped = fates(
        {"type": "flat", "email": "a@example.com"},
        {"type": "flat", "id": 7, "email": "a@example.com"},
        {"type": "ping"},
        {"type": "new.thing"},
        {},
    )
    assert bad == Parked("is missing", "$.events[0].id")
    assert isinstance(good, Event)
    assert good.key == "7"
    assert noise == Ignored("ping is not wanted")
    assert odd == Parked("unknown event type 'new.thing'")
    assert untyped == Parked("no event type")


def test_an_unknown_type_is_ignored_where_the_source_says_so() -> None:
    source = replace(SOURCE, settings=Settings(unknown_events="ignore"))
    assert fates({"type": "new.thing"}, source=source) == [Ignored("unknown event type 'new.thing'")]


def test_a_bug_in_a_handler_parks_its_event_alone_and_says_where_it_is() -> None:
    def broken(_event: Node, _source: Source) -> Reading:
        raise ValueError("ana@example.com")

    def broken_later(_event: Node, _source: Source) -> Asking:
        yield get(API)
        raise KeyError("ana@example.com")

    connector = replace(CONNECTOR, handlers={**HANDLERS, "now": broken, "later": broken_later})
    now, later, good = fates(
        {"type": "now"},
        {"type": "later"},
        {"type": "flat", "id": 1, "email": "a@example.com"},
        connector=connector,
        answer=people,
    )
    for fate, kind in ((now, "ValueError"), (later, "KeyError")):
        assert isinstance(fate, Parked)
        assert f"{kind} at test_translate.py:" in fate.reason
        assert "ana" not in fate.reason
    assert isinstance(good, Event)


def test_a_bug_before_any_handler_loses_nothing_either() -> None:
    def broken(*_arguments: Any) -> Any:
        raise RuntimeError

    for connector in (replace(CONNECTOR, split=broken), replace(CONNECTOR, event_type=broken)):
        (fate,) = fates({"type": "flat"}, connector=connector)
        assert isinstance(fate, Parked)


def test_positions_and_delivery_ids_come_with_each_event() -> None:
    translated, _ = run({"type": "ping", "delivery": "d1"}, {"type": "ping"})
    assert [(one.position, one.event_type, one.delivery_id) for one in translated] == [
        (0, "ping", "d1"),
        (1, "ping", None),
    ]


def test_a_body_that_cannot_be_read_or_split_is_parked_as_a_whole() -> None:
    request = Request("POST", "u", {}, b"{")
    with pytest.raises(StopIteration) as stop:
        next(translate(CONNECTOR, request, SOURCE))
    assert [type(one.fate) for one in stop.value.value] == [Parked]
    assert fates() == [Ignored("the request holds no events")]


def test_a_type_that_is_no_text_is_parked_with_its_path() -> None:
    assert fates({"type": []}) == [Parked("should be text, is a list", "$.events[0].type")]


def test_the_handler_of_a_star_takes_what_has_none_of_its_own() -> None:
    connector = replace(CONNECTOR, handlers={**HANDLERS, "*": read_flat})
    assert isinstance(fates({"type": "x", "id": 1, "email": "a@example.com"}, connector=connector)[0], Event)


def test_equal_look_ups_are_asked_once() -> None:
    events, rounds = run(
        {"type": "get", "id": 1}, {"type": "get", "id": 1}, {"type": "get", "id": 2}, answer=people
    )
    assert [call.url for call in rounds[0]] == [f"{API}/1", f"{API}/2"]
    assert len(rounds) == 1
    assert [one.fate.key for one in events if isinstance(one.fate, Event)] == ["1", "1", "2"]


def test_batch_reads_are_merged_up_to_their_limit_and_doubles_asked_once() -> None:
    ids = [1, 2, 1, 3, 4, 5]
    events, rounds = run(*[{"type": "batch", "id": one} for one in ids], answer=people)
    assert [orjson.loads(call.body or b"") for call in rounds[0]] == [["1", "2"], ["3", "4"], ["5"]]
    assert [one.fate.key for one in events if isinstance(one.fate, Event)] == [str(one) for one in ids]


def test_a_look_up_that_finds_nothing_is_the_handlers_decision() -> None:
    gone = Answer(404, Node(None))
    assert fates({"type": "get", "id": 1}, answer=lambda _: gone) == [Ignored("not there")]


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (200, None),
        (207, None),
        (404, None),
        (410, None),
        (401, Parked),
        (403, Parked),
        (400, Parked),
        (301, Parked),
        (0, Deferred),
        (408, Deferred),
        (425, Deferred),
        (429, Deferred),
        (500, Deferred),
        (503, Deferred),
    ],
)
def test_the_status_of_a_look_up_decides_between_now_later_and_a_person(
    status: int, fate: type[Parked | Deferred] | None
) -> None:
    verdict = judge_answer(Answer(status, Node(None), 7.0))
    assert type(verdict) is (fate or type(None))
    assert not isinstance(verdict, Deferred) or verdict.retry_after == 7.0


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_an_answer_that_means_later_defers_whatever_its_status(status: int) -> None:
    verdict = judge_answer(Answer(status, Node(None), 7.0, later=True))
    assert verdict == Deferred(f"look-up: the provider answered {status}, and to ask later", 7.0)


def test_reads_that_are_merged_say_later_as_each_of_them_does() -> None:
    def is_later(error: Node) -> bool:
        return error["code"].integer() == 4

    (call,) = merge([BatchRead(API, "1", list, later=is_later)])
    limited = settled(call, Answer(400, Node({"code": 4, "name": "Ana Reyes"})))
    assert (limited.later, limited.body.raw) == (True, None)
    assert not settled(call, Answer(400, Node({"code": 5}))).later
    assert not settled(call, Answer(400, Node(None))).later
    found = Answer(200, Node({"code": 4}))
    assert settled(call, found) is found


def test_a_provider_that_is_down_defers_its_events_alone() -> None:
    down = Answer(503, Node(None), 30.0)
    flat, waiting = fates(
        {"type": "flat", "id": 1, "email": "a@example.com"}, {"type": "get", "id": 2}, answer=lambda _: down
    )
    assert isinstance(flat, Event)
    assert waiting == Deferred("look-up: the provider answered 503", 30.0)


def test_a_handler_may_say_that_the_provider_does_not_know_yet() -> None:
    def impatient(_event: Node, _source: Source) -> Asking:
        answer = yield get(API)
        if not answer.body.exists:
            raise NotYet("the receipt has no customer yet")
        return read_flat(answer.body, SOURCE)

    connector = replace(CONNECTOR, handlers={"late": impatient, "flat": read_flat})
    flat, late = fates(
        {"type": "flat", "id": 1, "email": "a@example.com"},
        {"type": "late"},
        connector=connector,
        answer=lambda _: Answer(200, Node(None)),
    )
    assert isinstance(flat, Event)
    assert late == Deferred("look-up: the receipt has no customer yet")


def test_reads_that_are_merged_into_one_get_each_find_their_own() -> None:
    def read_by_query(event: Node, _source: Source) -> Asking:
        wanted = event["id"].text()
        answer = yield BatchRead(API, wanted, as_query, bearer(), method="GET", headers={"x-version": "2"})
        record = next(one for one in answer.body.each() if one["id"].text() == wanted)
        return read_flat(record, SOURCE)

    def both(call: LookUp) -> Answer:
        assert (call.url, call.headers) == (f"{API}?ids=1%2C2", {"x-version": "2"})
        return Answer(200, Node([{"id": "1", "email": "a@x.example"}, {"id": "2", "email": "b@x.example"}]))

    connector = replace(CONNECTOR, handlers={"query": read_by_query})
    found = fates({"type": "query", "id": 1}, {"type": "query", "id": 2}, connector=connector, answer=both)
    assert [one.key for one in found] == ["1", "2"]


def as_query(ids: Sequence[str]) -> dict[str, str]:
    return {"ids": ",".join(ids)}


def test_an_answer_of_another_shape_is_parked() -> None:
    assert fates({"type": "get", "id": 1}, answer=lambda _: Answer(200, Node([]))) == [
        Parked("should be an object, is a list", "$")
    ]


def test_only_the_positions_asked_for_are_read() -> None:
    translated, rounds = run({"type": "get", "id": 1}, {"type": "get", "id": 2}, answer=people, only=[1])
    assert [one.position for one in translated] == [1]
    assert [call.url for call in rounds[0]] == [f"{API}/2"]


def reading(*who: Person, kind: Kind = Kind.CONTACT_CREATED) -> Reading:
    return Reading(kind=kind, key="k", occurred_at=NOON, people=who)


def test_nobody_with_an_address_is_ignored_with_the_reason() -> None:
    assert normalise(reading(), []) == Ignored("no person in this event", nobody=True)
    assert normalise(reading(Person(phone="+12025550123")), []) == Ignored("no e-mail address", nobody=True)
    assert normalise(reading(Person(email="  ")), []) == Ignored("no e-mail address", nobody=True)


def test_an_address_that_is_none_is_parked_for_a_person() -> None:
    fate = normalise(reading(Person(email="ana@")), [])
    assert isinstance(fate, Parked)
    assert "ana" not in fate.reason


def test_of_several_people_the_good_ones_go_on_with_a_note_about_the_others() -> None:
    fate = normalise(
        reading(Person(email="a@example.com"), Person(), Person(email="A@example.com"), Person(email="b@")),
        [],
    )
    assert isinstance(fate, Event)
    assert [contact.email for contact in fate.contacts] == ["a@example.com"]
    assert [note.partition(":")[0] for note in fate.notes] == ["person 2", "person 4"]


def test_a_withdrawal_needs_nobody() -> None:
    fate = normalise(reading(kind=Kind.APPOINTMENT_CANCELLED), [])
    assert isinstance(fate, Event)
    assert fate.withdraws


def test_separate_names_win_over_a_full_name() -> None:
    who = Person(email="a@example.com", first_name=" Ana  María ", full_name="Somebody Else")
    fate = normalise(reading(who), [])
    assert isinstance(fate, Event)
    assert (fate.contacts[0].first_name, fate.contacts[0].last_name) == ("Ana María", None)


def test_the_country_beside_a_phone_number_goes_before_the_sources_region() -> None:
    who = Person(email="a@example.com", phone="020 7946 0958", country="gb")
    fate = normalise(reading(who), ["US"])
    assert isinstance(fate, Event)
    assert fate.contacts[0].phone == "+442079460958"


def test_a_phone_number_that_is_none_leaves_a_note_and_the_contact() -> None:
    fate = normalise(reading(Person(email="a@example.com", phone="12")), ["US"])
    assert isinstance(fate, Event)
    assert fate.contacts[0].phone is None
    assert fate.notes == ("the phone number is not valid in US",)


def test_an_event_without_a_time_is_dated_by_its_arrival() -> None:
    connector = replace(
        CONNECTOR, handlers={"x": lambda event, source: replace(read_flat(event, source), occurred_at=None)}
    )
    body = orjson.dumps({"events": [{"type": "x", "id": 1, "email": "a@example.com"}]})
    for received_at, expected in ((1772366400.0, NOON), (None, None)):
        request = Request("POST", "u", {}, body, received_at=received_at)
        with pytest.raises(StopIteration) as stop:
            next(translate(connector, request, SOURCE))
        fate = stop.value.value[0].fate
        assert getattr(fate, "occurred_at", None) == expected
        assert isinstance(fate, Event if expected else Parked)
