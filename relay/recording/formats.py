"""The values of a document of any format, those included that are hidden inside other texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from relay.recording.form_text import (
    coded_value,
    form_values,
    is_coded,
    is_form,
    is_parts,
    parts_values,
)
from relay.recording.json_text import is_json, json_values
from relay.recording.values import Value, as_it_stands, whole
from relay.recording.xml_text import is_xml, xml_values

_DEEPEST = 4
_PART = re.compile(r"\A(?P<head>.*?\r?\n)\r?\n(?P<content>.*?)\r?\n?\Z", re.DOTALL)
_NAME = re.compile(r"""content-disposition:[^\r\n]*;\s*name=(?:"([^"\r\n]*)"|([^\s;"]+))""", re.IGNORECASE)


def values_of(document: str) -> Iterator[Value]:
    """Every text of a document in the format that it has; of none, the whole of it."""
    for value in _values_of(document):
        yield from _unfolded(value)


def _values_of(document: str) -> Iterator[Value]:
    if is_json(document):
        return json_values(document)
    if document.startswith("--"):
        return _multipart_values(document)
    if is_xml(document):
        return xml_values(document)
    if is_form(document):
        return form_values(document)
    return iter((whole(document),))


def query_values(query: str) -> Iterator[Value]:
    """The values of `?a=b&c=d`."""
    for value in form_values(query, start=1):
        yield from _unfolded(value)


def text_values(text: str, path: tuple[str, ...] = ()) -> Iterator[Value]:
    """A text that is no document, such as a header, and what is hidden in it."""
    return _unfolded(whole(text, path))


def _unfolded(value: Value, depth: int = _DEEPEST) -> Iterator[Value]:
    """A value, or instead of it what it encodes: JSON or lines in a text, percent-encoding in a URL."""
    inner: Iterator[Value] | None = None
    if depth and value.kind == "text" and is_json(value.text):
        inner = json_values(value.text)
    elif depth and value.kind != "number" and is_coded(value.text):
        inner = iter((coded_value(value.text),))
    elif depth and value.kind == "text" and is_parts(value.text):
        inner = parts_values(value.text)
    if inner is None:
        yield value
        return
    for found in inner:
        yield from _unfolded(value.containing(found), depth - 1)


def _multipart_values(document: str) -> Iterator[Value]:
    boundary = re.escape(document.splitlines()[0].rstrip())
    edges = list(re.finditer(rf"(?:\A|\r?\n){boundary}(?:--)?[ \t]*(?:\r?\n|\Z)", document))
    for edge, following in pairwise(edges):
        part = _PART.match(document[edge.end() : following.start()])
        if part is not None:
            name = _NAME.search(part["head"])
            start, end = (edge.end() + at for at in part.span("content"))
            path = ((name[1] or name[2]),) if name else ("part",)
            yield Value(path, part["content"], range(start, end + 1), as_it_stands)
