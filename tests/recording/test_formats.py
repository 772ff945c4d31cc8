"""Values are found in every format, and a change of one leaves every other byte as it was."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.recording.formats import query_values, values_of
from relay.recording.values import Edit, Value, apply

DOCUMENTS = {
    "json": '{ "a" : {"e\\u006dail":"x\\/y \\ud83d\\ude00 z"},\n\t"list":[1, "two", '
    '{"k":-3.5e2}],"t":true, "n":null}',
    "json after a mark": '\ufeff{"email":"x"}',
    "json in json": '{"payload":"{\\"email\\":\\"a\\\\u0040b.io\\",\\"n\\":[7]}"}',
    "form": "a%5Bname%5D=Zo%C3%AB+X&b=1&empty=&flag&a[mail]=x%40y.io",
    "json in a form": "payload=%7B%22email%22%3A%22x%40y.io%22%7D",
    "xml": '<?xml version="1.0"?><a:r xmlns:a="u"><b q="1 &amp; 2">T &#233;<!-- x --></b>'
    "<b><![CDATA[<raw>]]></b><c/></a:r>",
    "multipart": '--e\r\nContent-Disposition: form-data; name="n"\r\n\r\nZoë\r\n--e\r\nContent-Disposition: '
    'form-data; name=m\r\n\r\n{"k":"v"}\r\n--e--\r\n',
    "text": "just words",
    "address in a link": '{"url":"https://x.io/?mail=a%40b.io&n=Zo%C3%AB"}',
}
EXPECTED = {
    "json": [
        ("key", "a", "a"),
        ("key", "a.email", "email"),
        ("text", "a.email", "x/y 😀 z"),
        ("key", "list", "list"),
        ("number", "list.0", "1"),
        ("text", "list.1", "two"),
        ("key", "list.2.k", "k"),
        ("number", "list.2.k", "-3.5e2"),
        ("key", "t", "t"),
        ("key", "n", "n"),
    ],
    "json after a mark": [("key", "email", "email"), ("text", "email", "x")],
    "json in json": [
        ("key", "payload", "payload"),
        ("key", "payload.email", "email"),
        ("text", "payload.email", "a@b.io"),
        ("key", "payload.n", "n"),
        ("number", "payload.n.0", "7"),
    ],
    "form": [
        ("key", "a.name", "a[name]"),
        ("text", "a.name", "Zoë X"),
        ("key", "b", "b"),
        ("text", "b", "1"),
        ("key", "empty", "empty"),
        ("text", "empty", ""),
        ("key", "flag", "flag"),
        ("key", "a.mail", "a[mail]"),
        ("text", "a.mail", "x@y.io"),
    ],
    "json in a form": [
        ("key", "payload", "payload"),
        ("key", "payload.email", "email"),
        ("text", "payload.email", "x@y.io"),
    ],
    "xml": [
        ("text", "r.b.@q", "1 & 2"),
        ("text", "r.b", "T é"),
        ("text", "r.b.1", "<raw>"),
    ],
    "multipart": [("text", "n", "Zoë"), ("key", "m.k", "k"), ("text", "m.k", "v")],
    "text": [("text", "", "just words")],
    "address in a link": [
        ("key", "url", "url"),
        ("text", "url", "https://x.io/?mail=a@b.io&n=Zoë"),
    ],
}


def changed(document: str, value: Value, text: str) -> str:
    return apply(document, value.in_document([Edit(0, len(value.text), text)]))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_value_is_found_as_it_is_meant(name: str) -> None:
    found = [(value.kind, ".".join(value.path), value.text) for value in values_of(DOCUMENTS[name])]
    assert found == EXPECTED[name]


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("new", ["plain", 'quo"te & <tag> \\ + % é', "42"])
def test_a_changed_value_is_read_back_and_the_others_are_what_they_were(name: str, new: str) -> None:
    document = DOCUMENTS[name]
    before = list(values_of(document))
    for number, value in enumerate(before):
        if value.kind != "text" or (value.text == "<raw>" and "<" in new):
            continue
        after = list(values_of(changed(document, value, new)))
        assert after[number].text == new
        assert [one.text for one in after[:number] + after[number + 1 :]] == [
            one.text for one in before[:number] + before[number + 1 :]
        ]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_around_a_change_stays_byte_for_byte(name: str) -> None:
    document = DOCUMENTS[name]
    for value in values_of(document):
        for at in range(len(value.text)):
            start, end = value.offsets[at], value.offsets[at + 1]
            written = apply(document, value.in_document([Edit(at, at + 1, "7")]))
            assert written == document[:start] + value.write("7") + document[end:]


def test_a_query_has_values_after_its_mark() -> None:
    query = "?email=a%40b.io&x=1"
    texts = [value.text for value in query_values(query) if value.kind == "text"]
    assert texts == ["a@b.io", "1"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_walked_whole(data: object) -> None:
    document = json.dumps({"root": data})
    texts = [value.text for value in values_of(document) if value.kind == "text"]
    assert all(len(value.offsets) == len(value.text) + 1 for value in values_of(document))
    assert apply(document, ()) == document
    if isinstance(data, str) and not data.lstrip().startswith(("{", "[")) and "%" not in data:
        assert texts == [data]


@given(st.text())
def test_any_text_at_all_is_walked_and_left_as_it_is(text: str) -> None:
    for value in values_of(text):
        assert len(value.offsets) == len(value.text) + 1
        assert value.offsets[-1] <= len(text)
