"""Questions that end an event where the answer is no: it is ignored, in the vendor's words."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from relay.core.errors import NotWanted
from relay.core.event import Kind
from relay.core.lookup import Answer, LookUp
from relay.core.payload import Node


def must_be(status: Node, thing: str, wanted: str, *others: str) -> str:
    """The status, which is `wanted` or one of the others; else "the order is PENDING, not PAID"."""
    text = status.text()
    if text not in (wanted, *others):
        raise NotWanted(f"{thing} is {text}, not {wanted}")
    return text


def meanings(words: Mapping[Kind, str]) -> dict[str, Kind]:
    """A table for `kind_of` from each kind's words, separated by commas."""
    return {word.strip(): kind for kind, listed in words.items() for word in listed.split(",")}


def kind_of(kinds: Mapping[str, Kind], status: Node | str, thing: str) -> Kind:
    """What a status means; one that the table does not name is not wanted: "the booking is PENDING"."""
    text = status if isinstance(status, str) else status.text()
    if text not in kinds:
        raise NotWanted(f"{thing} is {text}")
    return kinds[text]


def somebody(reference: Node, otherwise: str) -> str:
    """The id of a person; where none is named there is nobody to enrol."""
    text = reference.text_or_none()
    if text is None:
        raise NotWanted(otherwise, nobody=True)
    return text


def fetched(call: LookUp, otherwise: str, *, nobody: bool = False) -> Generator[LookUp, Answer, Node]:
    """The body of an answer; what is not there is not wanted: `order = yield from fetched(get(…), "…")`."""
    answer = yield call
    if not answer.found:
        raise NotWanted(otherwise, nobody=nobody)
    return answer.body
