"""What the commands about tokens, logins and sessions share: words that they take, ends that they show."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from relay.cli.output import show_time
from relay.config.values import Span
from relay.core.access import Role, name_of

_SPAN: TypeAdapter[timedelta] = TypeAdapter(Span)

RoleOption = Annotated[
    Role,
    typer.Option(help="viewer looks, operator repairs and sends again, admin also lets others in."),
]


def name_given(text: str) -> str:
    try:
        return name_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def span_given(text: str) -> int:
    """In milliseconds."""
    try:
        return round(_SPAN.validate_python(text).total_seconds() * 1000)
    except ValidationError as error:
        raise typer.BadParameter("write a span such as 12h, 90d or 52w, ten years at most") from error


def now_ms() -> int:
    return int(time.time() * 1000)


def until(end: int | None) -> str:
    return f"until {show_time(end)} UTC" if end is not None else "until it is revoked"
