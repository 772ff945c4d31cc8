"""Jobs: an order says all that is done, and is refused where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.correction import FIELDS
from relay.core.job import MOST_NAMED, JobKind, JobState, NotAnOrder, Order, from_json, to_json
from relay.core.letters import EVERY_LETTER, LetterFilter
from relay.core.repair import How


def order(**given: Any) -> Order:
    """Send every dead letter again."""
    usual: dict[str, Any] = {"kind": JobKind.RETRY, "wanted": EVERY_LETTER}
    return Order(**usual | given)


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"how": How.READ_AGAIN},
        {"kind": JobKind.DISCARD, "reason": "tests of ours"},
        {"kind": JobKind.CORRECT, "fields": {"phone": None}, "reason": "it is the shop's own"},
        {"kind": JobKind.MARK_DELIVERED, "reason": "all are there"},
        {"wanted": None, "letters": ("dead-1",)},
    ],
)
def test_an_order_that_says_all_is_one(given_: dict[str, Any]) -> None:
    order(**given_).check()


@pytest.mark.parametrize(
    ("given_", "why"),
    [
        ({"letters": ("dead-1",)}, "name dead letters, or give a filter"),
        ({"wanted": None}, "name dead letters, or give a filter"),
        ({"wanted": None, "letters": ("dead-1",) * (MOST_NAMED + 1)}, "names more than 1000 dead letters"),
        ({"kind": JobKind.DISCARD}, "needs a reason, which is kept"),
        ({"kind": JobKind.MARK_DELIVERED, "reason": " "}, "needs a reason, which is kept"),
        ({"kind": JobKind.CORRECT, "reason": "wrong"}, "a correction needs fields"),
        ({"fields": {"phone": None}}, "a correction needs fields, and nothing else has any"),
        ({"kind": JobKind.DISCARD, "reason": "no", "how": How.READ_AGAIN}, "only a retry reads again"),
    ],
)
def test_an_order_that_lacks_something_is_refused_with_what(given_: dict[str, Any], why: str) -> None:
    with pytest.raises(NotAnOrder, match=why):
        order(**given_).check()


names = st.lists(st.text(max_size=5), max_size=3).map(tuple)


@given(
    st.builds(
        Order,
        kind=st.sampled_from(JobKind),
        wanted=st.none() | st.builds(LetterFilter, sources=names, causes=names, person=st.none() | st.text()),
        how=st.sampled_from(How),
        fields=st.dictionaries(st.sampled_from(FIELDS), st.none() | st.text(max_size=5)),
        reason=st.text(max_size=20),
    )
)
def test_an_order_is_kept_whole(ordered: Order) -> None:
    assert from_json(to_json(ordered)) == ordered


def test_letters_that_are_named_are_kept_as_items_and_not_in_the_order() -> None:
    ordered = order(wanted=None, letters=("dead-1", "dead-2"))
    assert from_json(to_json(ordered)) == replace(ordered, letters=())


def test_a_job_is_started_once_and_cancelled_until_it_has_ended() -> None:
    assert [state for state in JobState if state.may_start] == [JobState.READY]
    assert [state for state in JobState if not state.may_be_cancelled] == [JobState.CANCELLED, JobState.DONE]
