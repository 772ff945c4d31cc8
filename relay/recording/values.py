"""Texts inside a document and where their characters stand, so that a change touches nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple


class Edit(NamedTuple):
    """Characters `start` to `end` become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """A text as it is meant, at a place in a document.

    `path` holds the keys from the root, positions in lists included. `offsets[i]` is where character `i` of
    `text` begins in the document; one more entry says where the last one ends. `write` gives a text as it is
    written at this place. A key of an object is a value, too, and so is a number.
    """

    path: tuple[str, ...]
    text: str
    offsets: Sequence[int]
    write: Callable[[str], str]
    kind: Literal["text", "number", "key"] = "text"

    def in_document(self, edits: Iterable[Edit]) -> Iterator[Edit]:
        """Edits of `text` as edits of the document."""
        for edit in edits:
            yield Edit(self.offsets[edit.start], self.offsets[edit.end], self.write(edit.text))

    def containing(self, inner: Value) -> Value:
        """A value found inside `text` as one of the document."""
        offsets = [self.offsets[offset] for offset in inner.offsets]
        outer, within = self.write, inner.write
        return replace(
            inner,
            path=self.path + inner.path,
            offsets=offsets,
            write=lambda text: outer(within(text)),
            kind=self.kind if inner.kind == "text" else inner.kind,
        )


def as_it_stands(text: str) -> str:
    return text


def whole(text: str, path: tuple[str, ...] = ()) -> Value:
    """A whole document as one value."""
    return Value(path, text, range(len(text) + 1), as_it_stands)


def apply(document: str, edits: Iterable[Edit]) -> str:
    """The document with its edits, which must not overlap."""
    pieces, at = [], 0
    for edit in sorted(edits):
        pieces += [document[at : edit.start], edit.text]
        at = edit.end
    return "".join(pieces) + document[at:]
