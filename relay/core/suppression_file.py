"""The suppression list as a CSV file: read line by line, written so that it reads back the same."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, TypeVar

from relay.core.suppression import KINDS, Kind, Suppression, normalise, one_line, parse_moment

T = TypeVar("T")

COLUMNS = ("kind", "value", "reason", "expires")


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong with one line, counted from 1; never the value itself. `column` may be unknown."""

    line: int
    column: str
    problem: str


class _BadCell(Exception):
    """A cell that cannot be read: its column, and why."""


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads lists for somebody at a time, which every entry notes. `regions` are for phone numbers."""

    who: str
    now: int
    regions: tuple[str, ...] = ()

    def read(self, lines: Iterable[str]) -> Iterator[tuple[int, Suppression | LineFault]]:
        """Each entry or fault, with the number of its last line; one fault alone where this is no list."""
        rows = csv.reader(lines, strict=True)
        try:
            header = [name.strip().lower() for name in next(rows, [])]
            if problem := _header_problem(header):
                yield 1, LineFault(1, "", problem)
                return
            for row in rows:
                if any(cell.strip() for cell in row):
                    yield rows.line_num, self._entry(rows.line_num, header, row)
        except csv.Error as error:
            yield rows.line_num, LineFault(rows.line_num, "", f"is not CSV: {error}")

    def _entry(self, line: int, header: Sequence[str], row: Sequence[str]) -> Suppression | LineFault:
        if len(row) != len(header):
            return LineFault(line, "", f"has {len(row)} columns instead of {len(header)}")
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
        try:
            kind = _cell("kind", _kind, cells)
            value = _cell("value", lambda text: normalise(kind, text, self.regions), cells)
            reason = _cell("reason", one_line, cells)
            expires_at = _cell("expires", parse_moment, cells)
        except _BadCell as error:
            return LineFault(line, *error.args)
        return Suppression(kind, value, reason, self.who, self.now, expires_at)


def _header_problem(header: Sequence[str]) -> str | None:
    if len(header) == 1 and any(sign in header[0] for sign in ";\t"):
        return f"the columns should be separated by commas: {','.join(COLUMNS)}"
    complete = {"kind", "value"} <= set(header) <= set(COLUMNS)
    if not complete or len(set(header)) < len(header):
        return f"should name the columns: {','.join(COLUMNS)}"
    return None


def _cell(column: str, convert: Callable[[str], T], cells: Mapping[str, str]) -> T:
    try:
        return convert(cells.get(column, ""))
    except ValueError as error:
        raise _BadCell(column, str(error)) from None


def _kind(text: str) -> Kind:
    kind = next((known for known in KINDS if known == text.lower()), None)
    if kind is None:
        raise ValueError(f"should be {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    return kind


def write(entries: Iterable[Suppression], out: IO[str]) -> None:
    """The line that names the columns, and a line for each entry. `out` must not translate line ends."""
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for entry in entries:
        ends = "" if entry.expires_at is None else show_moment(entry.expires_at)
        rows.writerow((entry.kind, entry.value, entry.reason, ends))


def show_moment(milliseconds: int) -> str:
    """A moment as it reads back: RFC 3339 in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat().replace("+00:00", "Z")
