"""The parts of a delivery that can name people, read together so that a person is the same in all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from relay.recording.formats import query_values, text_values, values_of
from relay.recording.reading import Read, read_all
from relay.recording.replacing import Change, Replacer
from relay.recording.values import Value, apply

_TRANSPORT = re.compile(
    r"host|content-length|connection|transfer-encoding|accept-encoding|forwarded|x-forwarded-.*|x-real-ip|via|cf-.*|"
    r"cdn-loop|true-client-ip|x-client-ip|x-amzn-.*|x-request-id|traceparent|tracestate|baggage|sentry-trace"
)
_PROOF = re.compile(r"authorization|cookie|signature|hmac|token|secret|session|api-?key")
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
    """A text of a delivery; `name` says which one to people."""

    name: str
    text: str
    read: list[Read]

    def changes(self, replacer: Replacer) -> Iterator[Change]:
        for one in self.read:
            yield from replacer.changes(one)

    def rewritten(self, replacer: Replacer) -> str:
        edits = [
            edit
            for one in self.read
            for edit in one.value.in_document(change.edit for change in replacer.changes(one))
        ]
        return apply(self.text, edits)


def body_document(text: str, also: frozenset[str], name: str = "body") -> Document:
    return _document(name, text, values_of(text), also)


def query_document(query: str, also: frozenset[str]) -> Document:
    return _document("query", query, query_values(query), also)


def text_document(name: str, text: str, also: frozenset[str]) -> Document:
    """A header or URL; the name counts as the key of its value."""
    return _document(name, text, text_values(text, (name,)), also)


def _document(name: str, text: str, values: Iterable[Value], also: frozenset[str]) -> Document:
    return Document(name, text, read_all(list(values), also))
