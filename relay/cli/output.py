"""What commands print: tables for people, JSON for machines, nothing that could steer a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import orjson
import typer
from rich import filesize
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.progress import Progress, ProgressColumn


class Exit(IntEnum):
    """Exit codes of every command."""

    OK = 0
    NO = 1
    """A check says no: the ledger does not balance, a case differs, nothing matched."""
    USAGE = 2
    """The configuration or the command's words are at fault."""
    UNAVAILABLE = 3
    """Something that is needed cannot be reached or used: the ledger, a relay, a port."""


INTERRUPTED = 130
"""The exit code that shells give to what was ended by Ctrl-C."""

console = Console()
errors = Console(stderr=True)

# C0 and C1 controls but the line feed and tab, and the marks that reorder text.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain(value: object) -> str:
    """Text from outside, made harmless for a terminal."""
    return _CONTROLS.sub("\ufffd", str(value))


def cell(value: object, style: str = "") -> Text:
    """A table cell that is neither markup nor a control sequence; None is a dash."""
    return Text("-" if value is None or value == "" else plain(value), style=style)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    shown = Text(plain(title), style="bold")
    made = Table(title=shown, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(value if isinstance(value, Text) else cell(value) for value in row))
    return made


def print_json(value: Any) -> None:
    """One JSON document on standard output, indented."""
    text = orjson.dumps(value, default=_dump, option=orjson.OPT_INDENT_2)
    sys.stdout.write(text.decode() + "\n")
    sys.stdout.flush()


def data(models: Iterable[BaseModel]) -> list[Any]:
    """Models as JSON has them: moments as texts."""
    return [one.model_dump(mode="json") for one in models]


def _dump(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def show_time(milliseconds: int | None) -> str:
    """A moment in UTC to the second; a dash for none."""
    if milliseconds is None:
        return "-"
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def show_moment(at: datetime | None) -> str:
    """A moment in UTC to the second; a dash for none."""
    return "-" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def show_size(size: int) -> str:
    """Bytes to two digits or so: 1.4 MB."""
    return filesize.decimal(size)


def progress(*columns: ProgressColumn, quiet: bool) -> Progress:
    """Shown to people alone, and gone when it is done."""
    from rich.progress import Progress  # noqa: PLC0415  # few commands take long

    return Progress(*columns, console=errors, transient=True, disable=quiet or not errors.is_terminal)


def agreed(question: str) -> bool:
    """Whether somebody at the terminal says yes; nobody there is a no."""
    try:
        return typer.confirm(question)
    except typer.Abort:
        return False


def fail(message: str, code: Exit, hint: str = "") -> typer.Exit:
    """Say what is wrong and what to do; raise what this returns."""
    errors.print(Text(plain(message), style="red"))
    if hint:
        errors.print(Text(plain(hint)))
    return typer.Exit(code)
