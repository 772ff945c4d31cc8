"""What a spool file is made of: records that show by themselves whether they are whole.

Checksums begin with the seed of their file, which no sender knows: what looks like a record in the body of
one that was cut short is none, and neither is what the disk held before.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from relay.store.rows import Incoming

MARK = b"\xf7rly"
"""Begins every record, so that those behind a damaged one are found. No text has its first byte."""

HEAD = Struct("<4sII")
"""The mark, the checksum of what follows, and its length."""

_FIELDS = Struct("<qHHII")
"""When it was received, and the lengths of source, method, query and headers; the body is the rest."""


class Record(NamedTuple):
    """A request and where it stands: from `start` up to `end`."""

    start: int
    end: int
    request: Incoming


def framed(request: Incoming, seed: int) -> bytes:
    """The record of a request. Text that is no UTF-8 gets question marks, as no ledger could keep it."""
    source, method, query = (
        text.encode("utf-8", "replace") for text in (request.source, request.method, request.query)
    )
    lengths = _FIELDS.pack(request.received_at, len(source), len(method), len(query), len(request.headers))
    content = b"".join((lengths, source, method, query, request.headers, request.body))
    return HEAD.pack(MARK, crc32(content, seed), len(content)) + content


def records(content: bytes, seed: int) -> Iterator[Record]:
    """Every whole record, in order. What is none is passed over: a write that was cut short, or damage."""
    place = 0
    while place >= 0:
        found = _record_at(content, place, seed)
        if found is not None:
            yield found
            place = found.end
        else:
            place = content.find(MARK, place + 1)


def _record_at(content: bytes, start: int, seed: int) -> Record | None:
    if len(content) - start < HEAD.size:
        return None
    mark, checksum, length = HEAD.unpack_from(content, start)
    end = start + HEAD.size + length
    if mark != MARK or end > len(content) or length < _FIELDS.size:
        return None
    inside = content[start + HEAD.size : end]
    return Record(start, end, _request(inside)) if crc32(inside, seed) == checksum else None


def _request(content: bytes) -> Incoming:
    received_at, *lengths = _FIELDS.unpack_from(content)
    parts, place = [], _FIELDS.size
    for length in lengths:
        parts.append(content[place : place + length])
        place += length
    source, method, query, headers = parts
    return Incoming(source.decode(), received_at, method.decode(), query.decode(), headers, content[place:])
