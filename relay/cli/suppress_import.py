"""Reading a suppression list from a file: all of it is in order, or every fault is named with its line."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import typer
from rich.progress import Progress

from relay.cli.output import Exit, errors, fail, print_json, table
from relay.core.suppression import Suppression
from relay.core.suppression_file import LineFault, ListReader

T = TypeVar("T")

# One transaction that a running relay waits for: some seconds, and senders would be told to come again.
_MOST = 250_000
_SHOWN = 20
_LONG = 5000
_STEP = 500


def read_entries(file: Path, reader: ListReader, *, json: bool) -> dict[str, Suppression]:
    """Every entry by its value, the last one of a value. Exits where there is any fault."""
    text = _content(file)
    entries: dict[str, Suppression] = {}
    faults: list[LineFault] = []
    lines = reader.read(io.StringIO(text, newline=""))
    for found in _watched(lines, text.count("\n"), quiet=json):
        if isinstance(found, LineFault):
            faults.append(found)
        else:
            entries[found.value] = found
    if faults:
        raise _refused(file, faults, json=json)
    if len(entries) > _MOST:
        problem = f"{file} has {len(entries):,} entries; at most {_MOST:,} go in at a time"
        raise fail(problem, Exit.USAGE, "split the file; nothing was imported")
    return entries


def _content(file: Path) -> str:
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise fail(f"{file} cannot be read: {error.strerror}", Exit.USAGE) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise fail(f"{file}, line {line}: is not UTF-8 text", Exit.USAGE, "nothing was imported") from None


def _watched(lines: Iterable[tuple[int, T]], total: int, *, quiet: bool) -> Iterator[T]:
    """What was read, with a bar for whoever watches a long file."""
    hidden = quiet or total < _LONG or not errors.is_terminal
    with Progress(console=errors, transient=True, disable=hidden) as progress:
        task = progress.add_task("Reading", total=total)
        for count, (line, found) in enumerate(lines):
            if count % _STEP == 0:
                progress.update(task, completed=line)
            yield found


def _refused(file: Path, faults: list[LineFault], *, json: bool) -> typer.Exit:
    if json:
        print_json({"added": 0, "faults": faults})
    else:
        rows = [(fault.line, fault.column, fault.problem) for fault in faults[:_SHOWN]]
        errors.print(table(f"{file} has faults", ("line", "column", "problem"), rows))
    count = "1 fault" if len(faults) == 1 else f"{len(faults):,} faults"
    more = f", the first {_SHOWN} are shown" if len(faults) > _SHOWN and not json else ""
    return fail(f"{count}{more}", Exit.USAGE, "nothing was imported")
