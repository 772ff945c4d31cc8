"""The parts of a delivery that can name people, read together so that a person is the same in all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from relay.recording.coded_text import coded
from relay.recording.formats import query_values, text_values, values_of
from relay.recording.reading import Read, read_all
from relay.recording.replacing import Change, Replacer
from relay.recording.values import Edit, Value, apply

_DEEPEST = 3
_TRANSPORT = re.compile(
    r"host|content-length|connection|transfer-encoding|accept-encoding|forwarded|x-forwarded-.*|x-real-ip|via|cf-.*|"
    r"cdn-loop|true-client-ip|x-client-ip|x-amzn-.*|x-request-id|traceparent|tracestate|baggage|sentry-trace"
)
_PROOF = re.compile(r"authorization|cookie|signature|-sig\b|hmac|hash|token|secret|session|api-?key")
_ABOUT_PROOF = re.compile(r"(version|method|algorithm)\Z")


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers without those of the way here, and without proofs made with real secrets."""
    return {
        name: value
        for name, value in headers.items()
        if not _TRANSPORT.fullmatch(name) and (_ABOUT_PROOF.search(name) or not _PROOF.search(name))
    }


@dataclass(frozen=True, slots=True)
class Document:
    """A text of a delivery; `name` says which one to people, `inside` are those that its values encode."""

    name: str
    text: str
    read: list[Read]
    inside: list[Inside]

    def everything(self) -> Iterator[Read]:
        """The values, those of the documents inside included."""
        yield from self.read
        for one in self.inside:
            yield from one.document.everything()

    def changes(self, replacer: Replacer) -> Iterator[Change]:
        for one in self.everything():
            yield from replacer.changes(one)

    def rewritten(self, replacer: Replacer) -> str:
        edits = [
            edit
            for one in self.read
            for edit in one.value.in_document(change.edit for change in replacer.changes(one))
        ]
        for within in self.inside:
            edits += within.rewritten(replacer)
        return apply(self.text, edits)


class Inside(NamedTuple):
    """A document that a value encodes."""

    value: Value
    document: Document
    write: Callable[[str], str]

    def rewritten(self, replacer: Replacer) -> Iterator[Edit]:
        text = self.write(self.document.rewritten(replacer))
        if text != self.value.text:
            yield from self.value.in_document([Edit(0, len(self.value.text), text)])


def body_document(text: str, also: frozenset[str], name: str = "body") -> Document:
    return _document(name, text, values_of(text), also)


def query_document(query: str, also: frozenset[str]) -> Document:
    return _document("query", query, query_values(query), also)


def text_document(name: str, text: str, also: frozenset[str]) -> Document:
    """A header or URL; the name counts as the key of its value."""
    return _document(name, text, text_values(text, (name,)), also)


def _document(
    name: str, text: str, values: Iterable[Value], also: frozenset[str], depth: int = _DEEPEST
) -> Document:
    read: list[Read] = []
    inside: list[Inside] = []
    for one in read_all(list(values), also):
        value = one.value
        # What its key says to be a secret, an id or a name is replaced as it stands.
        found = coded(value.text) if depth and value.kind == "text" and not one.says else None
        if found is None:
            read.append(one)
            continue
        within = (replace(inner, path=value.path + inner.path) for inner in values_of(found.text))
        inside.append(Inside(value, _document(name, found.text, within, also, depth - 1), found.write))
    return Document(name, text, read, inside)
