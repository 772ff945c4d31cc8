"""Expressions of the configuration: checked before they run, bounded when they do."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.errors import Unreadable
from relay.core.expression import FUNCTIONS, Expression, check_expression, is_true
from relay.core.mapping import USUAL_NAMES, USUAL_PERSON
from relay.core.payload import Node


def found(text: str, data: Any) -> Any:
    return Expression("email", text)(Node(data)).raw


@pytest.mark.parametrize(
    ("text", "data", "result"),
    [
        ("a.b[0]", {"a": {"b": [1]}}, 1),
        ("lower(email)", {"email": " A@B.com "}, "a@b.com"),
        ("upper(land)", {"land": "gb"}, "GB"),
        ("trim(x)", {"x": "  a "}, "a"),
        ("text(x)", {"x": {"not": "text"}}, None),
        ("text(x)", {"x": 7}, "7"),
        ("words(first, last)", {"first": " Ana ", "last": None}, "Ana"),
        ("words(a, b)", {}, None),
        ("pick(a, b, c)", {"a": "", "b": [], "c": 0}, 0),
        ("split(name, ' ')[1]", {"name": "Ana Reyes"}, "Reyes"),
        ("split(tags, ',')", {"tags": "a, b"}, ["a", "b"]),
        ("split(tags, ',')", {}, []),
        ("join('-', [ref, status])", {"ref": 1, "status": "done"}, "1-done"),
        ("replace(mail, 'mailto:', '')", {"mail": "mailto:a@example.com"}, "a@example.com"),
        ("from_json(raw).q.email", {"raw": '{"q": {"email": "a@example.com"}}'}, "a@example.com"),
        ("from_json(raw)", {"raw": "{"}, None),
        ("value_of({booked: 'new'}, status)", {"status": "booked"}, "new"),
        ("value_of(fields, id)", {"fields": None, "id": "x"}, None),
        ("fields[?label=='Email'].value | [0]", {"fields": [{"label": "Email", "value": "x"}]}, "x"),
        ("lower(nothing.at.all)", {}, None),
    ],
)
def test_an_expression_finds(text: str, data: Any, result: Any) -> None:
    assert found(text, data) == result


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the expression is empty"),
        ("a.b)", "unexpected ')' at column 4:\n  a.b)\n     ^"),
        ("a # b", "a character that cannot be here at column 3:\n  a # b\n    ^"),
        ("a.", "the expression ends too early at column 3:\n  a.\n    ^"),
        ("a\n.b\n)", "unexpected ')' at line 3, column 1:\n  )\n  ^"),
        ("pik(a)", "there is no function pik(); there are "),
        ("a && pik(a)", "there is no function pik(); there are "),
        ("lower(a, b)", "lower() takes 1 argument, 2 given"),
        ("pick()", "pick() takes at least 1 argument, 0 given"),
        ("to_string(@)", "there is no function to_string()"),
        ("a" * 501, "has 501 characters, at most 500"),
        ("pick(" + "a," * 130 + "a)", "has 132 parts, at most 120"),
        ("!" * 30 + "a", "nested more than 20 deep"),
        ("[" * 100 + "a" + "]" * 100, "nested more than 20 deep"),
        ("!" * 499 + "a", "nested too deeply"),
        ("a[].b[].c[].d[]", "lists within lists more than 3 times"),
        ("[@,@][] | [@,@][] | [@,@][] | [@,@][]", "lists within lists more than 3 times"),
        ("[" + ",".join("@" * 17) + "]", "a list of more than 16 items"),
    ],
)
def test_a_fault_says_what_is_wrong_and_where(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        check_expression(text)


def test_several_filters_side_by_side_are_not_nested() -> None:
    check_expression("pick(" + ", ".join(f"a[?x=='{n}'].y | [0]" for n in range(5)) + ")")


@pytest.mark.parametrize(
    "text",
    ["length(secret)", "sort(secret)", "contains(secret, 'x')", "sort_by(list, &v)", "keys(secret)"],
)
def test_a_function_that_cannot_take_a_value_names_itself_and_not_the_value(text: str) -> None:
    data = {"secret": 4711, "list": [{"v": 4711}, {"v": "4711"}]}
    with pytest.raises(Unreadable, match=r"^\$ \(settings\.email\): \w+\(\) cannot take \w+$"):
        found(text, data)


def test_a_comparison_that_makes_no_sense_repeats_no_value() -> None:
    with pytest.raises(Unreadable, match=r"^\$ \(settings\.email\): cannot be evaluated over this payload$"):
        found("secret > `1`", {"secret": "4711"})


@given(
    text=st.text(alphabet="ab.[]*?|&!@(){}:,'`\"<>= 0123lowerpicktx", max_size=30),
    data=st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    ),
)
@pytest.mark.filterwarnings("ignore:deprecated string literal syntax")
def test_any_text_is_an_expression_or_a_fault_and_any_data_is_taken(text: str, data: Any) -> None:
    with suppress(ValueError, Unreadable):
        Expression("email", text)(Node(data))


def test_texts_that_functions_make_are_bounded() -> None:
    with pytest.raises(Unreadable, match="more than 10000 characters"):
        found("words(a, a)", {"a": "x" * 6000})
    with pytest.raises(Unreadable, match="more than 10000 characters"):
        found("replace(a, 'x', 'yyy')", {"a": "x" * 6000})


def test_deeply_nested_data_is_taken_or_refused() -> None:
    deep: Any = 1
    for _ in range(3000):
        deep = [deep]
    assert found("type(a)", {"a": deep}) == "array"


@pytest.mark.parametrize("value", [None, False, "", " ", [], {}])
def test_emptiness_is_not_true(value: Any) -> None:
    assert not is_true(Node(value))


@pytest.mark.parametrize("value", [True, 0, "no", [0]])
def test_everything_else_is_true(value: Any) -> None:
    assert is_true(Node(value))


def test_the_usual_expressions_pass_their_own_check() -> None:
    for text in (USUAL_PERSON, *USUAL_NAMES.values()):
        assert check_expression(text) == text


def test_the_set_of_functions_is_closed() -> None:
    assert {"pick", "words", "lower", "split", "from_json", "length"} <= set(FUNCTIONS)
    assert {"map", "to_string", "merge", "max_by"} & set(FUNCTIONS) == set()
