"""Records of a spool file: whole, or not there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relay.spool.format import MARK, framed, records
from relay.store.rows import Incoming
from tests.factories import incoming

REQUESTS = st.builds(
    Incoming,
    source=st.text(max_size=63),
    received_at=st.integers(-(1 << 63), (1 << 63) - 1),
    method=st.text(max_size=10),
    query=st.text(max_size=50),
    headers=st.binary(max_size=50),
    body=st.binary(max_size=200) | st.just(MARK * 3),
)


SEED = 7


def write(*requests: Incoming) -> bytes:
    return b"".join(framed(request, SEED) for request in requests)


def read(content: bytes) -> list[Incoming]:
    return [record.request for record in records(content, SEED)]


@given(st.lists(REQUESTS, max_size=5))
def test_requests_are_read_as_they_were_written(written: list[Incoming]) -> None:
    content = write(*written)
    assert read(content) == written
    assert [content[record.start : record.end] for record in records(content, SEED)] == [
        write(one) for one in written
    ]


@given(st.lists(REQUESTS, min_size=1, max_size=5), st.data())
def test_of_a_file_that_was_cut_off_anywhere_the_records_before_are_read(
    written: list[Incoming], data: st.DataObject
) -> None:
    content = write(*written)
    cut = data.draw(st.integers(0, len(content)))
    whole = [record.request for record in records(content, SEED) if record.end <= cut]
    assert read(content[:cut]) == whole


@given(st.lists(REQUESTS, min_size=1, max_size=5), st.data())
def test_whatever_byte_is_damaged_no_other_record_is_lost_and_none_is_made_up(
    written: list[Incoming], data: st.DataObject
) -> None:
    content = bytearray(write(*written))
    there = list(records(bytes(content), SEED))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    assert read(bytes(content)) == [one.request for one in there if not one.start <= place < one.end]


@given(st.lists(REQUESTS, max_size=3), st.binary(max_size=100), st.lists(REQUESTS, max_size=3))
def test_records_behind_what_is_none_are_found(
    before: list[Incoming], between: bytes, after: list[Incoming]
) -> None:
    found = read(write(*before) + between + write(*after))
    assert found[: len(before)] == before
    assert found[len(found) - len(after) :] == after


def test_blank_space_that_a_power_cut_left_is_no_record() -> None:
    assert read(bytes(10_000)) == []
    assert read(write(incoming()) + bytes(10_000)) == [incoming()]


def test_text_that_no_ledger_could_keep_is_kept_with_question_marks() -> None:
    assert read(write(incoming(query="?a=\udcff"))) == [incoming(query="?a=?")]


def test_a_record_that_a_sender_wrote_into_a_body_is_none_even_if_the_one_around_it_was_cut_off() -> None:
    forged = framed(incoming(source="another"), seed=0)
    content = write(incoming(body=forged + b"more"))
    assert read(content[:-1]) == []
    assert [one.request.source for one in records(content[:-1], 0)] == ["another"]
