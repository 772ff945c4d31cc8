"""What the journal keeps, and what it lets go."""

from __future__ import annotations

from relay.sandbox.journal import BODY_KEPT, Call, Journal, entry_of


def seen(number: int, body: bytes) -> Call:
    return Call(number, 0.0, "POST", "/api/v1/x", {}, body)


def test_the_journal_is_bounded_in_number_and_in_bytes_but_counts_all() -> None:
    few, small = Journal(kept=2), Journal(kept_bytes=10)
    for number in range(1, 6):
        few.add(entry_of(seen(number, b"")))
        small.add(entry_of(seen(number, b"12345")))

    assert [entry.number for entry in few] == [4, 5]
    assert [entry.number for entry in reversed(small)] == [5, 4]
    assert (few.total, small.total, len(small)) == (5, 5, 2)


def test_the_journal_keeps_64_kb_of_a_body() -> None:
    assert len(entry_of(seen(1, b"x" * 100_000)).body) == BODY_KEPT == 65_536


def test_header_bytes_that_are_no_text_can_still_be_shown() -> None:
    call = Call(1, 0.0, "GET", "/api/v1/x", {"X-Odd": "a\udcff"})

    assert entry_of(call).headers == {"x-odd": "a\ufffd"}
