"""What the commands that list the ledger share: which page is asked for, and how one is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError
from rich.text import Text

from relay.cli.output import Exit, cell, console, fail, table
from relay.desk.model import MOST

M = TypeVar("M", bound=BaseModel)

AfterOption = Annotated[
    str | None,
    typer.Option("--after", metavar="CURSOR", help="Go on where a list ended.", show_default=False),
]
LimitOption = Annotated[int, typer.Option(min=1, max=MOST, help="How many to show, newest first.")]


COLOURS = {
    "delivered": "green",
    "read": "green",
    "translated": "green",
    "waiting": "yellow",
    "sending": "yellow",
    "dead": "red",
    "parked": "red",
}


def state_cell(state: str) -> Text:
    return cell(state, COLOURS.get(state, ""))


def query_of(model: type[M], **given: object) -> M:
    """What the options say. Exits where one is no such thing."""
    try:
        return model.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise fail(f"{first['loc'][0]}: {first['msg']}", Exit.USAGE) from None


def show_list(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], following: str | None
) -> None:
    shown = list(rows)
    if shown:
        console.print(table(title, columns, shown))
    elif following is None:
        console.print("None is like that.")
    else:
        console.print("None of those that were looked at is like that; older ones may be.")
    if following is not None:
        console.print(f"\nOlder ones: [bold]--after {following}[/]")
