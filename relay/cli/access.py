"""What the commands about tokens, logins and sessions share: words that they take, ends that they show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from relay.cli.output import show_moment
from relay.config.values import Span
from relay.core.access import name_of

_SPAN: TypeAdapter[timedelta] = TypeAdapter(Span)

ROLES = "viewer looks, operator repairs and sends again, admin also lets others in."


def name_given(text: str) -> str:
    try:
        return name_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def span_given(text: str) -> timedelta:
    try:
        return _SPAN.validate_python(text)
    except ValidationError as error:
        raise typer.BadParameter("write a span such as 12h, 90d or 52w, ten years at most") from error


SpanOption = Annotated[
    timedelta | None,
    typer.Option(
        parser=span_given,
        metavar="SPAN",
        help="How long it lasts, such as 90d; until it is revoked unless given.",
        show_default=False,
    ),
]


def until(end: datetime | None) -> str:
    return f"until {show_moment(end)} UTC" if end is not None else "until it is revoked"
