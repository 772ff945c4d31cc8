"""Look-ups: safe addresses, secrets in their places, tokens, pages, and who of several people is meant."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from yarl import URL

from relay.core.asking import data_of, graphql, paged, url_of
from relay.core.auth import (
    Auth,
    Exchange,
    basic,
    basic_user,
    bearer,
    client_credentials,
    exchanged,
    key_in_header,
    key_in_json,
    key_in_query,
    refresh_token,
)
from relay.core.authorising import authorised, by_token, call_for_token, token_in
from relay.core.errors import NotYet, Unreadable
from relay.core.hosts import OwnOrigin, ZoneName, host_under
from relay.core.lookup import Answer, BatchRead, LookUp, get, merge, post_form, post_json
from relay.core.payload import Node
from relay.core.people import all_texts, first_text, primary, with_calling_code
from relay.core.source import Settings, Source

SOURCE = Source("shop", {"api_key": ("k&1", "old"), "access_token": ("t-1",), "more": ("m-1",)}, Settings())
BASE = "https://api.example.com/v1"


def in_basic(credentials: bytes) -> str:
    return "Basic " + base64.b64encode(credentials).decode()


def authorising(auth: Auth, call: LookUp | None = None) -> LookUp:
    return authorised(call or get(BASE), SOURCE, (auth,))


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        (bearer(), "authorization", "Bearer t-1"),
        (key_in_header("x-auth-token", "api_key"), "x-auth-token", "k&1"),
        (key_in_header("authorization", prefix="Zoho-oauthtoken "), "authorization", "Zoho-oauthtoken t-1"),
        (
            basic(user="17", secret="api_key"),
            "authorization",
            "Basic " + base64.b64encode(b"17:k&1").decode(),
        ),
        (basic_user(), "authorization", in_basic(b"k&1:")),
    ],
)
def test_a_secret_stands_in_its_header(auth: Auth, name: str, value: str) -> None:
    assert authorising(auth).headers[name] == value


def test_a_secret_stands_in_the_query() -> None:
    auth = key_in_query("access_token", "api_key")
    assert authorising(auth).url == BASE + "?access_token=k%261"
    assert authorising(auth, get(BASE + "?a=1")).url == BASE + "?a=1&access_token=k%261"


def test_a_secret_stands_in_a_json_body_at_its_place() -> None:
    call = post_json(BASE, {"params": {"args": ["db", 2, None]}})
    body = authorising(key_in_json("params", "args", 2), call).body
    assert orjson.loads(body or b"") == {"params": {"args": ["db", 2, "k&1"]}}


def test_client_credentials_stand_in_basic_or_in_the_form() -> None:
    first = call_for_token(client_credentials(BASE, client_id="c", secret="api_key"), SOURCE)
    assert first.headers["authorization"] == in_basic(b"c:k&1")
    assert first.body == b"grant_type=client_credentials"
    other = client_credentials(BASE, client_id="c", secret="api_key", fields={"scope": "a b"}, in_form=True)
    expected = b"grant_type=client_credentials&scope=a+b&client_id=c&client_secret=k%261"
    assert call_for_token(other, SOURCE).body == expected


def test_a_refresh_token_is_sent_with_its_client() -> None:
    call = call_for_token(refresh_token(BASE, client_id="c", secret="api_key", refresh="more"), SOURCE)
    expected = b"grant_type=refresh_token&client_id=c&client_secret=k%261&refresh_token=m-1"
    assert (call.method, call.body) == ("POST", expected)
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"


OWN = exchanged(
    BASE,
    {"method": "getToken", "params": ["shop", None]},
    key_in_json("params", 1),
    token=("result",),
    header="x-token",
    prefix="",
)


def test_a_vendors_own_call_for_a_token_is_json_with_the_secret_in_it() -> None:
    body = call_for_token(OWN, SOURCE).body
    assert orjson.loads(body or b"") == {"method": "getToken", "params": ["shop", "k&1"]}
    assert by_token(get(BASE), OWN, "tok").headers == {"x-token": "tok"}


def test_a_call_for_a_token_may_have_headers_of_its_own() -> None:
    versioned = exchanged(BASE, {}, bearer(), token=("token",), headers={"x-version": "3"})
    headers = {"content-type": "application/json", "x-version": "3", "authorization": "Bearer t-1"}
    assert call_for_token(versioned, SOURCE).headers == headers
    assert len({versioned, exchanged(BASE, {}, bearer(), token=("token",))}) == 2


@pytest.mark.parametrize(
    ("exchange", "body", "found"),
    [
        (client_credentials(BASE, client_id="c"), {"access_token": "t", "expires_in": 600}, ("t", 540.0)),
        (client_credentials(BASE, client_id="c"), {"access_token": "t", "expires_in": "600"}, ("t", 540.0)),
        (client_credentials(BASE, client_id="c"), {"access_token": "t"}, ("t", 3540.0)),
        (client_credentials(BASE, client_id="c"), {"access_token": "t", "expires_in": 10**9}, ("t", 86400.0)),
        (client_credentials(BASE, client_id="c"), {"access_token": "t", "expires_in": 5}, ("t", 1.0)),
        (client_credentials(BASE, client_id="c"), {"access_token": "t", "expires_in": []}, 502),
        (client_credentials(BASE, client_id="c"), {"access_token": []}, 502),
        (client_credentials(BASE, client_id="c"), [], 502),
        (client_credentials(BASE, client_id="c"), {"error": "invalid_code"}, 401),
        (OWN, {"result": "t"}, ("t", 3540.0)),
        (OWN, {"error": {}}, 502),
    ],
)
def test_a_token_lasts_until_shortly_before_its_end_and_without_one_a_status_tells_why(
    exchange: Exchange, body: Any, found: Any
) -> None:
    given = token_in(exchange, Answer(200, Node(body)))
    assert (given.status if isinstance(given, Answer) else given) == found


def test_an_address_quotes_each_piece_as_a_whole() -> None:
    event = Node({"id": "a b?c#d%2f", "expand": "x&y"})
    url = url_of(BASE, "guests", event["id"], expand=event["expand"], limit="5")
    assert url == BASE + "/guests/a%20b%3Fc%23d%252f?expand=x%26y&limit=5"


@pytest.mark.parametrize("segment", ["..", ".", "a/b", "../../admin", "a\\b", ""])
def test_an_id_that_leads_elsewhere_is_unreadable(segment: str) -> None:
    with pytest.raises(Unreadable):
        url_of(BASE, Node({"id": segment})["id"])


@given(segment=st.text(max_size=20))
def test_no_id_leaves_the_place_below_its_base(segment: str) -> None:
    try:
        url = URL(url_of(BASE, "guests", segment.encode("utf-8", "replace").decode()))
    except Unreadable:
        return
    assert url.host == "api.example.com"
    assert url.parts[:3] == ("/", "v1", "guests")
    assert (len(url.parts), url.query_string, url.fragment) == (4, "", "")


def ask_ids(ids: Sequence[str]) -> dict[str, str]:
    return {"ids": ",".join(ids)}


def test_reads_are_merged_into_the_query_of_a_get() -> None:
    reads = [BatchRead(BASE, str(number), ask_ids, limit=2, method="GET") for number in (1, 2, 2, 3)]
    assert [call.url for call in merge(reads)] == [BASE + "?ids=1%2C2", BASE + "?ids=3"]
    assert {call.method for call in merge(reads)} == {"GET"}


def test_a_form_is_posted_as_one() -> None:
    call = post_form(BASE, {"a": "b c"}, headers={"x-api": "1"})
    assert (call.body, call.headers["x-api"]) == (b"a=b+c", "1")


def test_a_graphql_query_is_posted_and_its_data_read() -> None:
    call = graphql(BASE, "query($id: ID!) {x}", {"id": "7"}, auth=bearer())
    assert orjson.loads(call.body or b"") == {"query": "query($id: ID!) {x}", "variables": {"id": "7"}}
    assert data_of(Answer(200, Node({"data": {"x": 1}})))["x"].integer() == 1


def test_a_graphql_answer_that_failed_is_asked_again_or_parked() -> None:
    throttled = {"data": None, "errors": [{"extensions": {"code": "THROTTLED"}}]}
    with pytest.raises(NotYet):
        data_of(Answer(200, Node(throttled)))
    with pytest.raises(Unreadable, match="errors and no data"):
        data_of(Answer(200, Node({"errors": [{"message": "no"}]})))


def pages(answers: list[Answer], most: int = 20) -> tuple[list[str], list[Answer]]:
    """The addresses that were asked, and what came of it."""

    def following(answer: Answer) -> LookUp | None:
        after = answer.body.get("next").text_or_none()
        return get(f"{BASE}?after={after}") if after else None

    steps = paged(get(BASE), following, most=most)
    asked = [next(steps).url]
    left = iter(answers)
    try:
        while True:
            asked.append(steps.send(next(left)).url)
    except StopIteration as stop:
        return asked, stop.value


def page(after: str | None) -> Answer:
    return Answer(200, Node({"next": after}))


def test_pages_are_read_to_the_last_one_and_no_further_than_allowed() -> None:
    asked, answers = pages([page("2"), page("3"), page(None)])
    assert asked == [BASE, BASE + "?after=2", BASE + "?after=3"]
    assert len(answers) == 3
    assert len(pages([page("2"), page("3")], most=2)[1]) == 2
    assert [answer.status for answer in pages([page("2"), Answer(404, Node(None))])[1]] == [200, 404]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("shop", "shop.myshopify.com"),
        ("Shop-1.myshopify.com", "shop-1.myshopify.com"),
        ("https://shop.myshopify.com/", "shop.myshopify.com"),
        ("shop.shopify.eu", "shop.shopify.eu"),
    ],
)
def test_a_host_is_a_name_below_the_vendors_domain(text: str, host: str) -> None:
    checked: Any = TypeAdapter(Annotated[str, host_under("myshopify.com", "shopify.eu")])
    assert checked.validate_python(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "shop.example.com",
        "myshopify.com",
        "a.b.myshopify.com",
        "x.myshopify.com.example.com",
        "x@evil.example#.myshopify.com",
        "x.myshopify.com/path",
        "x.myshopify.com:81",
        "-x",
        "",
        "http://x.myshopify.com",
        "xmyshopify.com",
    ],
)
def test_any_other_host_is_a_configuration_fault(text: str) -> None:
    with pytest.raises(ValidationError, match="below myshopify"):
        TypeAdapter(Annotated[str, host_under("myshopify.com")]).validate_python(text)


def test_a_server_of_ones_own_is_an_origin() -> None:
    origin: Any = TypeAdapter(OwnOrigin)
    assert origin.validate_python("https://Shop.example.com/") == "https://shop.example.com"
    for text in ("http://shop.example.com", "https://", "https://u@x.example", "https://x.example/a", "x"):
        with pytest.raises(ValidationError, match="should"):
            origin.validate_python(text)


def test_a_time_zone_in_the_settings_is_checked() -> None:
    assert TypeAdapter(ZoneName).validate_python("Europe/Berlin") == "Europe/Berlin"
    with pytest.raises(ValidationError, match="time zone"):
        TypeAdapter(ZoneName).validate_python("Berlin")


def test_the_first_of_several_texts_is_taken_or_all_of_them() -> None:
    root = Node({"a": " ", "b": "x", "c": 7})
    texts = [root.get(name) for name in "abcd"]
    assert first_text(*texts) == "x"
    assert all_texts(*texts) == "x; 7"
    assert first_text(root.get("a")) is all_texts() is None


def test_the_primary_one_of_several_is_flagged_or_the_first() -> None:
    emails = Node([{"value": "a"}, {"value": "b", "primary": True, "main": "0"}])
    assert primary(emails).get("value").text() == "b"
    assert primary(emails, "main").get("value").text() == "a"
    assert not primary(Node([])).get("value").exists
    assert not primary(Node(None)).get("value").exists


@pytest.mark.parametrize(
    ("code", "number", "phone"),
    [
        ("+1", "2025550123", "+12025550123"),
        ("0044", "2079460000", "+442079460000"),
        (1, 2025550123, "+12025550123"),
        ("1", "+442079460000", "+442079460000"),
        (None, "2025550123", "2025550123"),
        ("US", "2025550123", "2025550123"),
        ("1", None, None),
    ],
)
def test_a_calling_code_of_its_own_goes_before_the_number(code: Any, number: Any, phone: str | None) -> None:
    assert with_calling_code(Node(code), Node(number)) == phone
