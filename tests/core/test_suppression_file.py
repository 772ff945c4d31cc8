"""Suppression lists as CSV: read line by line, written so that they read back the same."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.suppression import Kind, Suppression, one_line
from relay.core.suppression_file import LineFault, ListReader, write
from tests.factories import NOW_MS

READER = ListReader("ops", NOW_MS)
HEADER = "kind,value,reason,expires\n"


def read(text: str, reader: ListReader = READER) -> list[tuple[int, Suppression | LineFault]]:
    return list(reader.read(io.StringIO(text, newline="")))


def faults(text: str) -> list[tuple[int, str]]:
    found = [one for _, one in read(text)]
    return [(fault.line, fault.column) for fault in found if isinstance(fault, LineFault)]


def entry(kind: Kind, value: str, reason: str = "", expires_at: int | None = None) -> Suppression:
    return Suppression(kind, value, reason, "ops", NOW_MS, expires_at)


def test_every_line_is_an_entry_by_whoever_reads_it() -> None:
    text = HEADER + 'email,Ana@Example.com,"left, for good",\n\ndomain,example.net,,2027-01-01\n'
    assert read(text) == [
        (2, entry("email", "ana@example.com", "left, for good")),
        (4, entry("domain", "example.net", expires_at=1798761600000)),
    ]


def test_columns_may_come_in_any_order_and_the_last_two_may_be_missing() -> None:
    assert read("Value , KIND\r\nana@example.com,Email\r\n") == [(2, entry("email", "ana@example.com"))]


def test_phone_numbers_without_a_country_need_to_be_told_one() -> None:
    text = HEADER + "phone,202-555-0101,,\n"
    assert faults(text) == [(2, "value")]
    assert read(text, ListReader("ops", NOW_MS, ("US",))) == [(2, entry("phone", "+12025550101"))]


def test_every_bad_line_is_named_with_its_column_and_the_good_ones_are_read() -> None:
    text = HEADER + (
        "mail,ana@example.com,,\n"
        "email,ana,,\n"
        "email,ana@example.com,,\n"
        "email,ben@example.com,,soon\n"
        "email,ben@example.com\n"
        f"email,ben@example.com,{'x' * 201},\n"
    )
    assert faults(text) == [(2, "kind"), (3, "value"), (5, "expires"), (6, ""), (7, "reason")]


def test_lines_are_counted_as_an_editor_does() -> None:
    assert faults(HEADER + 'email,ana@example.com,"two\nlines",\nemail,ana,,\n') == [(4, "value")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "should name the columns"),
        ("ana@example.com\n", "should name the columns"),
        ("kind,value,colour\n", "should name the columns"),
        ("kind,kind,value\n", "should name the columns"),
        ("value,reason\n", "should name the columns"),
        ("kind;value\n", "should be separated by commas"),
        ("kind\tvalue\n", "should be separated by commas"),
    ],
)
def test_a_file_that_does_not_name_its_columns_is_not_read(text: str, problem: str) -> None:
    ((line, fault),) = read(text + "email,ana@example.com\n" * (text != ""))
    assert isinstance(fault, LineFault)
    assert line == 1
    assert problem in fault.problem


@pytest.mark.parametrize(
    "text", ['email,"ana@example.com"x,,\n', 'email,"ana@example.com\n', "email,\x00,,\n"]
)
def test_what_is_no_csv_ends_the_reading(text: str) -> None:
    *_, (_, fault) = read(HEADER + text)
    assert isinstance(fault, LineFault)


def test_no_fault_repeats_a_value() -> None:
    text = HEADER + "email,ana(at)example.com,,\nphone,555 0101,,\ndomain,exa mple.com,,\n"
    said = " ".join(fault.problem for _, fault in read(text) if isinstance(fault, LineFault))
    for value in ("ana", "555", "mple.com", "exa "):
        assert value not in said


entries = st.builds(
    entry,
    st.just("email"),
    st.integers(1, 999).map(lambda number: f"guest{number}@example.com"),
    st.text(max_size=200).map(one_line),
    st.none() | st.integers(0, 4 * 10**12),
)


@given(st.lists(entries))
def test_a_list_that_was_written_reads_back_the_same(wanted: list[Suppression]) -> None:
    out = io.StringIO(newline="")
    write(wanted, out)
    assert [found for _, found in read(out.getvalue())] == wanted
