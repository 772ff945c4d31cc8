"""Ranges of keys: whatever is copied already, with the gaps it is every key once."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from relay.store.moving.ranges import Key, Range, gaps, read, told, written

numbers = st.tuples(st.integers(0, 30), st.sampled_from(["", "a", "b", "é", "𝄞"]))


def holds(span: Range, key: Key) -> bool:
    return (span.after is None or key > span.after) and (span.until is None or key <= span.until)


@given(
    limits=st.lists(numbers, unique=True, max_size=8), random=st.randoms(use_true_random=False), key=numbers
)
def test_every_key_is_in_one_range_or_in_one_gap(limits: list[Key], random: Random, key: Key) -> None:
    spans = [Range(*ends) for ends in pairwise([None, *sorted(limits), None])]
    copied = random.sample(spans, random.randint(0, len(spans)))
    assert len([span for span in [*copied, *gaps(copied)] if holds(span, key)]) == 1


def test_where_nothing_is_copied_the_gap_is_everything() -> None:
    assert list(gaps([])) == [Range()]
    assert list(gaps([Range()])) == []


def test_neighbours_that_are_forgotten_are_one_gap() -> None:
    assert list(gaps([Range(None, (3,)), Range((9,), None)])) == [Range((3,), (9,))]


@given(key=st.none() | numbers)
def test_a_limit_is_read_as_it_was_written(key: Key | None) -> None:
    assert read(written(key)) == key


def test_a_range_is_named_without_the_texts_of_its_keys() -> None:
    assert told("delivery", ["enrollment_id"], Range((100,), (200,))) == (
        "delivery, enrollment_id above 100 up to 200"
    )
    assert told("dead_letter", ["at", "kind"], Range(None, (7, "ana@example.com"))) == (
        "dead_letter, at, kind up to 7, …"
    )
    assert told("lane", ["id"], Range()) == "lane, id of any value"
