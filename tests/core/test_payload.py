"""Node: what a connector reads untrusted values through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.errors import Unreadable
from relay.core.payload import Node

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
READERS = ("text", "text_or_none", "integer", "flag", "time", "time_or_none", "minutes")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def outcome(value: Any, reader: str) -> Any:
    """What a reader gives, or the complaint that it raised."""
    try:
        return getattr(node(value), reader)()
    except Unreadable as error:
        return error


def node(value: Any) -> Node:
    return Node({"order": {"lines": [{"id": value}]}})["order"]["lines"][0]["id"]


def test_a_missing_key_names_its_path() -> None:
    with pytest.raises(Unreadable, match=r"^\$\.order\.lines\[0\]\.email: is missing$"):
        Node({"order": {"lines": [{}]}})["order"]["lines"][0]["email"]


def test_a_step_into_the_wrong_type_names_the_path_and_the_type() -> None:
    with pytest.raises(Unreadable, match=r"^\$\.order: should be an object, is text$"):
        Node({"order": "x"})["order"]["id"]
    with pytest.raises(Unreadable, match=r"^\$\.order: should be a list, is an object$"):
        Node({"order": {}})["order"][0]


def test_get_follows_keys_as_far_as_they_exist() -> None:
    root = Node({"a": {"b": None}, "list": [{"c": 1}]})
    assert not root.get("a", "b", "c").exists
    assert not root.get("nothing", "at", "all").exists
    assert root.get("list", 0, "c").integer() == 1
    assert root.get("nothing", "at").path == "$.nothing.at"


def test_an_index_counts_from_either_end_and_never_outside() -> None:
    root = Node([1, 2])
    assert root[-1].integer() == 2
    assert not root.get(2).exists
    assert not root.get(-3).exists


def test_each_treats_one_object_as_a_list_of_one_and_null_as_none() -> None:
    assert [item.path for item in Node([{}, {}]).each()] == ["$[0]", "$[1]"]
    assert [item.path for item in Node({"id": 1}).each()] == ["$"]
    assert list(Node(None).each()) == []


@pytest.mark.parametrize(
    ("given_value", "text"),
    [("x", "x"), ("  x ", "x"), (17, "17"), ("a\x00b", "ab"), ("", None), ("   ", None), (None, None)],
)
def test_text_is_stripped_and_whole_numbers_are_text(given_value: Any, text: str | None) -> None:
    assert node(given_value).text_or_none() == text


@pytest.mark.parametrize("value", [True, 1.5, [], {}])
def test_text_refuses_other_types(value: Any) -> None:
    with pytest.raises(Unreadable, match="should be text"):
        node(value).text()


def test_blank_text_is_empty_where_text_is_demanded() -> None:
    with pytest.raises(Unreadable, match=r"\.id: is empty$"):
        node("  ").text()


@pytest.mark.parametrize(("value", "number"), [(5, 5), ("5", 5), ("-5", -5), (" 7 ", 7)])
def test_whole_numbers_are_read_from_text_as_well(value: Any, number: int) -> None:
    assert node(value).integer() == number


@pytest.mark.parametrize("value", [True, 1.5, "1.5", "five", "٣", "", None, [], "9" * 5000])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(Unreadable, match=r"\.id: "):
        node(value).integer()


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        *[(True, True), (False, False), (None, False), ("true", True), ("1", True), ("false", False)],
        *[("", False), (1, True), (0, False), ("Yes", True), ("no", False), ("TRUE", True)],
    ],
)
def test_flags_are_read_from_the_usual_texts(value: Any, flag: bool) -> None:
    assert node(value).flag() is flag


@pytest.mark.parametrize("value", ["maybe", 2, 1.5, [], {}])
def test_anything_else_is_no_flag(value: Any) -> None:
    with pytest.raises(Unreadable, match="should be true or false"):
        node(value).flag()


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T05:00:00.000-0700",
        " 2026-03-01T12:00:00.000Z ",
        1772366400,
        1772366400000,
        1772366400.0,
        "1772366400",
        "1772366400000",
    ],
)
def test_a_moment_is_read_from_iso_and_unix_time_in_utc(value: Any) -> None:
    assert node(value).time() == NOON


@pytest.mark.parametrize(
    "value",
    ["yesterday", "03/01/2026", "", True, [], 1e300, float("nan"), -5, 10**30, "9999-12-31T00:00:00Z"],
)
def test_what_is_no_moment_is_refused(value: Any) -> None:
    with pytest.raises(Unreadable, match="should be a time"):
        node(value).time()


def test_a_missing_or_empty_time_may_be_none() -> None:
    assert node(None).time_or_none() is None
    assert node("").time_or_none() is None


def test_str_and_equality_are_refused_since_they_would_accept_any_type() -> None:
    value = node("x")
    with pytest.raises(TypeError, match=r"\.text\(\)"):
        str(value)
    with pytest.raises(TypeError, match="before comparing"):
        assert value == "x"
    assert "x" not in repr(value)


@given(secret=st.text(min_size=12, max_size=20, alphabet="äöüßqxjkvz"), reader=st.sampled_from(READERS))
def test_an_error_never_repeats_a_value(secret: str, reader: str) -> None:
    for value in (secret, [secret], {"x": secret}, float(f"0.{len(secret)}")):
        found = outcome(value, reader)
        assert not isinstance(found, Unreadable) or secret not in str(found)


@given(value=JSON, reader=st.sampled_from(READERS))
def test_readers_raise_nothing_but_unreadable(value: Any, reader: str) -> None:
    found = outcome(value, reader)
    assert not isinstance(found, Unreadable) or found.path == "$.order.lines[0].id"
    assert not isinstance(found, datetime) or found.tzinfo is UTC
