"""Bodies to nodes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.core.errors import Unreadable
from relay.core.parsing import parse_form, parse_json, parse_multipart, parse_xml
from relay.core.payload import Node
from relay.core.request import Request

PARSERS = (parse_json, parse_form, parse_multipart, parse_xml)
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def request(body: bytes, content_type: str = "") -> Request:
    return Request("POST", "https://relay.example.com/hooks/a", {"content-type": content_type}, body)


def multipart(*parts: tuple[str, str], boundary: str = "b1") -> Node:
    text = "".join(f"--{boundary}\r\nContent-Disposition: {head}\r\n\r\n{body}\r\n" for head, body in parts)
    body = f"{text}--{boundary}--\r\n".encode()
    return parse_multipart(request(body, f"multipart/form-data; boundary={boundary}"))


@pytest.mark.parametrize("parse", PARSERS)
@given(body=st.binary(max_size=200), content_type=st.text(max_size=40))
@example(body=b"\xff\xfe<\x00", content_type="multipart/form-data")
@example(body=b"--x\r\n\r\n", content_type="multipart/form-data; boundary=x")
@example(body=b"\x00", content_type="multipart/form-data; boundary=\udcff")
@example(body=b"a", content_type="multipart/form-data; boundary*=x''%")
@example(body=b'<?xml version="1.0" encoding="none-such"?><a/>', content_type="")
def test_any_bytes_are_read_or_unreadable(
    parse: Callable[[Request], Node], body: bytes, content_type: str
) -> None:
    with suppress(Unreadable):
        assert parse(request(body, content_type)).path == "$"


@pytest.mark.parametrize(
    "header", ['form-data; name="a', "form-data; name*=x''%ff", "form-data; name=", ";;;", "=?x?q?=?=", '"']
)
def test_odd_part_headers_hide_no_other_part(header: str) -> None:
    assert multipart((header, "1"), ('form-data; name="email"', "2"))["email"].text() == "2"


def test_json_may_begin_with_a_byte_order_mark() -> None:
    assert parse_json(request(b'\xef\xbb\xbf{"a": 1}'))["a"].integer() == 1


def test_a_json_fault_names_its_place_and_no_value() -> None:
    with pytest.raises(Unreadable, match=r"is not JSON \(.* at character \d+\)") as caught:
        parse_json(request(b'{"email": "ana@example.com", }'))
    assert "ana" not in str(caught.value)


def test_brackets_in_a_form_are_nesting() -> None:
    form = parse_form(request(b"contact[email]=ana%40example.com&contact[tags][]=a&contact[tags][]=b&id=7"))
    assert form["contact"]["email"].text() == "ana@example.com"
    assert [tag.text() for tag in form["contact"]["tags"].each()] == ["a", "b"]
    assert form["id"].integer() == 7


def test_a_repeated_key_is_a_list_and_plus_is_a_space() -> None:
    form = parse_form(request(b"name=Ana+Reyes&x=1&x=2"))
    assert form["name"].text() == "Ana Reyes"
    assert [x.text() for x in form["x"].each()] == ["1", "2"]


@pytest.mark.parametrize(
    "body",
    [
        b"a" + b"[b]" * 40 + b"=1",
        b"&".join(b"a=1" for _ in range(6000)),
        b"\xff=1",
    ],
)
def test_a_form_beyond_the_limits_is_refused_and_not_cut(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_form(request(body))


def test_a_deep_form_within_the_limits_keeps_every_level() -> None:
    form = parse_form(request(b"c[add][0][fields][0][values][0][value]=ana%40example.com"))
    assert form["c"]["add"][0]["fields"][0]["values"][0]["value"].text() == "ana@example.com"


KEYS = st.text(alphabet="abcxyz_", min_size=1, max_size=6)
NESTED = st.dictionaries(
    KEYS,
    st.recursive(
        st.text(max_size=8), lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=3), max_leaves=5
    ),
    min_size=1,
    max_size=3,
)


def brackets(value: object, name: str) -> list[str]:
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in brackets(inner, f"{name}[{key}]")]
    return [f"{quote(name, safe='')}={quote(str(value), safe='')}"]


@given(data=NESTED)
def test_what_was_written_with_brackets_is_read_back(data: dict[str, object]) -> None:
    body = "&".join(pair for key, value in data.items() for pair in brackets(value, key))
    assert parse_form(request(body.encode())).raw == data


def test_multipart_reads_fields_and_leaves_files_out() -> None:
    node = multipart(
        ('form-data; name="rawRequest"', '{"q": "é"}'), ('form-data; name="f"; filename="a.txt"', "secret")
    )
    assert node.raw == {"rawRequest": '{"q": "é"}'}


def test_a_field_that_stands_twice_is_a_list() -> None:
    node = multipart(*[(f'form-data; name="{name}"', value) for name, value in [("x", "1"), ("x", "2")]])
    assert node.raw == {"x": ["1", "2"]}


def test_a_boundary_within_a_line_or_longer_than_itself_is_content() -> None:
    node = multipart(('form-data; name="note"', "a --b1 c\r\n--b12\r\nd"))
    assert node["note"].text() == "a --b1 c\r\n--b12\r\nd"


def test_a_multipart_body_that_was_cut_is_refused() -> None:
    body = b'--b1\r\nContent-Disposition: form-data; name="email"\r\n\r\nana@exam'
    with pytest.raises(Unreadable, match="ends before its last boundary"):
        parse_multipart(request(body, "multipart/form-data; boundary=b1"))


def test_a_multipart_body_without_a_boundary_is_refused() -> None:
    with pytest.raises(Unreadable, match="without a boundary"):
        parse_multipart(request(b"--b1--", "multipart/form-data"))


def test_a_body_of_another_type_is_no_multipart() -> None:
    with pytest.raises(Unreadable, match="is not multipart/form-data"):
        parse_multipart(request(b"{}", "application/json"))


def test_xml_becomes_objects_by_local_name() -> None:
    node = parse_xml(request(b'<s:E xmlns:s="urn:x"><s:N>1</s:N><s:N>2</s:N><one><id>7</id></one></s:E>'))
    assert [one.text() for one in node["E"]["N"].each()] == ["1", "2"]
    assert [one["id"].text() for one in node["E"]["one"].each()] == ["7"]


def test_xml_knows_nil_and_keeps_the_type_of_an_element() -> None:
    body = f'<r {XSI}><a xsi:nil="true"/><o xsi:type="sf:Contact"><Id>1</Id></o><e/></r>'.encode()
    node = parse_xml(request(body))["r"]
    assert not node["a"].exists
    assert node["o"]["@type"].text() == "Contact"
    assert node["e"].text_or_none() is None


def test_the_text_of_a_typed_element_is_not_lost() -> None:
    body = f'<r {XSI}><mail xsi:type="xsd:string">ana@example.com</mail></r>'.encode()
    assert parse_xml(request(body))["r"]["mail"].text() == "ana@example.com"


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE r [<!ENTITY a "x">]>',
        '<!DOCTYPE r SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
        "<!DOCTYPE r>",
    ],
)
def test_a_document_type_is_refused(prolog: str) -> None:
    with pytest.raises(Unreadable, match="document type or entities"):
        parse_xml(request(f"{prolog}<r>1</r>".encode()))


def test_deep_xml_is_refused() -> None:
    with pytest.raises(Unreadable, match="nested too deeply"):
        parse_xml(request(b"<a>" * 100 + b"</a>" * 100))
